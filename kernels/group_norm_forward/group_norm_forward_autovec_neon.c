/* SPDX-License-Identifier: MIT */
/* group_norm_forward_autovec for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "group_norm_forward_autovec.c"
