/* SPDX-License-Identifier: MIT */
/* conv_weight_gradient_autovec_omp for x86-64-v4: the compiler may use AVX-512, and FMA for a b + c. */
#include "conv_weight_gradient_autovec_omp.c"
