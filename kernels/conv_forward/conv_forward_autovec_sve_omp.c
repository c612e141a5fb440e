/* SPDX-License-Identifier: MIT */
/* conv_forward_autovec_omp for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "conv_forward_autovec_omp.c"
