/* SPDX-License-Identifier: MIT */
/* simd_avx512.h - 16 floats a vector; tails by mask registers, which also suppress faults beyond an array. */
#ifndef BATCHMARK_SIMD_AVX512_H
#define BATCHMARK_SIMD_AVX512_H

#include <immintrin.h>
#include <stddef.h>

typedef __m512 vf;
typedef __mmask16 vmask;
enum { VF = 16 };

static inline vf vf_zero(void) { return _mm512_setzero_ps(); }
static inline vf vf_set1(float a) { return _mm512_set1_ps(a); }
static inline vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vf_store(float *p, vf v) { _mm512_storeu_ps(p, v); }
/* Past the caches; p aligned to the vector, and vf_fence() before another thread reads it. */
static inline void vf_stream(float *p, vf v) { _mm512_stream_ps(p, v); }
static inline void vf_fence(void) { _mm_sfence(); }
/* The first n of VF lanes, 0 <= n <= VF; the others load as 0 and are not stored. */
static inline vmask vf_first(size_t n) { return (vmask)((1u << n) - 1); }
static inline vf vf_load_first(const float *p, vmask m) { return _mm512_maskz_loadu_ps(m, p); }
static inline void vf_store_first(float *p, vmask m, vf v) { _mm512_mask_storeu_ps(p, m, v); }

static inline vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
static inline vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
static inline vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
static inline vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); } /* b if either is NaN */
static inline vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }   /* a b + c */
static inline vf vf_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); } /* c - a b */
static inline vmask vf_gt0(vf v) { return _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ); }
static inline int vf_any(vmask m) { return m != 0; }
static inline vf vf_select(vmask m, vf yes, vf no) { return _mm512_mask_blend_ps(m, no, yes); }
static inline vf vf_keep(vmask m, vf v) { return _mm512_maskz_mov_ps(m, v); } /* 0 elsewhere */

/* Sum of all lanes, pairwise. */
static inline float vf_sum(vf v)
{
    __m256 h = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_movehdup_ps(q)));
}

/* The sums of all lanes of four vectors, to four floats. */
static inline void vf_store_sums(float *to, vf a, vf b, vf c, vf d)
{
    const vf ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)); /* a b a b of each 128 bits */
    const vf cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    const vf abcd = _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
    const __m256 h = _mm256_add_ps(_mm512_castps512_ps256(abcd), _mm512_extractf32x8_ps(abcd, 1));
    _mm_storeu_ps(to, _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1)));
}

/*
 * A vector as `width` parts, 4 or 8, of VF / width lanes. vf_repeat: each part is what lies at p. vf_spread: part q is
 * p[q] in every lane, q among the first by m. vf_columns: part q is column q (by m) of the VF / width rows at p.
 * vf_pick: lane q is lane n of part q, and vf_fold: the sum of part q, q < width; the other lanes are then nothing.
 */
static inline __m512i vf_lanes(int step, int first) /* first + step * 0, 1, 2 ... */
{
    const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_add_epi32(_mm512_mullo_epi32(count, _mm512_set1_epi32(step)), _mm512_set1_epi32(first));
}
static inline vf vf_repeat(const float *p, size_t width)
{
    return width == 4 ? _mm512_broadcast_f32x4(_mm_loadu_ps(p))
                      : _mm512_broadcast_f32x2(_mm_castsi128_ps(_mm_loadu_si64(p)));
}
static inline vf vf_spread(const float *p, vmask m, size_t width)
{
    return _mm512_permutexvar_ps(_mm512_srli_epi32(vf_lanes(1, 0), width == 4 ? 2 : 1), _mm512_maskz_loadu_ps(m, p));
}
static inline vf vf_columns(const float *p, size_t ld, vmask m, size_t width)
{
    if (width == 8) {
        const vf v = _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_maskz_loadu_ps((__mmask8)m, p)),
                                        _mm256_maskz_loadu_ps((__mmask8)m, p + ld), 1);
        return _mm512_permutexvar_ps(_mm512_set_epi32(15, 7, 14, 6, 13, 5, 12, 4, 11, 3, 10, 2, 9, 1, 8, 0), v);
    }
    vf v = _mm512_castps128_ps512(_mm_maskz_loadu_ps((__mmask8)m, p));
    v = _mm512_insertf32x4(v, _mm_maskz_loadu_ps((__mmask8)m, p + ld), 1);
    v = _mm512_insertf32x4(v, _mm_maskz_loadu_ps((__mmask8)m, p + 2 * ld), 2);
    v = _mm512_insertf32x4(v, _mm_maskz_loadu_ps((__mmask8)m, p + 3 * ld), 3);
    return _mm512_permutexvar_ps(_mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0), v);
}
static inline vf vf_pick(vf v, size_t n, size_t width)
{
    return _mm512_permutexvar_ps(vf_lanes(width == 4 ? 4 : 2, (int)n), v);
}
static inline vf vf_fold(vf v, size_t width)
{
    v = _mm512_add_ps(v, _mm512_permute_ps(v, 0xb1));
    return vf_pick(width == 4 ? _mm512_add_ps(v, _mm512_permute_ps(v, 0x4e)) : v, 0, width);
}

/* r[i] lane j becomes r[j] lane i. Constant indices only, so that the array stays in registers. */
static inline __attribute__((always_inline)) void vf_transpose(vf r[VF])
{
#define BM_PAIRS(i)                                                                                                \
    do {                                                                                                           \
        __m512d p = _mm512_castps_pd(_mm512_unpacklo_ps(r[i], r[(i) + 1]));                                        \
        __m512d q = _mm512_castps_pd(_mm512_unpackhi_ps(r[i], r[(i) + 1]));                                        \
        __m512d s = _mm512_castps_pd(_mm512_unpacklo_ps(r[(i) + 2], r[(i) + 3]));                                  \
        __m512d t = _mm512_castps_pd(_mm512_unpackhi_ps(r[(i) + 2], r[(i) + 3]));                                  \
        r[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(p, s)), r[(i) + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(p, s)); \
        r[(i) + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(q, t));                                                   \
        r[(i) + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(q, t));                                                   \
    } while (0)
#define BM_QUARTERS(i)                                                                                             \
    do {                                                                                                           \
        vf p = _mm512_shuffle_f32x4(r[i], r[(i) + 4], 0x88), q = _mm512_shuffle_f32x4(r[(i) + 8], r[(i) + 12], 0x88); \
        vf s = _mm512_shuffle_f32x4(r[i], r[(i) + 4], 0xdd), t = _mm512_shuffle_f32x4(r[(i) + 8], r[(i) + 12], 0xdd); \
        r[i] = _mm512_shuffle_f32x4(p, q, 0x88), r[(i) + 8] = _mm512_shuffle_f32x4(p, q, 0xdd);                    \
        r[(i) + 4] = _mm512_shuffle_f32x4(s, t, 0x88), r[(i) + 12] = _mm512_shuffle_f32x4(s, t, 0xdd);             \
    } while (0)
    BM_PAIRS(0); BM_PAIRS(4); BM_PAIRS(8); BM_PAIRS(12);
    BM_QUARTERS(0); BM_QUARTERS(1); BM_QUARTERS(2); BM_QUARTERS(3);
#undef BM_PAIRS
#undef BM_QUARTERS
}

#endif
