/* SPDX-License-Identifier: MIT */
/* sgd_autovec_omp for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "sgd_autovec_omp.c"
