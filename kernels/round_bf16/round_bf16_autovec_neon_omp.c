/* SPDX-License-Identifier: MIT */
/* round_bf16_autovec_omp for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "round_bf16_autovec_omp.c"
