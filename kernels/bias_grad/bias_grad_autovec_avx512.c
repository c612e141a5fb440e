/* SPDX-License-Identifier: MIT */
/* bias_grad_autovec for x86-64-v4: the compiler may use AVX-512, and FMA for a b + c. */
#include "bias_grad_autovec.c"
