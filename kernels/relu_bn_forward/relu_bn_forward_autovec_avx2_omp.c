/* SPDX-License-Identifier: MIT */
/* relu_bn_forward_autovec_omp for x86-64-v3: the compiler may use AVX2. */
#include "relu_bn_forward_autovec_omp.c"
