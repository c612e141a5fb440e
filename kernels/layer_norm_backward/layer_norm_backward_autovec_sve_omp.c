/* SPDX-License-Identifier: MIT */
/* layer_norm_backward_autovec_omp for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "layer_norm_backward_autovec_omp.c"
