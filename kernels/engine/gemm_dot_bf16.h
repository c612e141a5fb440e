/* SPDX-License-Identifier: MIT */
/* gemm_dot_bf16.h - what gemm_dot_micro.h asks of a type: bf16, two of which are a group, by VDPBF16PS. */
#ifndef BATCHMARK_GEMM_DOT_BF16_H
#define BATCHMARK_GEMM_DOT_BF16_H

#include "gemm_bf16_as_gemm.h"
#include "simd.h"
#include "team.h"

typedef struct bm_gemm_bf16 gemm_dot_args;
typedef uint16_t gemm_dot_element;
enum { GEMM_DOT_K = 2, GEMM_DOT_STEPS = 384 };
/* Work that pays for one more thread, about 2 us of one. */
#define GEMM_DOT_LEAST_FLOPS 4e5

static inline struct bm_gemm gemm_dot_as_gemm(const gemm_dot_args *g) { return gemm_bf16_as_gemm(g); }
/* They decide bits, so they follow from K alone. */
static inline size_t gemm_dot_most_steps(const gemm_dot_args *g) { return (void)g, GEMM_DOT_STEPS; }
static inline size_t gemm_dot_depth(const gemm_dot_args *g) { return g->alpha == 0 ? 0 : g->K; }

typedef vf gemm_dot_sum;
static inline vf gemm_dot_zero(void) { return vf_zero(); }
static inline vf gemm_dot_add(vf sum, __m512i a, __m512i b) { return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b); }

/* One step of 32 columns by the mask, or of 16 if not `wide`: `rows` rows interleaved. */
static inline void gemm_dot_interleave(uint32_t *panel, const uint16_t *from, size_t ld, __mmask32 mask, size_t rows, bool wide)
{
    const __m512i even = _mm512_maskz_loadu_epi16(mask, from);
    const __m512i odd = rows > 1 ? _mm512_maskz_loadu_epi16(mask, from + ld) : _mm512_setzero_si512();
    const __m512i low = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37,
                                         5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
    _mm512_storeu_si512(panel, _mm512_permutex2var_epi16(even, low, odd));
    if (wide)
        _mm512_storeu_si512(panel + VF, _mm512_permutex2var_epi16(even, high, odd));
}

/* C = alpha sums + beta C; beta = 0: C is not read. */
struct gemm_dot_after { float alpha, beta; };
static inline struct gemm_dot_after gemm_dot_after(const gemm_dot_args *g, struct bm_range k, size_t column)
{
    (void)column;
    return (struct gemm_dot_after){ g->alpha, k.begin == 0 ? g->beta : 1 };
}

#define GEMM_DOT_SCALE(i, v) GEMM_DOT_IF(i, v) c##i##_##v = vf_mul(alpha, c##i##_##v);
#define GEMM_DOT_LOAD_C(i, v)                                                                                       \
    (masked ? vf_load_first(t->c + i * ldc + v * VF, mask##v) : vf_load(t->c + i * ldc + v * VF))
#define GEMM_DOT_ADD_C(i, v) GEMM_DOT_IF(i, v) c##i##_##v = vf_fma(beta, GEMM_DOT_LOAD_C(i, v), c##i##_##v);
#define GEMM_DOT_STORE(i, v) GEMM_DOT_IF(i, v) vf_store(t->c + i * ldc + v * VF, c##i##_##v);
#define GEMM_DOT_STORE_MASKED(i, v)                                                                                 \
    GEMM_DOT_IF(i, v) vf_store_first(t->c + i * ldc + v * VF, mask##v, c##i##_##v);
#define GEMM_DOT_FINISH                                                                                             \
    if (t->after.alpha != 1) {                                                                                      \
        const vf alpha = vf_set1(t->after.alpha);                                                                   \
        GEMM_EACH_SUM(GEMM_DOT_SCALE)                                                                               \
    }                                                                                                               \
    if (t->after.beta != 0) {                                                                                       \
        const vf beta = vf_set1(t->after.beta);                                                                     \
        GEMM_EACH_SUM(GEMM_DOT_ADD_C)                                                                               \
    }                                                                                                               \
    if (masked) {                                                                                                   \
        GEMM_EACH_SUM(GEMM_DOT_STORE_MASKED)                                                                        \
    } else {                                                                                                        \
        GEMM_EACH_SUM(GEMM_DOT_STORE)                                                                               \
    }

#endif
