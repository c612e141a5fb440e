/* SPDX-License-Identifier: MIT */
/* weight_decay_autovec_omp for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "weight_decay_autovec_omp.c"
