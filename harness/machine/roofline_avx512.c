/* SPDX-License-Identifier: MIT */
/* roofline_avx512.c - the limits of AVX-512. */
#include "simd.h"

#define STEP(i, a) a = vf_fma(a, m, c);
#define STEP_FLOPS 2
#define BM_LOOPS bm_limit_loops_avx512
#include "roofline_loops.h"
