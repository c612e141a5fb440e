/* SPDX-License-Identifier: MIT */
/* group_norm_forward_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "group_norm_forward_autovec.c"
