/* SPDX-License-Identifier: MIT */
/* layer_norm_backward_autovec for x86-64-v4: the compiler may use AVX-512, and FMA for a b + c. */
#include "layer_norm_backward_autovec.c"
