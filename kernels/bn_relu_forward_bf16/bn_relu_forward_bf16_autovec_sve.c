/* SPDX-License-Identifier: MIT */
/* bn_relu_forward_bf16_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "bn_relu_forward_bf16_autovec.c"
