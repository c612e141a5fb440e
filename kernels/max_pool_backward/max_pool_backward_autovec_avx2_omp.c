/* SPDX-License-Identifier: MIT */
/* max_pool_backward_autovec_omp for x86-64-v3: the compiler may use AVX2. */
#include "max_pool_backward_autovec_omp.c"
