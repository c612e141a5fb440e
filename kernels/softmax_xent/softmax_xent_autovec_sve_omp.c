/* SPDX-License-Identifier: MIT */
/* softmax_xent_autovec_omp for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "softmax_xent_autovec_omp.c"
