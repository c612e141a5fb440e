/* SPDX-License-Identifier: MIT */
/* max_pool_backward_autovec_omp for SVE: the compiler may use vectors of any length. */
#include "max_pool_backward_autovec_omp.c"
