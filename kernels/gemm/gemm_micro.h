/*
 * gemm_micro.h - the microkernels: mr x nv vectors of C are kept in registers while k runs; each step loads nv vectors
 * of a row of B and broadcasts mr elements of a column of A (Goto & van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication", ACM TOMS 34(3), 2008; Van Zee & van de Geijn, "BLIS", ACM TOMS 41(3), 2015).
 *
 * There is one for every mr up to GEMM_MR, so that no row is ever computed in vain: 32 rows are 11 + 11 + 10. Only the
 * last of the nv vectors may be partial: it is masked when B is read in place and when C is touched. Masked loads in
 * every tile would cost 1 %, so there are kernels with and without.
 *
 * Accumulators have names, not indices: gcc 12 keeps an array of vectors in memory when the loop over it is unrolled
 * late.
 */
#ifndef BATCHMARK_GEMM_MICRO_H
#define BATCHMARK_GEMM_MICRO_H

#include <stdbool.h>

#include "kernel.h"
#include "simd.h"

/* Register blocks. nv = 2 leaves room for GEMM_MR rows: GEMM_MR * 2 accumulators, 2 of B and 1 of A in 32 (AVX-512)
 * or 16 registers. Up to GEMM_WIDE_MR rows, nv = 4 keeps enough independent sums to hide the latency of an FMA. */
#if defined(__AVX512F__)
#define GEMM_MR 14
#define GEMM_WIDE_MR 6
#define GEMM_EACH_MR(X, ...)                                                                                        \
    X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__) X(5, __VA_ARGS__) X(6, __VA_ARGS__)     \
    X(7, __VA_ARGS__) X(8, __VA_ARGS__) X(9, __VA_ARGS__) X(10, __VA_ARGS__) X(11, __VA_ARGS__) X(12, __VA_ARGS__)  \
    X(13, __VA_ARGS__) X(14, __VA_ARGS__)
#define GEMM_EACH_WIDE_MR(X, ...)                                                                                   \
    X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__) X(5, __VA_ARGS__) X(6, __VA_ARGS__)
#else
#define GEMM_MR 6
#define GEMM_WIDE_MR 2
#define GEMM_EACH_MR(X, ...)                                                                                        \
    X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__) X(5, __VA_ARGS__) X(6, __VA_ARGS__)
#define GEMM_EACH_WIDE_MR(X, ...) X(1, __VA_ARGS__) X(2, __VA_ARGS__)
#endif

/* Steps of k that a row of B is prefetched ahead: rows in place lie ldb apart, farther than hardware looks. */
#ifndef GEMM_AHEAD
#define GEMM_AHEAD 16
#endif
/* Steps of k before the end at which C is fetched: sooner, and a long loop would have evicted it again. */
#define GEMM_LATE 16

/* One call of a microkernel: C[mr x cols] = finish(alpha A B + beta C). */
struct gemm_tile {
    size_t k;
    const float *a;
    size_t lda; /* distance of rows (rows kernel) or of columns (columns kernel) */
    const float *b;
    size_t ldb;
    float *keep; /* NULL, or where the rows of B are copied to, nv vectors apart, for the tiles below this one */
    float *c;
    size_t ldc, cols;  /* (nv - 1) VF < cols <= nv VF */
    float alpha, beta; /* beta = 0: C is not read */
    const float *bias; /* NULL: no epilogue */
    bool act;
    float slope;
    bool plain; /* alpha = 1, beta = 0, no epilogue */
};

/* What the tiles of a block of K have in common; the caller adds the bias's column. */
static inline struct gemm_tile gemm_tile_of(const struct bm_gemm *g, size_t k, bool first, bool last)
{
    const bool epilogue = last && g->epilogue != BM_EPILOGUE_NONE;
    return (struct gemm_tile){ .k = k, .lda = g->lda, .ldb = g->ldb, .ldc = g->ldc, .alpha = g->alpha,
        .beta = first ? g->beta : 1, .bias = epilogue ? g->bias : NULL,
        .act = epilogue && g->epilogue == BM_EPILOGUE_BIAS_RELU, .slope = g->slope,
        .plain = g->alpha == 1 && first && g->beta == 0 && !epilogue };
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

/* X(row, its base pointer, its distance from there in lda): three rows share a base, since an x86 address is base +
 * {1, 2} * lda; 14 separate pointers would not fit the registers. */
#define GEMM_EACH_ROW(X)                                                                                            \
    X(0, a0, 0) X(1, a0, 1) X(2, a0, 2) X(3, a3, 0) X(4, a3, 1) X(5, a3, 2) X(6, a6, 0) X(7, a6, 1) X(8, a6, 2)     \
    X(9, a9, 0) X(10, a9, 1) X(11, a9, 2) X(12, a12, 0) X(13, a12, 1)
#define GEMM_EACH_VECTOR(X) X(0) X(1) X(2) X(3)
/* X(row, vector) for all accumulators that a tile can have; those it has not got go with the constant conditions. */
#define GEMM_IN_ROW(X, i) X(i, 0) X(i, 1) X(i, 2) X(i, 3)
#define GEMM_EACH_SUM(X)                                                                                            \
    GEMM_IN_ROW(X, 0) GEMM_IN_ROW(X, 1) GEMM_IN_ROW(X, 2) GEMM_IN_ROW(X, 3) GEMM_IN_ROW(X, 4) GEMM_IN_ROW(X, 5)     \
    GEMM_IN_ROW(X, 6) GEMM_IN_ROW(X, 7) GEMM_IN_ROW(X, 8) GEMM_IN_ROW(X, 9) GEMM_IN_ROW(X, 10) GEMM_IN_ROW(X, 11)   \
    GEMM_IN_ROW(X, 12) GEMM_IN_ROW(X, 13)

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
#define GEMM_FETCH_ROW(i, base, m)                                                                                  \
    if (i < mr) {                                                                                                   \
        _mm_prefetch((const char *)c, _MM_HINT_T0);                                                                 \
        if (nv > 1)                                                                                                 \
            _mm_prefetch((const char *)(c + nv * VF - 1), _MM_HINT_T0);                                             \
        c += ldc;                                                                                                   \
    }
#define GEMM_LOAD_BIAS(v) if (v < nv) b##v = GEMM_LOAD_LAST(t->bias, v);
#define GEMM_SCALE(i, v) if (v < nv) c##i##_##v = vf_mul(alpha, c##i##_##v);
#define GEMM_ADD_C(i, v) if (v < nv) c##i##_##v = vf_fma(beta, GEMM_LOAD_LAST(c, v), c##i##_##v);
#define GEMM_ADD_BIAS(i, v) if (v < nv) c##i##_##v = vf_add(c##i##_##v, b##v);
#define GEMM_RELU(i, v) if (v < nv) c##i##_##v = vf_act(c##i##_##v, 0);
#define GEMM_ACT(i, v) if (v < nv) c##i##_##v = vf_act(c##i##_##v, slope);
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
        c += ldc;                                                                                                   \
    }

/* The template: mr, nv, rows and masked are constants of each instance. */
static inline __attribute__((always_inline)) void gemm_micro(const struct gemm_tile *t, const size_t mr,
                                                             const size_t nv, const bool rows, const bool masked)
{
    const size_t lda = t->lda, ldb = t->ldb, ldc = t->ldc;
    const float *a0 = t->a, *a3 = mr > 3 ? a0 + 3 * lda : a0, *a6 = mr > 6 ? a0 + 6 * lda : a0;
    const float *a9 = mr > 9 ? a0 + 9 * lda : a0, *a12 = mr > 12 ? a0 + 12 * lda : a0;
    const float *b = t->b;
    float *keep = t->keep;
    const vmask last = vf_first(t->cols - (nv - 1) * VF);
    vf b0 = vf_zero(), b1 = b0, b2 = b0, b3 = b0;
    GEMM_EACH_SUM(GEMM_ZERO)
    size_t k = t->k, stop = k > GEMM_LATE ? GEMM_LATE : 0;
    for (;;) {
        /* The empty asm here and below keeps gcc from computing the rows' addresses once for all, and spilling them. */
        if (stop == 0) {
            const float *c = t->c;
            __asm__("" : "+r"(c));
            GEMM_EACH_ROW(GEMM_FETCH_ROW)
        }
        for (; k > stop; k--) {
            GEMM_EACH_VECTOR(GEMM_LOAD_B)
            _mm_prefetch((const char *)(b + GEMM_AHEAD * ldb), _MM_HINT_T0);
            if (nv > 1)
                _mm_prefetch((const char *)(b + GEMM_AHEAD * ldb + (nv - 1) * VF), _MM_HINT_T0);
            if (keep) {
                GEMM_EACH_VECTOR(GEMM_KEEP_B)
                keep += nv * VF;
            }
            GEMM_EACH_ROW(GEMM_FMA)
            b += ldb;
            if (rows)
                a0++, a3++, a6++, a9++, a12++;
            else
                a0 += lda;
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
    GEMM_EACH_ROW(GEMM_FINISH_ROW)
}

typedef void gemm_micro_fn(const struct gemm_tile *t);

#define GEMM_DEFINE(mr, nv)                                                                                         \
    static void gemm_cols_##mr##_##nv(const struct gemm_tile *t) { gemm_micro(t, mr, nv, false, false); }           \
    static void gemm_rows_##mr##_##nv(const struct gemm_tile *t) { gemm_micro(t, mr, nv, true, false); }
#define GEMM_DEFINE_LAST(mr, nv)                                                                                    \
    static void gemm_last_cols_##mr##_##nv(const struct gemm_tile *t) { gemm_micro(t, mr, nv, false, true); }       \
    static void gemm_last_rows_##mr##_##nv(const struct gemm_tile *t) { gemm_micro(t, mr, nv, true, true); }
GEMM_EACH_MR(GEMM_DEFINE, 1)
GEMM_EACH_MR(GEMM_DEFINE, 2)
GEMM_EACH_WIDE_MR(GEMM_DEFINE, 4)
GEMM_EACH_MR(GEMM_DEFINE_LAST, 1)
GEMM_EACH_MR(GEMM_DEFINE_LAST, 2)
#define GEMM_COLS(mr, nv) [mr] = gemm_cols_##mr##_##nv,
#define GEMM_ROWS(mr, nv) [mr] = gemm_rows_##mr##_##nv,
#define GEMM_LAST_COLS(mr, nv) [mr] = gemm_last_cols_##mr##_##nv,
#define GEMM_LAST_ROWS(mr, nv) [mr] = gemm_last_rows_##mr##_##nv,

/* [the last vector of B is masked][A by rows][nv][mr] */
static gemm_micro_fn *const gemm_micros[2][2][5][GEMM_MR + 1] = {
    { { [1] = { GEMM_EACH_MR(GEMM_COLS, 1) }, [2] = { GEMM_EACH_MR(GEMM_COLS, 2) },
        [4] = { GEMM_EACH_WIDE_MR(GEMM_COLS, 4) } },
      { [1] = { GEMM_EACH_MR(GEMM_ROWS, 1) }, [2] = { GEMM_EACH_MR(GEMM_ROWS, 2) },
        [4] = { GEMM_EACH_WIDE_MR(GEMM_ROWS, 4) } } },
    { { [1] = { GEMM_EACH_MR(GEMM_LAST_COLS, 1) }, [2] = { GEMM_EACH_MR(GEMM_LAST_COLS, 2) } },
      { [1] = { GEMM_EACH_MR(GEMM_LAST_ROWS, 1) }, [2] = { GEMM_EACH_MR(GEMM_LAST_ROWS, 2) } } },
};

#endif
