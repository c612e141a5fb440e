/*
 * gemm_micro.h - the microkernels: mr x nv vectors of C are kept in registers while k runs; each step loads nv vectors
 * of a row of B and broadcasts mr elements of a column of A (Goto & van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication", ACM TOMS 34(3), 2008; Van Zee & van de Geijn, "BLIS", ACM TOMS 41(3), 2015).
 *
 * There is one for every mr up to GEMM_MR, so that no row is ever computed in vain: 32 rows are 11 + 11 + 10. Columns
 * come in full vectors: a tail of N is computed on a copy of B padded with zeros, and masked when C is touched.
 *
 * Accumulators have names, not indices: gcc 12 keeps an array of vectors in memory when the loop over it is unrolled
 * late.
 */
#ifndef BATCHMARK_GEMM_MICRO_H
#define BATCHMARK_GEMM_MICRO_H

#include <stdbool.h>

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

/* One call of a microkernel: C[mr x cols] = finish(alpha A B + beta C). */
struct gemm_tile {
    size_t k;
    const float *a;
    size_t lda; /* distance of rows (rows kernel) or of columns (columns kernel) */
    const float *b;
    size_t ldb;
    float *keep; /* NULL, or where the rows of B are copied to, nv vectors apart, for the tiles below this one */
    float *c;
    size_t ldc, cols;
    float alpha, beta; /* beta = 0: C is not read */
    const float *bias; /* NULL: no epilogue */
    bool act;
    float slope;
};

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
#define GEMM_IF(i, v) if (i < mr && v < nv)

#define GEMM_ZERO(i, v) vf c##i##_##v = vf_zero();
#define GEMM_LOAD_B(v) if (v < nv) b##v = vf_load(b + v * VF);
#define GEMM_KEEP_B(v) if (v < nv) vf_store(keep + v * VF, b##v);
#define GEMM_FMA_VECTOR(i, v) if (v < nv) c##i##_##v = vf_fma(a, b##v, c##i##_##v);
#define GEMM_FMA(i, base, m)                                                                                        \
    if (i < mr) {                                                                                                   \
        vf a = vf_set1(rows ? base[m * lda] : a0[i]);                                                               \
        GEMM_IN_ROW(GEMM_FMA_VECTOR, i)                                                                             \
    }
#define GEMM_SCALE(i, v) GEMM_IF(i, v) c##i##_##v = vf_mul(alpha, c##i##_##v);
#define GEMM_MASK(v) mask##v = vf_first(t->cols <= v * VF ? 0 : t->cols >= (v + 1) * VF ? VF : t->cols - v * VF);
#define GEMM_LOAD(p, v) (masked ? vf_load_first((p) + v * VF, mask##v) : vf_load((p) + v * VF))
#define GEMM_ADD_C(i, v) GEMM_IF(i, v) c##i##_##v = vf_fma(beta, GEMM_LOAD(t->c + i * ldc, v), c##i##_##v);
#define GEMM_LOAD_BIAS(v) if (v < nv) b##v = GEMM_LOAD(t->bias, v);
#define GEMM_ADD_BIAS(i, v) GEMM_IF(i, v) c##i##_##v = vf_add(c##i##_##v, b##v);
#define GEMM_RELU(i, v) GEMM_IF(i, v) c##i##_##v = vf_act(c##i##_##v, 0);
#define GEMM_ACT(i, v) GEMM_IF(i, v) c##i##_##v = vf_act(c##i##_##v, slope);
#define GEMM_STORE(i, v) GEMM_IF(i, v) vf_store(t->c + i * ldc + v * VF, c##i##_##v);
#define GEMM_STORE_MASKED(i, v) GEMM_IF(i, v) vf_store_first(t->c + i * ldc + v * VF, mask##v, c##i##_##v);

/* The template: mr, nv and rows are constants of each instance. */
static inline __attribute__((always_inline)) void gemm_micro(const struct gemm_tile *t, const size_t mr,
                                                             const size_t nv, const bool rows)
{
    const size_t lda = t->lda, ldb = t->ldb, ldc = t->ldc;
    const float *a0 = t->a, *a3 = mr > 3 ? a0 + 3 * lda : a0, *a6 = mr > 6 ? a0 + 6 * lda : a0;
    const float *a9 = mr > 9 ? a0 + 9 * lda : a0, *a12 = mr > 12 ? a0 + 12 * lda : a0;
    const float *b = t->b;
    float *keep = t->keep;
    vf b0 = vf_zero(), b1 = b0, b2 = b0, b3 = b0;
    GEMM_EACH_SUM(GEMM_ZERO)
    for (const float *c = t->c, *end = c + mr * ldc; c != end; c += ldc) {
        _mm_prefetch((const char *)c, _MM_HINT_T0);
        if (nv > 1)
            _mm_prefetch((const char *)(c + (nv - 1) * VF), _MM_HINT_T0);
    }
    for (size_t k = t->k; k > 0; k--) {
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
    if (t->alpha != 1) {
        vf alpha = vf_set1(t->alpha);
        GEMM_EACH_SUM(GEMM_SCALE)
    }
    const bool masked = t->cols < nv * VF;
    vmask mask0, mask1, mask2, mask3;
    GEMM_EACH_VECTOR(GEMM_MASK)
    if (t->beta != 0) {
        vf beta = vf_set1(t->beta);
        GEMM_EACH_SUM(GEMM_ADD_C)
    }
    if (t->bias) {
        GEMM_EACH_VECTOR(GEMM_LOAD_BIAS)
        GEMM_EACH_SUM(GEMM_ADD_BIAS)
    }
    if (t->act) {
        float slope = t->slope;
        if (slope == 0) {
            GEMM_EACH_SUM(GEMM_RELU)
        } else {
            GEMM_EACH_SUM(GEMM_ACT)
        }
    }
    if (masked) {
        GEMM_EACH_SUM(GEMM_STORE_MASKED)
    } else {
        GEMM_EACH_SUM(GEMM_STORE)
    }
}

typedef void gemm_micro_fn(const struct gemm_tile *t);

#define GEMM_DEFINE(mr, nv)                                                                                         \
    static void gemm_rows_##mr##_##nv(const struct gemm_tile *t) { gemm_micro(t, mr, nv, true); }                   \
    static void gemm_cols_##mr##_##nv(const struct gemm_tile *t) { gemm_micro(t, mr, nv, false); }
GEMM_EACH_MR(GEMM_DEFINE, 1)
GEMM_EACH_MR(GEMM_DEFINE, 2)
GEMM_EACH_WIDE_MR(GEMM_DEFINE, 4)
#define GEMM_ROWS_ENTRY(mr, nv) [mr] = gemm_rows_##mr##_##nv,
#define GEMM_COLS_ENTRY(mr, nv) [mr] = gemm_cols_##mr##_##nv,

/* [A by rows][nv][mr] */
static gemm_micro_fn *const gemm_micros[2][5][GEMM_MR + 1] = {
    { [1] = { GEMM_EACH_MR(GEMM_COLS_ENTRY, 1) }, [2] = { GEMM_EACH_MR(GEMM_COLS_ENTRY, 2) },
      [4] = { GEMM_EACH_WIDE_MR(GEMM_COLS_ENTRY, 4) } },
    { [1] = { GEMM_EACH_MR(GEMM_ROWS_ENTRY, 1) }, [2] = { GEMM_EACH_MR(GEMM_ROWS_ENTRY, 2) },
      [4] = { GEMM_EACH_WIDE_MR(GEMM_ROWS_ENTRY, 4) } },
};

#endif
