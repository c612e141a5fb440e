/* SPDX-License-Identifier: MIT */
/* conv_forward_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "conv_forward_autovec.c"
