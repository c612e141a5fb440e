/* SPDX-License-Identifier: MIT */
/* rms_norm_backward_autovec for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "rms_norm_backward_autovec.c"
