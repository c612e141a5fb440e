/* SPDX-License-Identifier: MIT */
/* relu_forward_autovec_omp for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "relu_forward_autovec_omp.c"
