/* SPDX-License-Identifier: MIT */
/* conv_forward_autovec_omp for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "conv_forward_autovec_omp.c"
