/* SPDX-License-Identifier: MIT */
/* conv_input_gradient_autovec_omp for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "conv_input_gradient_autovec_omp.c"
