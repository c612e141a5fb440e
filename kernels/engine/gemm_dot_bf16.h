/* SPDX-License-Identifier: MIT */
/* gemm_dot_bf16.h - what gemm_dot_micro.h asks of a type: bf16, two of which are a group, by VDPBF16PS. */
#ifndef BATCHMARK_GEMM_DOT_BF16_H
#define BATCHMARK_GEMM_DOT_BF16_H

#include <string.h>

#include "gemm_bf16_as_gemm.h"
#include "gemm_stats.h"
#include "simd_bf16.h"
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

/* One step of 32 columns by the mask, or of 16 if not `wide`: `rows` rows interleaved. The panel to the right is fetched ahead:
 * its rows are one line each, ld apart, which no hardware sees coming. */
static inline void gemm_dot_interleave(uint32_t *panel, const uint16_t *from, size_t ld, __mmask32 mask, size_t rows, bool wide)
{
    const __m512i even = _mm512_maskz_loadu_epi16(mask, from);
    const __m512i odd = rows > 1 ? _mm512_maskz_loadu_epi16(mask, from + ld) : _mm512_setzero_si512();
    const __m512i low = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37,
                                         5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
    _mm512_storeu_si512(panel, _mm512_permutex2var_epi16(even, low, odd));
    if (wide) {
        _mm512_storeu_si512(panel + VF, _mm512_permutex2var_epi16(even, high, odd));
        vf_fetch2(from + 2 * VF);
        vf_fetch2(from + 2 * VF + (rows - 1) * ld);
    }
}

#define GEMM_DOT_ROUNDS 1
static inline bool gemm_dot_rounds(const gemm_dot_args *g) { return g->result == BM_RESULT_BF16; }
static inline uint16_t *gemm_dot_c16(const gemm_dot_args *g) { return g->C16; }

/* Statistics: the sums of gemm_stats.h, and behind them the first row of C in f32, from which they are distances and which
 * C itself need not be. */
static inline size_t gemm_dot_stats_bytes(const gemm_dot_args *g)
{
    const struct bm_gemm as = gemm_bf16_as_gemm(g);
    return bm_epilogue_stats(g->epilogue) ? gemm_stats_bytes(&as) + gemm_ceil(g->N * sizeof(float), 64) * 64 : 0;
}
static inline struct bm_gemm gemm_dot_stats_of(const gemm_dot_args *g)
{
    struct bm_gemm as = gemm_bf16_as_gemm(g);
    as.scratch = g->scratch;
    as.C = (float *)((char *)g->scratch + gemm_stats_bytes(&as));
    return as;
}
static inline void gemm_dot_end(const gemm_dot_args *g, struct bm_range cols)
{
    const struct bm_gemm as = gemm_dot_stats_of(g);
    gemm_stats_finish(&as, cols);
}

/* C = epilogue(alpha sums + beta C); beta = 0: C is not read. The epilogue follows the last of K. */
struct gemm_dot_after {
    float alpha, beta;
    bool last, act;
    float slope;
    const float *bias; /* of the tile's first column; NULL: none */
    struct gemm_stats stats; /* sum NULL: none */
    float *origin;           /* its, to be written by the tile at the top */
};
static inline struct gemm_dot_after gemm_dot_after(const gemm_dot_args *g, struct bm_range k, size_t column)
{
    const bool last = k.end == gemm_dot_depth(g);
    return (struct gemm_dot_after){ .alpha = g->alpha, .beta = k.begin == 0 ? g->beta : 1, .last = last,
                                    .act = last && g->epilogue == BM_EPILOGUE_BIAS_RELU, .slope = g->slope,
                                    .bias = last && bm_epilogue_bias(g->epilogue) ? g->bias + column : NULL };
}
static inline void gemm_dot_after_at(struct gemm_dot_after *after, const gemm_dot_args *g, size_t i, size_t j)
{
    if (!after->last || !bm_epilogue_stats(g->epilogue))
        return;
    const struct bm_gemm as = gemm_dot_stats_of(g);
    after->stats = gemm_stats_at(&as, i, j);
    after->origin = as.C + j;
}
/* The tile at the top has the row from which all distances are. */
static __attribute__((noinline, unused)) void gemm_dot_add_stats(const struct gemm_dot_after *after, size_t rows, size_t cols,
                                                                 const float *first, const float *sum, const float *square)
{
    if (after->stats.fresh)
        memcpy(after->origin, first, cols * sizeof *first);
    gemm_stats_add(&after->stats, rows, cols, first, sum, square);
}

#define GEMM_DOT_SCALE(i, v) GEMM_DOT_IF(i, v) c##i##_##v = vf_mul(alpha, c##i##_##v);
#define GEMM_DOT_LOAD_C(i, v)                                                                                       \
    (masked ? vf_load_first(t->c + i * ldc + v * VF, mask##v) : vf_load(t->c + i * ldc + v * VF))
#define GEMM_DOT_ADD_C(i, v) GEMM_DOT_IF(i, v) c##i##_##v = vf_fma(beta, GEMM_DOT_LOAD_C(i, v), c##i##_##v);
#define GEMM_DOT_STORE(i, v) GEMM_DOT_IF(i, v) vf_store(t->c + i * ldc + v * VF, c##i##_##v);
#define GEMM_DOT_STORE_MASKED(i, v)                                                                                 \
    GEMM_DOT_IF(i, v) vf_store_first(t->c + i * ldc + v * VF, mask##v, c##i##_##v);
#define GEMM_DOT_ROUND(i, v) GEMM_DOT_IF(i, v) vf_store_bf16(t->c16 + i * t->ldc16 + v * VF, c##i##_##v);
#define GEMM_DOT_ROUND_MASKED(i, v)                                                                                 \
    GEMM_DOT_IF(i, v) vf_store_first_bf16(t->c16 + i * t->ldc16 + v * VF, mask##v, c##i##_##v);
#define GEMM_DOT_ADD_BIAS(i, v) GEMM_DOT_IF(i, v) c##i##_##v = vf_add(c##i##_##v, bias);
#define GEMM_DOT_BIAS_COLUMN(v)                                                                                     \
    if (v < nv) {                                                                                                   \
        const vf bias = vf_load_first(t->after.bias + v * VF, mask##v);                                             \
        GEMM_IN_COLUMN(GEMM_DOT_ADD_BIAS, v)                                                                        \
    }
#define GEMM_DOT_RELU(i, v) GEMM_DOT_IF(i, v) c##i##_##v = vf_act(c##i##_##v, 0);
#define GEMM_DOT_ACT(i, v) GEMM_DOT_IF(i, v) c##i##_##v = vf_act(c##i##_##v, slope);
#define GEMM_DOT_ADD_MOMENTS(i, v)                                                                                  \
    if (i > 0 && i < mr && v < nv) {                                                                                \
        const vf apart = vf_sub(c##i##_##v, c0_##v);                                                                \
        sum = vf_add(sum, apart);                                                                                   \
        square = vf_fma(apart, apart, square);                                                                      \
    }
#define GEMM_DOT_MOMENTS(v)                                                                                         \
    if (v < nv) {                                                                                                   \
        vf sum = vf_zero(), square = sum;                                                                           \
        GEMM_IN_COLUMN(GEMM_DOT_ADD_MOMENTS, v)                                                                     \
        vf_store(moments[0] + v * VF, c0_##v);                                                                      \
        vf_store(moments[1] + v * VF, sum);                                                                         \
        vf_store(moments[2] + v * VF, square);                                                                      \
    }
#define GEMM_DOT_FINISH                                                                                             \
    if (t->after.alpha != 1) {                                                                                      \
        const vf alpha = vf_set1(t->after.alpha);                                                                   \
        GEMM_EACH_SUM(GEMM_DOT_SCALE)                                                                               \
    }                                                                                                               \
    if (t->after.beta != 0) {                                                                                       \
        const vf beta = vf_set1(t->after.beta);                                                                     \
        GEMM_EACH_SUM(GEMM_DOT_ADD_C)                                                                               \
    }                                                                                                               \
    if (t->after.bias) {                                                                                            \
        GEMM_EACH_VECTOR(GEMM_DOT_BIAS_COLUMN)                                                                      \
    }                                                                                                               \
    const float slope = t->after.slope;                                                                             \
    if (t->after.act && slope == 0) {                                                                               \
        GEMM_EACH_SUM(GEMM_DOT_RELU)                                                                                \
    } else if (t->after.act) {                                                                                      \
        GEMM_EACH_SUM(GEMM_DOT_ACT)                                                                                 \
    }                                                                                                               \
    if (t->c16 && masked) {                                                                                         \
        GEMM_EACH_SUM(GEMM_DOT_ROUND_MASKED)                                                                        \
    } else if (t->c16) {                                                                                            \
        GEMM_EACH_SUM(GEMM_DOT_ROUND)                                                                               \
    } else if (masked) {                                                                                            \
        GEMM_EACH_SUM(GEMM_DOT_STORE_MASKED)                                                                        \
    } else {                                                                                                        \
        GEMM_EACH_SUM(GEMM_DOT_STORE)                                                                               \
    }                                                                                                               \
    if (t->after.stats.sum) {                                                                                       \
        float moments[3][4 * VF];                                                                                   \
        GEMM_EACH_VECTOR(GEMM_DOT_MOMENTS)                                                                          \
        gemm_dot_add_stats(&t->after, mr, t->cols, moments[0], moments[1], moments[2]);                       \
    }

#endif
