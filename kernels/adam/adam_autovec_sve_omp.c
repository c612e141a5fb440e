/* SPDX-License-Identifier: MIT */
/* adam_autovec_omp for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "adam_autovec_omp.c"
