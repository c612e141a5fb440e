/* SPDX-License-Identifier: MIT */
/* relu_bn_backward_autovec_omp for SVE: the compiler may use vectors of any length. */
#include "relu_bn_backward_autovec_omp.c"
