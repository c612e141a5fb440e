/* SPDX-License-Identifier: MIT */
/* relu_backward_bf16_autovec for x86-64-v4: the compiler may use AVX-512, and FMA for a b + c. */
#include "relu_backward_bf16_autovec.c"
