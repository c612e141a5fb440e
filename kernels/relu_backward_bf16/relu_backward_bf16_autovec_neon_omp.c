/* SPDX-License-Identifier: MIT */
/* relu_backward_bf16_autovec_omp for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "relu_backward_bf16_autovec_omp.c"
