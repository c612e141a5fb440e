/* SPDX-License-Identifier: MIT */
/* relu_backward_bf16_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "relu_backward_bf16_autovec.c"
