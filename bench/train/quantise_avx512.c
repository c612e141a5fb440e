/* SPDX-License-Identifier: MIT */
/* quantise_avx512.c - the loops of quantise.h for AVX-512. */
#define BM_LOOPS bm_quantise_loops_avx512
#include "quantise_loops.h"
