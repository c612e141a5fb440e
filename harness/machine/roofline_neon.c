/* SPDX-License-Identifier: MIT */
/* roofline_neon.c - the limits of NEON with FMA. */
#include "simd.h"

#define STEP(i, a) a = vf_fma(a, m, c);
#define STEP_FLOPS 2
#define BM_LOOPS bm_limit_loops_neon
#include "roofline_loops.h"
