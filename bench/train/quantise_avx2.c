/* SPDX-License-Identifier: MIT */
/* quantise_avx2.c - the loops of quantise.h for AVX2. */
#define BM_LOOPS bm_quantise_loops_avx2
#include "quantise_loops.h"
