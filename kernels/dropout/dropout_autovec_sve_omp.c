/* SPDX-License-Identifier: MIT */
/* dropout_autovec_omp for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "dropout_autovec_omp.c"
