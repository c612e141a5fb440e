/* SPDX-License-Identifier: MIT */
/*
 * gemm_rows.h - the loop nests of gemm_<ISA>_rows and their _omp files: C has few rows, so B is read once, as it lies, and
 * never copied. What bounds these products is how fast B comes.
 *
 *   B not transposed   for each thread's columns, in blocks
 *                        for eight rows of B, for up to eight rows of C: sums += a b, along the rows
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

/* Rows of C, at most; floats that the sums of a block have: in L2 with B's rows, which are the faster the longer. */
enum { GEMM_ROWS_MOST = 16, GEMM_ROWS_SUMS = 32768 };

#define GEMM_ROWS_INLINE static inline __attribute__((always_inline))
/* Loops over registers are written out: gcc 12 keeps arrays of vectors in memory when it unrolls late. */
#define GEMM_SIX_TIMES(X)   X(0) X(1) X(2) X(3) X(4) X(5)
#define GEMM_EIGHT_TIMES(X) GEMM_SIX_TIMES(X) X(6) X(7)

/* A by rows. */
struct gemm_a { const float *at; size_t ld; };

/* ---- B not transposed ------------------------------------------------------------------------------------------ */

GEMM_ROWS_INLINE vf gemm_vector(const float *p, bool masked, vmask some) { return masked ? vf_load_first(p, some) : vf_load(p); }

/* Adds one or two vectors of `depth` rows of B, times elements of A, eight of a row at `a`, to the sums of up to eight rows. */
GEMM_ROWS_INLINE void gemm_add_vectors(int rows, int depth, int vectors, const float *a, const float *b, size_t ldb, float *sum,
                                       size_t apart, bool masked, vmask some)
{
    vf c[8], d[8];
#define GEMM_LOAD_SUMS(i)                       \
    if (i < rows) {                             \
        c[i] = vf_load(sum + i * apart);        \
        if (vectors > 1)                        \
            d[i] = vf_load(sum + i * apart + VF); \
    }
#define GEMM_STORE_SUMS(i)                        \
    if (i < rows) {                               \
        vf_store(sum + i * apart, c[i]);          \
        if (vectors > 1)                          \
            vf_store(sum + i * apart + VF, d[i]); \
    }
#define GEMM_ADD_ROW_TO(i)                   \
    if (i < rows) {                          \
        const vf s = vf_set1(a[i * 8 + k]);  \
        c[i] = vf_fma(s, v, c[i]);           \
        if (vectors > 1)                     \
            d[i] = vf_fma(s, w, d[i]);       \
    }
    GEMM_EIGHT_TIMES(GEMM_LOAD_SUMS)
    for (int k = 0; k < depth; k++) {
        const vf v = gemm_vector(b + k * ldb, masked, some), w = vectors > 1 ? vf_load(b + k * ldb + VF) : v;
        GEMM_EIGHT_TIMES(GEMM_ADD_ROW_TO)
    }
    GEMM_EIGHT_TIMES(GEMM_STORE_SUMS)
}

/* Along n columns. */
GEMM_ROWS_INLINE void gemm_add_group(int rows, int depth, const float *a, const float *b, size_t ldb, float *sum, size_t apart,
                                     size_t n)
{
    enum { VECTORS = VF == 8 ? 1 : 2 }; /* AVX2 has 16 registers, others 32 */
    size_t j = 0;
    for (; j + VECTORS * VF <= n; j += VECTORS * VF)
        gemm_add_vectors(rows, depth, VECTORS, a, b + j, ldb, sum + j, apart, false, vf_first(VF));
    for (; j < n; j += VF)
        gemm_add_vectors(rows, depth, 1, a, b + j, ldb, sum + j, apart, true, vf_first(gemm_min(n - j, VF)));
}

#define GEMM_ADDING_GROUP(rows)                                                                                         \
    static __attribute__((noinline)) void gemm_add_group_##rows(size_t depth, const float *a, const float *b, size_t ldb, \
                                                                float *sum, size_t apart, size_t n)                     \
    {                                                                                                                   \
        if (depth == 8)                                                                                                 \
            gemm_add_group(rows, 8, a, b, ldb, sum, apart, n);                                                          \
        else                                                                                                            \
            gemm_add_group(rows, 1, a, b, ldb, sum, apart, n);                                                          \
    }
GEMM_ADDING_GROUP(1)
GEMM_ADDING_GROUP(2)
GEMM_ADDING_GROUP(3)
GEMM_ADDING_GROUP(4)
GEMM_ADDING_GROUP(5)
GEMM_ADDING_GROUP(6)
GEMM_ADDING_GROUP(7)
GEMM_ADDING_GROUP(8)

typedef void gemm_add_fn(size_t depth, const float *a, const float *b, size_t ldb, float *sum, size_t apart, size_t n);

/* Adds `steps` <= 8 rows of B, from k on, to the sums of some rows of C: eight rows of B at a time, or one. */
static void gemm_add_steps(const struct bm_gemm *g, struct gemm_a a, size_t rows, size_t k, size_t steps, size_t j, size_t n,
                           float *sum, size_t apart)
{
    static gemm_add_fn *const adding[] = { NULL, gemm_add_group_1, gemm_add_group_2, gemm_add_group_3, gemm_add_group_4,
                                           gemm_add_group_5, gemm_add_group_6, gemm_add_group_7, gemm_add_group_8 };
    const size_t depth = steps == 8 ? 8 : 1, end = k + steps;
    float some[8 * 8];
    for (; k < end; k += depth) {
        for (size_t i = 0; i < rows; i++)
            for (size_t step = 0; step < depth; step++)
                some[i * 8 + step] = a.at[i * a.ld + k + step];
        adding[rows](depth, some, g->B + k * g->ldb + j, g->ldb, sum, apart, n);
    }
}

/* ---- B transposed ---------------------------------------------------------------------------------------------- */

/* Rows of A at a time: of its sums with four rows of B, and of the rows themselves, each is a register. */
enum { GEMM_DOT_MOST = VF == 8 ? 3 : 6 };

/* Adds products of a vector of a row of B with those of `rows` rows of A to their sums, `every` apart. */
GEMM_ROWS_INLINE void gemm_multiply(int rows, vf s[], int every, const vf v[], vf b)
{
#define GEMM_MULTIPLY(i) \
    if (i < rows)        \
        s[i * every] = vf_fma(v[i], b, s[i * every]);
    GEMM_SIX_TIMES(GEMM_MULTIPLY)
}

/* Products of `rows` rows of A and `cols` rows of B, 1, 4 or 8, K elements each. */
GEMM_ROWS_INLINE void gemm_dot_rows(int rows, int cols, struct gemm_a a, const float *b, size_t ldb, size_t K, float *sum,
                                    size_t apart)
{
    vf s[24], v[6];
#define GEMM_NO_SUM(i)                                                                                              \
    if (i < rows) {                                                                                                 \
        s[i * cols] = vf_zero();                                                                                    \
        if (cols > 1)                                                                                               \
            s[i * cols + 1] = s[i * cols + 2] = s[i * cols + 3] = vf_zero();                                        \
        if (cols > 4)                                                                                               \
            s[i * cols + 4] = s[i * cols + 5] = s[i * cols + 6] = s[i * cols + 7] = vf_zero();                      \
    }
#define GEMM_LOAD_A(i) \
    if (i < rows)      \
        v[i] = gemm_vector(a.at + i * a.ld + k, masked, some);
#define GEMM_DOT_COLUMN(col) \
    if (col < cols)          \
        gemm_multiply(rows, s + col, cols, v, gemm_vector(b + col * ldb + k, masked, some));
#define GEMM_TAKE_SUMS(i)                                                                                           \
    if (i < rows) {                                                                                                 \
        if (cols == 1)                                                                                              \
            sum[i * apart] = vf_sum(s[i]);                                                                          \
        else                                                                                                        \
            vf_store_sums(sum + i * apart, s[i * cols], s[i * cols + 1], s[i * cols + 2], s[i * cols + 3]);         \
        if (cols > 4)                                                                                               \
            vf_store_sums(sum + i * apart + 4, s[i * cols + 4], s[i * cols + 5], s[i * cols + 6], s[i * cols + 7]); \
    }
    GEMM_SIX_TIMES(GEMM_NO_SUM)
    size_t k = 0;
    vmask some = vf_first(VF);
    for (; k + VF <= K; k += VF) {
        const bool masked = false;
        GEMM_SIX_TIMES(GEMM_LOAD_A)
        GEMM_EIGHT_TIMES(GEMM_DOT_COLUMN)
    }
    if (k < K) {
        const bool masked = true;
        some = vf_first(K - k);
        GEMM_SIX_TIMES(GEMM_LOAD_A)
        GEMM_EIGHT_TIMES(GEMM_DOT_COLUMN)
    }
    GEMM_SIX_TIMES(GEMM_TAKE_SUMS)
}

typedef void gemm_dot_fn(struct gemm_a a, const float *b, size_t ldb, size_t K, float *sum, size_t apart);
#define GEMM_DOTTING(rows, cols)                                                                                       \
    static __attribute__((noinline)) void gemm_dot_##rows##_##cols(struct gemm_a a, const float *b, size_t ldb,        \
                                                                   size_t K, float *sum, size_t apart)                 \
    {                                                                                                                  \
        gemm_dot_rows(rows <= GEMM_DOT_MOST ? rows : 1, cols, a, b, ldb, K, sum, apart);                               \
    }
#define GEMM_DOTTING_FOUR(rows) GEMM_DOTTING(rows, 1) GEMM_DOTTING(rows, 4)
GEMM_DOTTING(1, 1)
GEMM_DOTTING(1, 8)
GEMM_DOTTING(2, 1)
GEMM_DOTTING(2, 8)
GEMM_DOTTING_FOUR(3)
GEMM_DOTTING_FOUR(4)
GEMM_DOTTING_FOUR(5)
GEMM_DOTTING_FOUR(6)

/* Some rows of C, columns [j, j + n): eight at a time for one row, four for others, so that enough sums are on their way. */
static void gemm_dot_columns(const struct bm_gemm *g, struct gemm_a a, size_t rows, size_t j, size_t n, float *sum, size_t apart)
{
    static gemm_dot_fn *const dotting[][2] = { [1] = { gemm_dot_1_1, gemm_dot_1_8 }, { gemm_dot_2_1, gemm_dot_2_8 },
                                               { gemm_dot_3_1, gemm_dot_3_4 },       { gemm_dot_4_1, gemm_dot_4_4 },
                                               { gemm_dot_5_1, gemm_dot_5_4 },       { gemm_dot_6_1, gemm_dot_6_4 } };
    const size_t most = rows <= 2 ? 8 : 4;
    for (size_t col = 0, width; col < n; col += width) {
        width = n - col >= most ? most : 1;
        dotting[rows][width > 1](a, g->B + (j + col) * g->ldb, g->ldb, g->K, sum + col, apart);
    }
}

/* ---- both ------------------------------------------------------------------------------------------------------ */

/* Columns [j, j + n) of C: eight steps of K, or eight columns, for all rows, up to four at a time. */
static void gemm_rows_block(const struct bm_gemm *g, struct gemm_a a, size_t j, size_t n, float *sum, size_t apart)
{
    const size_t all = g->tb ? n : g->K, most = gemm_even(g->M, g->tb ? GEMM_DOT_MOST : 8);
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

/* Between rows of a copy of A, and between the sums of rows: an odd number of cache lines, for powers of two collide. */
static inline size_t gemm_rows_ld(const struct bm_gemm *g) { return (gemm_ceil(g->K, 16) | 1) * 16; }
static inline size_t gemm_rows_apart(const struct bm_gemm *g) { return (GEMM_ROWS_SUMS / g->M / 32 * 2 - 1) * 16; }

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
    const size_t apart = gemm_rows_apart(g), block = gemm_ceil(gemm_even(part.cols.end - part.cols.begin, apart), 16) * 16;
    for (size_t j = part.cols.begin; j < part.cols.end; j += block)
        gemm_rows_block(g, a, j, gemm_min(part.cols.end - j, block), sum, apart);
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
