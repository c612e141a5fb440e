/* SPDX-License-Identifier: MIT */
/* roofline_avx2.c - the limits of AVX2 with FMA. */
#include "simd.h"

#define STEP(i, a) a = vf_fma(a, m, c);
#define STEP_FLOPS 2
#define BM_LOOPS bm_limit_loops_avx2
#include "roofline_loops.h"
