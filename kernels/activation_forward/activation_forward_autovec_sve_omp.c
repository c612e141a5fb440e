/* SPDX-License-Identifier: MIT */
/* activation_forward_autovec_omp for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "activation_forward_autovec_omp.c"
