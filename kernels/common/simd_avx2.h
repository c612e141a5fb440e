/* SPDX-License-Identifier: MIT */
/* simd_avx2.h - 8 floats a vector with FMA; tails by maskload and maskstore, which suppress faults beyond an array. */
#ifndef BATCHMARK_SIMD_AVX2_H
#define BATCHMARK_SIMD_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m256 vf;
typedef __m256i vmask;
enum { VF = 8 };

static inline vf vf_zero(void) { return _mm256_setzero_ps(); }
static inline vf vf_set1(float a) { return _mm256_set1_ps(a); }
static inline vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void vf_store(float *p, vf v) { _mm256_storeu_ps(p, v); }
/* Past the caches; p aligned to the vector, and vf_fence() before another thread reads it. */
/* In the order of the program: a line whose two halves do not follow each other goes to memory in parts. */
static inline void vf_stream(float *p, vf v)
{
    _mm256_stream_ps(p, v);
    __asm__ volatile("" ::: "memory");
}
static inline void vf_fence(void) { _mm_sfence(); }
/* The first n of VF lanes, 0 <= n <= VF; the others load as 0 and are not stored. */
static inline vmask vf_first(size_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline vf vf_load_first(const float *p, vmask m) { return _mm256_maskload_ps(p, m); }
static inline void vf_store_first(float *p, vmask m, vf v) { _mm256_maskstore_ps(p, m, v); }

static inline vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
static inline vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
static inline vf vf_sqrt(vf a) { return _mm256_sqrt_ps(a); }
static inline vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); } /* b if either is NaN */
static inline vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }   /* a b + c */
static inline vf vf_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); } /* c - a b */
static inline vmask vf_gt0(vf v) { return _mm256_castps_si256(_mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GT_OQ)); }
static inline int vf_any(vmask m) { return _mm256_movemask_ps(_mm256_castsi256_ps(m)) != 0; }
static inline vf vf_select(vmask m, vf yes, vf no) { return _mm256_blendv_ps(no, yes, _mm256_castsi256_ps(m)); }
static inline vf vf_keep(vmask m, vf v) { return _mm256_and_ps(_mm256_castsi256_ps(m), v); } /* 0 elsewhere */

/* Sum of all lanes, pairwise. */
static inline float vf_sum(vf v)
{
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_movehdup_ps(q)));
}

/* The sums of all lanes of four vectors, to four floats. */
static inline void vf_store_sums(float *to, vf a, vf b, vf c, vf d)
{
    const vf ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b)); /* a b a b of each 128 bits */
    const vf cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
    const vf abcd = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee));
    _mm_storeu_ps(to, _mm_add_ps(_mm256_castps256_ps128(abcd), _mm256_extractf128_ps(abcd, 1)));
}

/* As in simd_avx512.h; width is 4. */
static inline vf vf_repeat(const float *p, size_t width)
{
    (void)width;
    return _mm256_castsi256_ps(_mm256_broadcastq_epi64(_mm_loadu_si64(p)));
}
static inline vf vf_spread(const float *p, vmask m, size_t width)
{
    (void)width;
    return _mm256_permutevar8x32_ps(_mm256_castps128_ps256(_mm_maskload_ps(p, _mm256_castsi256_si128(m))),
                                    _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
}
static inline vf vf_columns(const float *p, size_t ld, vmask m, size_t width)
{
    (void)width;
    const __m128 row0 = _mm_maskload_ps(p, _mm256_castsi256_si128(m));
    const __m128 row1 = _mm_maskload_ps(p + ld, _mm256_castsi256_si128(m));
    return _mm256_set_m128(_mm_unpackhi_ps(row0, row1), _mm_unpacklo_ps(row0, row1));
}
static inline vf vf_pick(vf v, size_t n, size_t width)
{
    (void)width;
    const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    return _mm256_permutevar8x32_ps(v, _mm256_add_epi32(even, _mm256_set1_epi32((int)n)));
}
static inline vf vf_fold(vf v, size_t width) { return vf_pick(_mm256_add_ps(v, _mm256_permute_ps(v, 0xb1)), 0, width); }

/* r[i] lane j becomes r[j] lane i. Constant indices only, so that the array stays in registers. */
static inline __attribute__((always_inline)) void vf_transpose(vf r[VF])
{
#define BM_PAIRS(i)                                                                                                \
    do {                                                                                                           \
        __m256d p = _mm256_castps_pd(_mm256_unpacklo_ps(r[i], r[(i) + 1]));                                        \
        __m256d q = _mm256_castps_pd(_mm256_unpackhi_ps(r[i], r[(i) + 1]));                                        \
        __m256d s = _mm256_castps_pd(_mm256_unpacklo_ps(r[(i) + 2], r[(i) + 3]));                                  \
        __m256d t = _mm256_castps_pd(_mm256_unpackhi_ps(r[(i) + 2], r[(i) + 3]));                                  \
        r[i] = _mm256_castpd_ps(_mm256_unpacklo_pd(p, s)), r[(i) + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(p, s)); \
        r[(i) + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(q, t));                                                   \
        r[(i) + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(q, t));                                                   \
    } while (0)
#define BM_HALVES(i)                                                                                               \
    do {                                                                                                           \
        vf p = r[i], q = r[(i) + 4];                                                                               \
        r[i] = _mm256_permute2f128_ps(p, q, 0x20), r[(i) + 4] = _mm256_permute2f128_ps(p, q, 0x31);                \
    } while (0)
    BM_PAIRS(0); BM_PAIRS(4);
    BM_HALVES(0); BM_HALVES(1); BM_HALVES(2); BM_HALVES(3);
#undef BM_PAIRS
#undef BM_HALVES
}

#endif
