/* SPDX-License-Identifier: MIT */
/* bias_grad_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "bias_grad_autovec.c"
