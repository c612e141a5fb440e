/* SPDX-License-Identifier: MIT */
/* weight_decay_autovec_omp for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "weight_decay_autovec_omp.c"
