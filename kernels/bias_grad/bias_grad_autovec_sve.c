/* SPDX-License-Identifier: MIT */
/* bias_grad_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "bias_grad_autovec.c"
