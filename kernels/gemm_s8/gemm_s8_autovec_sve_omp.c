/* SPDX-License-Identifier: MIT */
/* gemm_s8_autovec_omp for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "gemm_s8_autovec_omp.c"
