/* SPDX-License-Identifier: MIT */
/* rms_norm_forward_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "rms_norm_forward_autovec.c"
