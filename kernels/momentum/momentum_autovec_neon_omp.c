/* SPDX-License-Identifier: MIT */
/* momentum_autovec_omp for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "momentum_autovec_omp.c"
