/* SPDX-License-Identifier: MIT */
/* simd_pool.h - the words of simd.h that pooling needs besides: which of two is taken, and every second element. */
#ifndef BATCHMARK_SIMD_POOL_H
#define BATCHMARK_SIMD_POOL_H

#include "pool_taken.h"
#include "simd.h"

/* Does b take the place of m, which came before it: is it larger, or NaN where m is not?
 * vf_split: from 2 VF floats at p those of even and of odd number; vf_join: the reverse. */
#if defined(__AVX512F__)
static inline vmask vf_beats(vf b, vf m)
{
    return _kand_mask16(_mm512_cmp_ps_mask(b, m, _CMP_NLE_UQ), _mm512_cmp_ps_mask(m, m, _CMP_ORD_Q));
}
static inline void vf_split(const float *p, vf *even, vf *odd)
{
    const __m512i e = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const vf a = vf_load(p), b = vf_load(p + VF);
    *even = _mm512_permutex2var_ps(a, e, b);
    *odd = _mm512_permutex2var_ps(a, _mm512_add_epi32(e, _mm512_set1_epi32(1)), b);
}
static inline void vf_join(float *p, vf even, vf odd)
{
    const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    vf_store(p, _mm512_permutex2var_ps(even, low, odd));
    vf_store(p + VF, _mm512_permutex2var_ps(even, _mm512_add_epi32(low, _mm512_set1_epi32(8)), odd));
}
#elif defined(__AVX2__)
static inline vmask vf_beats(vf b, vf m)
{
    return _mm256_castps_si256(_mm256_and_ps(_mm256_cmp_ps(b, m, _CMP_NLE_UQ), _mm256_cmp_ps(m, m, _CMP_ORD_Q)));
}
static inline vf vf_halves_in_order(vf v) /* 0 1 4 5 2 3 6 7 */
{
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xd8));
}
static inline void vf_split(const float *p, vf *even, vf *odd)
{
    const vf a = vf_load(p), b = vf_load(p + VF);
    *even = vf_halves_in_order(_mm256_shuffle_ps(a, b, 0x88));
    *odd = vf_halves_in_order(_mm256_shuffle_ps(a, b, 0xdd));
}
static inline void vf_join(float *p, vf even, vf odd)
{
    const vf low = _mm256_unpacklo_ps(even, odd), high = _mm256_unpackhi_ps(even, odd);
    vf_store(p, _mm256_permute2f128_ps(low, high, 0x20));
    vf_store(p + VF, _mm256_permute2f128_ps(low, high, 0x31));
}
#elif defined(__ARM_FEATURE_SVE)
static inline vmask vf_beats(vf b, vf m)
{
    return svbic_b_z(svcmpeq_f32(VF_ALL, m, m), svptrue_b8(), svcmple_f32(VF_ALL, b, m));
}
static inline void vf_split(const float *p, vf *even, vf *odd)
{
    const svfloat32x2_t both = svld2_f32(VF_ALL, p);
    *even = svget2_f32(both, 0);
    *odd = svget2_f32(both, 1);
}
static inline void vf_join(float *p, vf even, vf odd) { svst2_f32(VF_ALL, p, svcreate2_f32(even, odd)); }
#else
static inline vmask vf_beats(vf b, vf m) { return vbicq_u32(vceqq_f32(m, m), vcleq_f32(b, m)); }
static inline void vf_split(const float *p, vf *even, vf *odd)
{
    const float32x4x2_t both = vld2q_f32(p);
    *even = both.val[0];
    *odd = both.val[1];
}
static inline void vf_join(float *p, vf even, vf odd) { vst2q_f32(p, (float32x4x2_t){ { even, odd } }); }
#endif

/* The one of four that is taken. */
static inline vf vf_largest(vf a, vf b, vf c, vf d)
{
    a = vf_select(vf_beats(b, a), b, a);
    a = vf_select(vf_beats(c, a), c, a);
    return vf_select(vf_beats(d, a), d, a);
}

/* d where each of four is taken, else 0. */
static inline void vf_back_to(vf d, vf *a, vf *b, vf *c, vf *e)
{
    const vf none = vf_zero();
    const vmask second = vf_beats(*b, *a);
    vf m = vf_select(second, *b, *a);
    const vmask third = vf_beats(*c, m);
    m = vf_select(third, *c, m);
    const vmask fourth = vf_beats(*e, m);
    *e = vf_select(fourth, d, none);
    d = vf_select(fourth, none, d);
    *c = vf_select(third, d, none);
    d = vf_select(third, none, d);
    *b = vf_select(second, d, none);
    *a = vf_select(second, none, d);
}

#endif
