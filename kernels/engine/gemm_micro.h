/* SPDX-License-Identifier: MIT */
/*
 * gemm_micro.h - the microkernels: mr x nv vectors of C are kept in registers while k runs; each step loads nv vectors
 * of a row of B and broadcasts mr elements of a column of A (Goto & van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication", ACM TOMS 34(3), 2008; Van Zee & van de Geijn, "BLIS", ACM TOMS 41(3), 2015).
 *
 * There is one for every mr up to GEMM_MR, so that no row is ever computed in vain: 32 rows are 11 + 11 + 10. Only the
 * last of the nv vectors may be partial: it is masked when B is read in place and when C is touched. There are kernels
 * with and without masked loads, which would cost something in every tile.
 *
 * Of few last columns, up to 4 or 8, a vector of C wider than that would be mostly empty. Then each column has a part of
 * it: with A by rows its lanes sum other steps of k, and are added at the end; with A by columns they are other rows of C.
 */
#ifndef BATCHMARK_GEMM_MICRO_H
#define BATCHMARK_GEMM_MICRO_H

#include <stdbool.h>

/* A loop nest says before it includes this whether its tiles copy B for others and fetch ahead (GEMM_COPIES 1), or take
 * few last columns in parts (0): what it does not use need not be compiled. */
#include "gemm_ideas.h"
#include "gemm_registers.h"
#include "gemm_stats.h"
#include "gemm.h"
#include "idea.h"
#include "kernel.h"
#include "simd.h"

BM_IDEA_SWITCHES(GEMM_EACH_IDEA)

/* Steps of k that a row of B is prefetched ahead; steps before the end at which C is. */
#define GEMM_AHEAD 16
#define GEMM_LATE 16

/* One call of a microkernel: C[mr x cols] = finish(alpha A B + beta C). */
struct gemm_tile {
    size_t k;
    const float *a;
    size_t lda; /* distance of rows (rows kernel) or of columns (columns kernel) */
    const float *b;
    size_t ldb;
    float *keep; /* NULL, or where the rows of B are copied to, nv vectors apart, for the tiles below this one */
    const float *next; /* NULL, or a panel of B in place, rows next_ld apart, to be fetched to L2 meanwhile */
    size_t next_ld;
    float *c;
    size_t ldc, cols;  /* (nv - 1) VF < cols <= nv VF */
    float alpha, beta; /* beta = 0: C is not read */
    bool finish;       /* with the epilogue, after the last block of K: what follows applies */
    const float *bias; /* NULL: none */
    bool act;
    float slope;
    struct gemm_stats stats; /* .sum is NULL: none */
    bool plain;              /* alpha = 1, beta = 0, no epilogue */
};

/* What the tiles of a block of K have in common. */
static inline struct gemm_tile gemm_tile_of(const struct bm_gemm *g, size_t k, bool first, bool last)
{
    return (struct gemm_tile){ .k = k, .lda = g->lda, .ldb = g->ldb, .ldc = g->ldc, .alpha = g->alpha,
        .beta = first ? g->beta : 1, .finish = last && BM_HAS(EPILOGUE), .slope = g->slope,
        .act = BM_HAS(EPILOGUE) && last && g->epilogue == BM_EPILOGUE_BIAS_RELU,
        .plain = g->alpha == 1 && first && g->beta == 0 && !(BM_HAS(EPILOGUE) && last && g->epilogue) };
}

/* Puts the tile at row i and column j of C. */
static inline void gemm_tile_at(struct gemm_tile *t, const struct bm_gemm *g, size_t i, size_t j)
{
    t->c = g->C + i * g->ldc + j;
    if (t->finish && bm_epilogue_bias(g->epilogue))
        t->bias = g->bias + j;
    if (t->finish && bm_epilogue_stats(g->epilogue))
        t->stats = gemm_stats_at(g, i, j);
}

/* Rows of a panel: equal parts of all, at most `most`. */
static inline size_t gemm_panel(size_t rows, size_t most)
{
    return BM_HAS(EVEN) ? gemm_even(rows, most) : gemm_min(rows, most);
}

/* g, or with alpha = 0 or K = 0 (A and B may be NULL) a product of no steps in *none. */
static inline const struct bm_gemm *gemm_valid(const struct bm_gemm *g, struct bm_gemm *none)
{
    if (g->alpha != 0 && g->K != 0)
        return g;
    *none = *g;
    none->K = 0;
    none->alpha = 1;
    none->ta = none->tb = false;
    none->A = none->B = g->C;
    none->lda = none->ldb = 0;
    return none;
}

#define GEMM_ZERO(i, v) vf c##i##_##v = vf_zero();
#define GEMM_LOAD_LAST(p, v) (v == nv - 1 ? vf_load_first((p) + v * VF, last) : vf_load((p) + v * VF))
#define GEMM_LOAD_B(v) if (v < nv) b##v = masked ? GEMM_LOAD_LAST(b, v) : vf_load(b + v * VF);
#define GEMM_KEEP_B(v) if (v < nv) vf_store(keep + v * VF, b##v);
#define GEMM_FMA_VECTOR(i, v) if (v < nv) c##i##_##v = vf_fma(a, b##v, c##i##_##v);
#define GEMM_FMA(i, base, m)                                                                                        \
    if (i < mr) {                                                                                                   \
        vf a = vf_set1(rows ? base[m * lda] : a0[i]);                                                               \
        GEMM_IN_ROW(GEMM_FMA_VECTOR, i)                                                                             \
    }
/* One step of k, at whose end a and b are moved on. */
#define GEMM_STEP                                                                                                   \
    GEMM_EACH_VECTOR(GEMM_LOAD_B)                                                                                   \
    if (BM_HAS(AHEAD))                                                                                              \
        vf_fetch1(b + GEMM_AHEAD * ldb);                                                                            \
    if (BM_HAS(AHEAD) && nv * VF > 16)                                                                              \
        vf_fetch1(b + GEMM_AHEAD * ldb + (nv - 1) * VF);                                                            \
    GEMM_EACH_ROW(GEMM_FMA)                                                                                         \
    b += ldb;                                                                                                       \
    if (rows)                                                                                                       \
        a0++, a3++, a6++, a9++, a12++;                                                                              \
    else                                                                                                            \
        a0 += lda;
/* Columns in parts, A by rows: VF / width steps of k at once, added at the end. */
#define GEMM_FMA_STEPS(i, base, m)                                                                                  \
    if (i < mr)                                                                                                     \
        c##i##_0 = vf_fma(vf_repeat(base + m * lda, width), b0, c##i##_0);
#define GEMM_ADD_STEPS(i, base, m) if (i < mr) c##i##_0 = vf_fold(c##i##_0, width);
/* A by columns: a group of VF / width rows at once. The last group ends with the last row. */
#define GEMM_EACH_GROUP(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6)
#define GEMM_GROUP_BEGIN(n) (((n) + 1) * parts <= mr ? (n) * parts : mr - parts)
#define GEMM_ZERO_GROUP(n) vf group##n = vf_zero();
#define GEMM_FMA_GROUP(n)                                                                                           \
    if (n * parts < mr)                                                                                             \
        group##n = vf_fma(vf_repeat(a0 + GEMM_GROUP_BEGIN(n), width), b0, group##n);
#define GEMM_TAKE_GROUP(i, n) if (i / parts == n) c##i##_0 = vf_pick(group##n, i - GEMM_GROUP_BEGIN(n), width);
#define GEMM_TAKE_ROW(i, base, m)                                                                                   \
    if (i < mr) {                                                                                                   \
        GEMM_TAKE_GROUP(i, 0) GEMM_TAKE_GROUP(i, 1) GEMM_TAKE_GROUP(i, 2) GEMM_TAKE_GROUP(i, 3)                     \
        GEMM_TAKE_GROUP(i, 4) GEMM_TAKE_GROUP(i, 5) GEMM_TAKE_GROUP(i, 6)                                           \
    }
#define GEMM_FETCH_ROW(i, base, m)                                                                                  \
    if (i < mr) {                                                                                                   \
        vf_fetch1(c);                                                                                               \
        if (nv > 1)                                                                                                 \
            vf_fetch1(c + nv * VF - 1);                                                                             \
        c += ldc;                                                                                                   \
    }
#define GEMM_LOAD_BIAS(v) if (v < nv) b##v = GEMM_LOAD_LAST(t->bias, v);
#define GEMM_SCALE(i, v) if (v < nv) c##i##_##v = vf_mul(alpha, c##i##_##v);
#define GEMM_ADD_C(i, v) if (v < nv) c##i##_##v = vf_fma(beta, GEMM_LOAD_LAST(c, v), c##i##_##v);
#define GEMM_ADD_BIAS(i, v) if (v < nv) c##i##_##v = vf_add(c##i##_##v, b##v);
#define GEMM_RELU(i, v) if (v < nv) c##i##_##v = vf_act(c##i##_##v, 0);
#define GEMM_ACT(i, v) if (v < nv) c##i##_##v = vf_act(c##i##_##v, slope);
#define GEMM_ADD_MOMENTS(i, v)                                                                                      \
    if (v < nv) {                                                                                                   \
        const vf apart = vf_sub(c##i##_##v, c0_##v);                                                                \
        sum##v = vf_add(sum##v, apart);                                                                             \
        square##v = vf_fma(apart, apart, square##v);                                                                \
    }
#define GEMM_PUT_MOMENTS(v)                                                                                         \
    if (v < nv) {                                                                                                   \
        vf_store(moments[0] + v * VF, c0_##v);                                                                      \
        vf_store(moments[1] + v * VF, sum##v);                                                                      \
        vf_store(moments[2] + v * VF, square##v);                                                                   \
    }
#define GEMM_STORE(i, v) if (v < nv) vf_store(c + v * VF, c##i##_##v);
#define GEMM_STORE_LAST(i, v)                                                                                       \
    if (v == nv - 1)                                                                                                \
        vf_store_first(c + v * VF, last, c##i##_##v);                                                               \
    else if (v < nv)                                                                                                \
        vf_store(c + v * VF, c##i##_##v);
#define GEMM_STORE_ROW(i, base, m)                                                                                  \
    if (i < mr) {                                                                                                   \
        GEMM_IN_ROW(GEMM_STORE, i)                                                                                  \
        c += ldc;                                                                                                   \
    }
#define GEMM_FINISH_ROW(i, base, m)                                                                                 \
    if (i < mr) {                                                                                                   \
        if (t->alpha != 1) {                                                                                        \
            GEMM_IN_ROW(GEMM_SCALE, i)                                                                              \
        }                                                                                                           \
        if (t->beta != 0) {                                                                                         \
            GEMM_IN_ROW(GEMM_ADD_C, i)                                                                              \
        }                                                                                                           \
        if (t->bias) {                                                                                              \
            GEMM_IN_ROW(GEMM_ADD_BIAS, i)                                                                           \
        }                                                                                                           \
        if (t->act && slope == 0) {                                                                                 \
            GEMM_IN_ROW(GEMM_RELU, i)                                                                               \
        } else if (t->act) {                                                                                        \
            GEMM_IN_ROW(GEMM_ACT, i)                                                                                \
        }                                                                                                           \
        if (partial) {                                                                                              \
            GEMM_IN_ROW(GEMM_STORE_LAST, i)                                                                         \
        } else {                                                                                                    \
            GEMM_IN_ROW(GEMM_STORE, i)                                                                              \
        }                                                                                                           \
        if (t->stats.sum && i > 0) {                                                                                \
            GEMM_IN_ROW(GEMM_ADD_MOMENTS, i)                                                                        \
        }                                                                                                           \
        c += ldc;                                                                                                   \
    }

/* The template: mr, nv, rows, masked and width are constants of each instance. width 0: whole vectors. */
static inline __attribute__((always_inline)) void gemm_micro(const struct gemm_tile *t, const size_t mr,
                                                             const size_t nv, const bool rows, const bool masked,
                                                             const size_t width)
{
    const size_t lda = t->lda, ldb = t->ldb, ldc = t->ldc;
    const float *a0 = t->a, *a3 = mr > 3 ? a0 + 3 * lda : a0, *a6 = mr > 6 ? a0 + 6 * lda : a0;
    const float *a9 = mr > 9 ? a0 + 9 * lda : a0, *a12 = mr > 12 ? a0 + 12 * lda : a0;
    const float *b = t->b;
    float *keep = GEMM_COPIES && BM_HAS(COPY) ? t->keep : NULL;
    const float *next = GEMM_COPIES && BM_HAS(PANEL) ? t->next : NULL;
    const size_t next_ld = t->next_ld;
    const vmask last = vf_first(t->cols - (nv - 1) * VF);
    vf b0 = vf_zero(), b1 = b0, b2 = b0, b3 = b0;
    GEMM_EACH_SUM(GEMM_ZERO)
    size_t k = t->k;
#if GEMM_IN_PARTS
    if (width) {
        const size_t parts = VF / width;
        if (rows) {
            for (; k >= parts; k -= parts) {
                b0 = vf_columns(b, ldb, last, width);
                GEMM_EACH_ROW(GEMM_FMA_STEPS)
                b += parts * ldb;
                a0 += parts, a3 += parts, a6 += parts, a9 += parts, a12 += parts;
            }
            GEMM_EACH_ROW(GEMM_ADD_STEPS)
        } else {
            GEMM_EACH_GROUP(GEMM_ZERO_GROUP)
            for (; k > 0; k--) {
                b0 = vf_spread(b, last, width);
                GEMM_EACH_GROUP(GEMM_FMA_GROUP)
                b += ldb;
                a0 += lda;
            }
            GEMM_EACH_ROW(GEMM_TAKE_ROW)
        }
    }
#else
    (void)width;
#endif
    size_t stop = BM_HAS(LATE) && k > GEMM_LATE ? GEMM_LATE : 0;
    for (;;) {
        /* The empty asm here and below keeps gcc from computing the rows' addresses once for all, and spilling them. */
        if (BM_HAS(LATE) && stop == 0) {
            const float *c = t->c;
            __asm__("" : "+r"(c));
            GEMM_EACH_ROW(GEMM_FETCH_ROW)
        }
        if (keep)
            for (; k > stop; k--, keep += nv * VF) {
                GEMM_STEP
                GEMM_EACH_VECTOR(GEMM_KEEP_B)
                if (BM_HAS(AHEAD)) /* rows that are not aligned reach into one more line */
                    vf_fetch1(b + (GEMM_AHEAD - 1) * ldb + nv * VF - 1);
            }
        else if (next)
            for (; k > stop; k--, next += next_ld) {
                GEMM_STEP
                vf_fetch2(next);
                if (nv > 1)
                    vf_fetch2(next + (nv - 1) * VF);
                vf_fetch2(next + nv * VF - 1);
            }
        else
            for (; k > stop; k--) {
                GEMM_STEP
            }
        if (stop == 0)
            break;
        stop = 0;
    }
    float *c = t->c;
    __asm__("" : "+r"(c));
    const bool partial = t->cols < nv * VF;
    if (t->plain && !partial) {
        GEMM_EACH_ROW(GEMM_STORE_ROW)
        return;
    }
    const float slope = t->slope;
    const vf alpha = vf_set1(t->alpha), beta = vf_set1(t->beta);
    if (t->bias) {
        GEMM_EACH_VECTOR(GEMM_LOAD_BIAS)
    }
    vf sum0 = vf_zero(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    vf square0 = sum0, square1 = sum0, square2 = sum0, square3 = sum0;
    GEMM_EACH_ROW(GEMM_FINISH_ROW)
    if (t->stats.sum) {
        float moments[3][4 * VF];
        GEMM_EACH_VECTOR(GEMM_PUT_MOMENTS)
        gemm_stats_add(&t->stats, mr, t->cols, moments[0], moments[1], moments[2]);
    }
}

typedef void gemm_micro_fn(const struct gemm_tile *t);

/* Which one, given how A lies and what columns the tile has. */
enum gemm_kind { GEMM_WHOLE, GEMM_MASKED, GEMM_FOUR, GEMM_EIGHT, GEMM_KINDS };

#define GEMM_DEFINE(mr, name, nv, masked, width)                                                                    \
    static void gemm_cols_##name##_##mr(const struct gemm_tile *t) { gemm_micro(t, mr, nv, false, masked, width); } \
    static void gemm_rows_##name##_##mr(const struct gemm_tile *t) { gemm_micro(t, mr, nv, true, masked, width); }
GEMM_EACH_MR(GEMM_DEFINE, whole_1, 1, false, 0)
GEMM_EACH_MR(GEMM_DEFINE, whole_2, 2, false, 0)
GEMM_EACH_WIDE_MR(GEMM_DEFINE, whole_4, 4, false, 0)
GEMM_EACH_MR(GEMM_DEFINE, masked_1, 1, true, 0)
GEMM_EACH_MR(GEMM_DEFINE, masked_2, 2, true, 0)
#if !GEMM_COPIES && GEMM_IN_PARTS
GEMM_EACH_MR(GEMM_DEFINE, four_1, 1, true, 4)
#if defined(__AVX512F__)
GEMM_EACH_MR(GEMM_DEFINE, eight_1, 1, true, 8)
#endif
#endif
#define GEMM_COLS(mr, name) [mr] = gemm_cols_##name##_##mr,
#define GEMM_ROWS(mr, name) [mr] = gemm_rows_##name##_##mr,

/* [kind][A by rows][nv][mr] */
static gemm_micro_fn *const gemm_micros[GEMM_KINDS][2][5][GEMM_MR + 1] = {
    [GEMM_WHOLE] = { { [1] = { GEMM_EACH_MR(GEMM_COLS, whole_1) }, [2] = { GEMM_EACH_MR(GEMM_COLS, whole_2) },
                       [4] = { GEMM_EACH_WIDE_MR(GEMM_COLS, whole_4) } },
                     { [1] = { GEMM_EACH_MR(GEMM_ROWS, whole_1) }, [2] = { GEMM_EACH_MR(GEMM_ROWS, whole_2) },
                       [4] = { GEMM_EACH_WIDE_MR(GEMM_ROWS, whole_4) } } },
    [GEMM_MASKED] = { { [1] = { GEMM_EACH_MR(GEMM_COLS, masked_1) }, [2] = { GEMM_EACH_MR(GEMM_COLS, masked_2) } },
                      { [1] = { GEMM_EACH_MR(GEMM_ROWS, masked_1) }, [2] = { GEMM_EACH_MR(GEMM_ROWS, masked_2) } } },
#if !GEMM_COPIES && GEMM_IN_PARTS
    [GEMM_FOUR] = { { [1] = { GEMM_EACH_MR(GEMM_COLS, four_1) } }, { [1] = { GEMM_EACH_MR(GEMM_ROWS, four_1) } } },
#if defined(__AVX512F__)
    [GEMM_EIGHT] = { { [1] = { GEMM_EACH_MR(GEMM_COLS, eight_1) } }, { [1] = { GEMM_EACH_MR(GEMM_ROWS, eight_1) } } },
#endif
#endif
};

#endif
