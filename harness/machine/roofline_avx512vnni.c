/* SPDX-License-Identifier: MIT */
/* roofline_avx512vnni.c - the limits of AVX-512 with dot products of integers of 8 bits: four multiplications and four additions a
 * lane. The lanes of the loop's constants are their bits: numbers do not change how long it takes. */
#include "simd.h"

static inline vf dot(vf sum, vf a, vf b)
{
    return _mm512_castsi512_ps(_mm512_dpbusd_epi32(_mm512_castps_si512(sum), _mm512_castps_si512(a), _mm512_castps_si512(b)));
}
#define STEP(i, a) a = dot(a, m, c);
#define STEP_FLOPS 8
#define BM_LOOPS bm_limit_loops_avx512vnni
#include "roofline_loops.h"
