/* SPDX-License-Identifier: MIT */
/* gemm_dot_s8.h - what gemm_dot_micro.h asks of a type: integers of 8 bits, four of which are a group, by VPDPBUSD. */
#ifndef BATCHMARK_GEMM_DOT_S8_H
#define BATCHMARK_GEMM_DOT_S8_H

#include "gemm_registers.h"
#include "gemm_s8_as_gemm.h"
#include "simd.h"
#include "team.h"

typedef struct bm_gemm_s8 gemm_dot_args;
typedef uint8_t gemm_dot_element; /* bytes of A and B: which has a sign is known to gemm_dot_add() */
enum { GEMM_DOT_K = 4, GEMM_DOT_STEPS = 384, GEMM_DOT_FEW_STEPS = 64, GEMM_DOT_FEW_ROWS = 64 };
/* Work that pays for one more thread, about 2 us of one. */
#define GEMM_DOT_LEAST_FLOPS 1.6e6

static inline struct bm_gemm gemm_dot_as_gemm(const gemm_dot_args *g) { return gemm_s8_as_gemm(g); }
/* Sums are exact, so blocks may follow from anything. Where copies of B are made for few rows, or its rows lie whole pages
 * apart and share cache sets, blocks are flat: memory then sees long stretches of few rows of B. */
static inline size_t gemm_dot_most_steps(const gemm_dot_args *g)
{
    const bool pages = !g->tb && g->ldb % 4096 == 0;
    return g->M <= GEMM_DOT_FEW_ROWS || pages ? GEMM_DOT_FEW_STEPS : GEMM_DOT_STEPS;
}
static inline size_t gemm_dot_depth(const gemm_dot_args *g) { return g->K; }

/* Not __m512i, whose lanes are of 64 bits: gcc 12 would keep sums in memory for the conversions. */
typedef int32_t gemm_dot_sum __attribute__((vector_size(64)));
static inline gemm_dot_sum gemm_dot_zero(void) { return (gemm_dot_sum)_mm512_setzero_si512(); }
static inline gemm_dot_sum gemm_dot_add(gemm_dot_sum sum, __m512i a, __m512i b)
{
    return (gemm_dot_sum)_mm512_dpbusd_epi32((__m512i)sum, a, b);
}

/* One step of 32 columns by the mask, or of 16 if not `wide`: `rows` rows interleaved. */
static inline void gemm_dot_interleave(uint32_t *panel, const uint8_t *from, size_t ld, __mmask32 mask, size_t rows, bool wide)
{
    const __m256i zero = _mm256_setzero_si256(), r0 = _mm256_maskz_loadu_epi8(mask, from);
    const __m256i r1 = rows > 1 ? _mm256_maskz_loadu_epi8(mask, from + ld) : zero;
    const __m256i r2 = rows > 2 ? _mm256_maskz_loadu_epi8(mask, from + 2 * ld) : zero;
    const __m256i r3 = rows > 3 ? _mm256_maskz_loadu_epi8(mask, from + 3 * ld) : zero;
    /* Columns 0 to 7 and 16 to 23, 8 to 15 and 24 to 31, of the first two rows and of the others. */
    const __m256i left01 = _mm256_unpacklo_epi8(r0, r1), right01 = _mm256_unpackhi_epi8(r0, r1);
    const __m256i left23 = _mm256_unpacklo_epi8(r2, r3), right23 = _mm256_unpackhi_epi8(r2, r3);
    const __m256i c0 = _mm256_unpacklo_epi16(left01, left23), c4 = _mm256_unpackhi_epi16(left01, left23);
    const __m256i c8 = _mm256_unpacklo_epi16(right01, right23), c12 = _mm256_unpackhi_epi16(right01, right23);
    _mm256_storeu_si256((__m256i *)panel, _mm256_permute2x128_si256(c0, c4, 0x20));
    _mm256_storeu_si256((__m256i *)(panel + 8), _mm256_permute2x128_si256(c8, c12, 0x20));
    if (wide) {
        _mm256_storeu_si256((__m256i *)(panel + 16), _mm256_permute2x128_si256(c0, c4, 0x31));
        _mm256_storeu_si256((__m256i *)(panel + 24), _mm256_permute2x128_si256(c8, c12, 0x31));
    }
}

/* C = act(scale sums + bias). Until the last of K is added, C holds the sums so far, as integers. */
struct gemm_dot_after {
    bool first, last; /* blocks of K */
    const float *scale, *bias; /* of the tile's first column; bias NULL: none */
    bool act;
    float slope;
};
static inline struct gemm_dot_after gemm_dot_after(const gemm_dot_args *g, struct bm_range k, size_t column)
{
    const bool bias = bm_epilogue_bias(g->epilogue);
    return (struct gemm_dot_after){ k.begin == 0, k.end == g->K, g->scale + column, bias ? g->bias + column : NULL,
                                    g->epilogue == BM_EPILOGUE_BIAS_RELU, g->slope };
}

/* C is f32, and there are no statistics. */
#define GEMM_DOT_ROUNDS 0
static inline bool gemm_dot_rounds(const gemm_dot_args *g) { return (void)g, false; }
static inline uint16_t *gemm_dot_c16(const gemm_dot_args *g) { return (void)g, NULL; }
static inline size_t gemm_dot_stats_bytes(const gemm_dot_args *g) { return (void)g, (size_t)0; }
static inline void gemm_dot_after_at(struct gemm_dot_after *after, const gemm_dot_args *g, size_t i, size_t j)
{
    (void)after, (void)g, (void)i, (void)j;
}
static inline void gemm_dot_end(const gemm_dot_args *g, struct bm_range cols) { (void)g, (void)cols; }

#define GEMM_DOT_AT(i, v) (t->c + i * ldc + v * VF)
#define GEMM_DOT_ADD_C(i, v)                                                                                        \
    GEMM_DOT_IF(i, v) c##i##_##v += (gemm_dot_sum)_mm512_maskz_loadu_epi32(mask##v, GEMM_DOT_AT(i, v));
#define GEMM_DOT_STORE(i, v) GEMM_DOT_IF(i, v) _mm512_mask_storeu_epi32(GEMM_DOT_AT(i, v), mask##v, (__m512i)c##i##_##v);
/* Sums become results in their registers, a column of vectors after the other: with the factors of all there would be too few. */
#define GEMM_DOT_IN_PLACE_OF(i, v, value) GEMM_DOT_IF(i, v) c##i##_##v = (gemm_dot_sum)(value);
#define GEMM_DOT_FLOATS(i, v) (vf)c##i##_##v
#define GEMM_DOT_SCALE(i, v) GEMM_DOT_IN_PLACE_OF(i, v, vf_fma(scale, _mm512_cvtepi32_ps((__m512i)c##i##_##v), bias))
#define GEMM_DOT_SCALE_COLUMN(v)                                                                                    \
    if (v < nv) {                                                                                                   \
        const vf scale = vf_load_first(t->after.scale + v * VF, mask##v);                                           \
        const vf bias = t->after.bias ? vf_load_first(t->after.bias + v * VF, mask##v) : vf_zero();                 \
        GEMM_IN_COLUMN(GEMM_DOT_SCALE, v)                                                                           \
    }
#define GEMM_DOT_RELU(i, v) GEMM_DOT_IN_PLACE_OF(i, v, vf_act(GEMM_DOT_FLOATS(i, v), 0))
#define GEMM_DOT_ACT(i, v) GEMM_DOT_IN_PLACE_OF(i, v, vf_act(GEMM_DOT_FLOATS(i, v), slope))
#define GEMM_DOT_FINISH                                                                                             \
    (void)masked;                                                                                                   \
    if (!t->after.first) {                                                                                          \
        GEMM_EACH_SUM(GEMM_DOT_ADD_C)                                                                               \
    }                                                                                                               \
    if (t->after.last) {                                                                                            \
        GEMM_EACH_VECTOR(GEMM_DOT_SCALE_COLUMN)                                                                     \
        const float slope = t->after.slope;                                                                         \
        if (t->after.act && slope == 0) {                                                                           \
            GEMM_EACH_SUM(GEMM_DOT_RELU)                                                                            \
        } else if (t->after.act) {                                                                                  \
            GEMM_EACH_SUM(GEMM_DOT_ACT)                                                                             \
        }                                                                                                           \
    }                                                                                                               \
    GEMM_EACH_SUM(GEMM_DOT_STORE)

#endif
