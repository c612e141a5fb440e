/* SPDX-License-Identifier: MIT */
/* roofline_avx512bf16.c - the limits of AVX-512 with bf16 dot products, each two multiplications and two additions. */
#include "simd.h"

#define STEP(i, a) a = _mm512_dpbf16_ps(a, (__m512bh)m, (__m512bh)c);
#define STEP_FLOPS 4
#define BM_LOOPS bm_limit_loops_avx512bf16
#include "roofline_loops.h"
