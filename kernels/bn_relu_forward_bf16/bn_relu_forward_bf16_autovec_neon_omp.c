/* SPDX-License-Identifier: MIT */
/* bn_relu_forward_bf16_autovec_omp for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "bn_relu_forward_bf16_autovec_omp.c"
