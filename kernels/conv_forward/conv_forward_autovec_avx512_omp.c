/* SPDX-License-Identifier: MIT */
/* conv_forward_autovec_omp for x86-64-v4: the compiler may use AVX-512, and FMA for a b + c. */
#include "conv_forward_autovec_omp.c"
