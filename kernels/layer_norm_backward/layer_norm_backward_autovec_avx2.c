/* SPDX-License-Identifier: MIT */
/* layer_norm_backward_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "layer_norm_backward_autovec.c"
