/* SPDX-License-Identifier: MIT */
/*
 * gemm_rows.h - the loop nests of gemm_<ISA>_rows and their _omp files: C has few rows, so B is read once, as it lies, and
 * never copied. What bounds these products is how fast B comes.
 *
 *   B not transposed   for each thread's columns, in blocks
 *                        for groups of rows of B, for few rows of C: sums += a b, along the rows
 *   B transposed       for each thread's columns, some at a time
 *                        for few rows of C: sums of products, a lane being a step of K
 *
 * A transposed is copied by rows first. A column is summed by one thread in one order: the bits of the result do not
 * depend on the threads.
 */
#ifndef BATCHMARK_GEMM_ROWS_H
#define BATCHMARK_GEMM_ROWS_H

#include <string.h>

#include "gemm_after.h"
#include "gemm_block_sizes.h"
#include "gemm_grid.h"
#include "simd.h"

/* Rows of C, at most; floats that the sums of a block have, so that they stay in L1. */
enum { GEMM_ROWS_MOST = 16, GEMM_ROWS_SUMS = 4096 };

#define GEMM_ROWS_INLINE static inline __attribute__((always_inline))
/* Loops over registers are written out: gcc 12 keeps arrays of vectors in memory when it unrolls late. */
#define GEMM_FOUR_TIMES(X)  X(0) X(1) X(2) X(3)
#define GEMM_EIGHT_TIMES(X) GEMM_FOUR_TIMES(X) X(4) X(5) X(6) X(7)

/* A by rows. */
struct gemm_a { const float *at; size_t ld; };

/* ---- B not transposed ------------------------------------------------------------------------------------------ */

/* c += s v for `rows` of c, `every` apart, each with an s of its own, `step` apart. */
GEMM_ROWS_INLINE void gemm_multiply(int rows, vf c[], int every, const vf s[], int step, vf v)
{
    c[0] = vf_fma(s[0], v, c[0]);
    if (rows > 1)
        c[every] = vf_fma(s[step], v, c[every]);
    if (rows > 2)
        c[2 * every] = vf_fma(s[2 * step], v, c[2 * every]);
    if (rows > 3)
        c[3 * every] = vf_fma(s[3 * step], v, c[3 * every]);
}

GEMM_ROWS_INLINE vf gemm_vector(const float *p, bool masked, vmask some) { return masked ? vf_load_first(p, some) : vf_load(p); }

/* Adds a vector of `depth` rows of B, times s, to the sums of `rows` rows of C, `apart` floats from each other. */
GEMM_ROWS_INLINE void gemm_add_vector(int rows, int depth, const vf s[8], const float *b, size_t ldb, float *sum, size_t apart,
                                      bool masked, vmask some)
{
    vf c[4];
#define GEMM_LOAD_SUM(i) \
    if (i < rows)        \
        c[i] = vf_load(sum + i * apart);
#define GEMM_ADD_ROW(k) \
    if (k < depth)      \
        gemm_multiply(rows, c, 1, s + k, depth, gemm_vector(b + k * ldb, masked, some));
#define GEMM_STORE_SUM(i) \
    if (i < rows)         \
        vf_store(sum + i * apart, c[i]);
    GEMM_FOUR_TIMES(GEMM_LOAD_SUM)
    GEMM_EIGHT_TIMES(GEMM_ADD_ROW)
    GEMM_FOUR_TIMES(GEMM_STORE_SUM)
}

/* Along n columns. rows * depth <= 8: as many elements of A stay in registers. */
GEMM_ROWS_INLINE void gemm_add_rows(int rows, int depth, struct gemm_a a, const float *b, size_t ldb, float *sum,
                                    size_t apart, size_t n)
{
    vf s[8];
#define GEMM_SET(e)           \
    if (e < rows * depth) \
        s[e] = vf_set1(a.at[(size_t)(e / depth) * a.ld + (size_t)(e % depth)]);
    GEMM_EIGHT_TIMES(GEMM_SET)
    size_t j = 0;
    for (; j + VF <= n; j += VF)
        gemm_add_vector(rows, depth, s, b + j, ldb, sum + j, apart, false, vf_first(VF));
    if (j < n)
        gemm_add_vector(rows, depth, s, b + j, ldb, sum + j, apart, true, vf_first(n - j));
}

#define GEMM_ADDING(rows, depth)                                                                                       \
    static __attribute__((noinline)) void gemm_add_##rows##_##depth(struct gemm_a a, const float *b, size_t ldb,       \
                                                                    float *sum, size_t apart, size_t n)                \
    {                                                                                                                  \
        gemm_add_rows(rows, depth, a, b, ldb, sum, apart, n);                                                          \
    }
GEMM_ADDING(1, 8)
GEMM_ADDING(2, 4)
GEMM_ADDING(3, 2)
GEMM_ADDING(4, 2)
GEMM_ADDING(1, 1)

/* Adds `steps` <= 8 rows of B, from k on, to the sums of some rows of C: as many rows of B at a time as fit. */
static void gemm_add_steps(const struct bm_gemm *g, struct gemm_a a, size_t rows, size_t k, size_t steps, size_t j, size_t n,
                           float *sum, size_t apart)
{
    static void (*const adding[])(struct gemm_a, const float *, size_t, float *, size_t, size_t) = { NULL, gemm_add_1_8,
        gemm_add_2_4, gemm_add_3_2, gemm_add_4_2 };
    static const size_t depths[] = { 0, 8, 4, 2, 2 };
    const size_t depth = depths[rows], end = k + steps;
    for (; k + depth <= end; k += depth)
        adding[rows]((struct gemm_a){ a.at + k, a.ld }, g->B + k * g->ldb + j, g->ldb, sum, apart, n);
    for (; k < end; k++)
        for (size_t i = 0; i < rows; i++)
            gemm_add_1_1((struct gemm_a){ a.at + i * a.ld + k, a.ld }, g->B + k * g->ldb + j, g->ldb, sum + i * apart, apart, n);
}

/* ---- B transposed ---------------------------------------------------------------------------------------------- */

/* Products of `rows` rows of A and `cols` rows of B, K elements each. rows * cols <= 8. */
GEMM_ROWS_INLINE void gemm_dot_rows(int rows, int cols, struct gemm_a a, const float *b, size_t ldb, size_t K, float *sum,
                                    size_t apart)
{
    vf s[8], v[4];
#define GEMM_NO_SUM(e) s[e] = vf_zero();
#define GEMM_LOAD_A(i) \
    if (i < rows)      \
        v[i] = gemm_vector(a.at + i * a.ld + k, masked, some);
#define GEMM_DOT_COLUMN(col) \
    if (col < cols)          \
        gemm_multiply(rows, s + col, cols, v, 1, gemm_vector(b + col * ldb + k, masked, some));
#define GEMM_TAKE_SUM(e)    \
    if (e < rows * cols) \
        sum[(size_t)(e / cols) * apart + (size_t)(e % cols)] = vf_sum(s[e]);
    GEMM_EIGHT_TIMES(GEMM_NO_SUM)
    size_t k = 0;
    vmask some = vf_first(VF);
    for (; k + VF <= K; k += VF) {
        const bool masked = false;
        GEMM_FOUR_TIMES(GEMM_LOAD_A)
        GEMM_EIGHT_TIMES(GEMM_DOT_COLUMN)
    }
    if (k < K) {
        const bool masked = true;
        some = vf_first(K - k);
        GEMM_FOUR_TIMES(GEMM_LOAD_A)
        GEMM_EIGHT_TIMES(GEMM_DOT_COLUMN)
    }
    GEMM_EIGHT_TIMES(GEMM_TAKE_SUM)
}
#define GEMM_DOTTING(rows, cols)                                                                                       \
    static __attribute__((noinline)) void gemm_dot_##rows##_##cols(struct gemm_a a, const float *b, size_t ldb,        \
                                                                   size_t K, float *sum, size_t apart)                 \
    {                                                                                                                  \
        gemm_dot_rows(rows, cols, a, b, ldb, K, sum, apart);                                                           \
    }
GEMM_DOTTING(1, 8)
GEMM_DOTTING(2, 4)
GEMM_DOTTING(3, 2)
GEMM_DOTTING(4, 2)
GEMM_DOTTING(1, 1)

/* Some rows of C, columns [j, j + n), n <= 8. */
static void gemm_dot_columns(const struct bm_gemm *g, struct gemm_a a, size_t rows, size_t j, size_t n, float *sum, size_t apart)
{
    static void (*const dotting[])(struct gemm_a, const float *, size_t, size_t, float *, size_t) = { NULL, gemm_dot_1_8,
        gemm_dot_2_4, gemm_dot_3_2, gemm_dot_4_2 };
    static const size_t widths[] = { 0, 8, 4, 2, 2 };
    const size_t width = widths[rows];
    size_t col = 0;
    for (; col + width <= n; col += width)
        dotting[rows](a, g->B + (j + col) * g->ldb, g->ldb, g->K, sum + col, apart);
    for (; col < n; col++)
        for (size_t i = 0; i < rows; i++)
            gemm_dot_1_1((struct gemm_a){ a.at + i * a.ld, a.ld }, g->B + (j + col) * g->ldb, g->ldb, g->K, sum + i * apart + col,
                         apart);
}

/* ---- both ------------------------------------------------------------------------------------------------------ */

/* Columns [j, j + n) of C: eight steps of K, or eight columns, for all rows, up to four at a time. */
static void gemm_rows_block(const struct bm_gemm *g, struct gemm_a a, size_t j, size_t n, float *sum, size_t apart)
{
    const size_t all = g->tb ? n : g->K, most = gemm_even(g->M, 4);
    if (!g->tb || g->K == 0)
        memset(sum, 0, g->M * apart * sizeof *sum);
    for (size_t at = 0; at < all && g->K > 0; at += 8)
        for (size_t i = 0; i < g->M; i += most) {
            const size_t rows = gemm_min(most, g->M - i), some = gemm_min(8, all - at);
            const struct gemm_a from = { a.at + i * a.ld, a.ld };
            if (g->tb)
                gemm_dot_columns(g, from, rows, j + at, some, sum + i * apart + at, apart);
            else
                gemm_add_steps(g, from, rows, at, some, j, n, sum + i * apart, apart);
        }
    const vf alpha = vf_set1(g->alpha), beta = vf_set1(g->beta);
    for (size_t i = 0; i < g->M; i++)
        for (size_t col = 0; col < n; col += VF) {
            const vmask some = vf_first(gemm_min(n - col, VF));
            float *c = g->C + i * g->ldc + j + col;
            const vf v = vf_mul(alpha, vf_load(sum + i * apart + col));
            vf_store_first(c, some, g->beta == 0 ? v : vf_fma(beta, vf_load_first(c, some), v));
        }
}

/* Between rows of a copy of A, and between the sums of rows. */
static inline size_t gemm_rows_ld(const struct bm_gemm *g) { return gemm_ceil(g->K, 16) * 16; }
static inline size_t gemm_rows_apart(const struct bm_gemm *g) { return GEMM_ROWS_SUMS / g->M / 16 * 16; }

static inline void gemm_by_rows(const struct bm_gemm *g, int me, int team)
{
    const struct gemm_part part = { { 0, g->M }, bm_share(g->N, 16, me, team), 1, 0 };
    struct bm_gemm valid = *g;
    if (g->alpha == 0)
        valid.K = 0; /* A and B may be NULL */
    g = &valid;
    float *copy = (float *)g->scratch + gemm_stats_bytes(g) / sizeof(float);
    float *sum = copy + (g->ta ? g->M * gemm_rows_ld(g) : 0) + (size_t)me * GEMM_ROWS_SUMS;
    struct gemm_a a = { g->A, g->lda };
    if (g->ta && g->K > 0) {
        const struct bm_range steps = bm_share(g->K, 16, me, team);
        a = (struct gemm_a){ copy, gemm_rows_ld(g) };
        for (size_t k = steps.begin; k < steps.end; k++)
            for (size_t i = 0; i < g->M; i++)
                copy[i * a.ld + k] = g->A[k * g->lda + i];
        BM_TEAM_BARRIER(team);
    }
    for (size_t j = part.cols.begin; j < part.cols.end; j += gemm_rows_apart(g))
        gemm_rows_block(g, a, j, gemm_min(part.cols.end - j, gemm_rows_apart(g)), sum, gemm_rows_apart(g));
    gemm_epilogue(g, part);
    gemm_stats_finish(g, part.cols);
}

static inline const char *gemm_rows_refuses(const void *args)
{
    const struct bm_gemm *g = args;
    return g->M > GEMM_ROWS_MOST ? "C has more than 16 rows" : NULL;
}

static inline size_t gemm_rows_scratch_bytes(const void *args)
{
    const struct bm_gemm *g = args;
    const size_t threads = BM_OMP && g->threads > 1 ? (size_t)g->threads : 1;
    return gemm_stats_bytes(g) + ((g->ta ? g->M * gemm_rows_ld(g) : 0) + threads * GEMM_ROWS_SUMS) * sizeof(float);
}

static inline void gemm_rows_run(const void *args)
{
    const struct bm_gemm *g = args;
    if (g->M > 0)
        BM_TEAM_RUN(gemm_threads(g, gemm_least_flops(g->caches)), gemm_by_rows, g);
}

#endif
