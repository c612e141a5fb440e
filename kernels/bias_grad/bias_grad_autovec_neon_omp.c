/* SPDX-License-Identifier: MIT */
/* bias_grad_autovec_omp for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "bias_grad_autovec_omp.c"
