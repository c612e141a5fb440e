/* SPDX-License-Identifier: MIT */
/* roofline_baseline.c - the limits of SSE2, which every x86-64 CPU has and the compiler's default target uses. */
#include <emmintrin.h>

typedef __m128 vf;
enum { VF = 4 };

static inline vf vf_set1(float a) { return _mm_set1_ps(a); }
static inline vf vf_load(const float *p) { return _mm_load_ps(p); }
static inline void vf_store(float *p, vf v) { _mm_store_ps(p, v); }
static inline void vf_stream(float *p, vf v) { _mm_stream_ps(p, v); }

/* Multiplications and additions in equal number, in chains of their own: a chain of both in turn is so long (6 to 8
 * cycles) that 16 registers cannot hold enough of them. */
#define STEP(i, a) a = (i) % 2 ? _mm_add_ps(a, c) : _mm_mul_ps(a, m);
#define STEP_FLOPS 1

#define BM_LOOPS bm_limit_loops_baseline
#include "roofline_loops.h"
