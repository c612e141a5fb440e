/* SPDX-License-Identifier: MIT */
/* conv_input_gradient_autovec_omp for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "conv_input_gradient_autovec_omp.c"
