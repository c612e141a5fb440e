/* SPDX-License-Identifier: MIT */
/* sgd_autovec_omp for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "sgd_autovec_omp.c"
