/* SPDX-License-Identifier: MIT */
/* relu_backward_bf16_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "relu_backward_bf16_autovec.c"
