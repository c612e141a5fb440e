/* SPDX-License-Identifier: MIT */
/* max_pool_forward_autovec_omp for aarch64, whose baseline is NEON. */
#include "max_pool_forward_autovec_omp.c"
