/* SPDX-License-Identifier: MIT */
/*
 * gemm_columns.h - the loop nest of gemm_<ISA>_columns and their _omp files: C has few columns, which would fill a part of a
 * vector. So the transpose of C is computed, whose rows are long:
 *
 *   for each thread's rows of C, in blocks
 *     C^T = op(B)^T op(A)^T, into scratch        A transposed: gemm_direct.h; else, for few rows: gemm_rows.h
 *     its transpose goes to C
 *
 * B not transposed beside A not transposed is copied by columns first. An element is summed by one thread in one order: the
 * bits of the result do not depend on the threads.
 */
#ifndef BATCHMARK_GEMM_COLUMNS_H
#define BATCHMARK_GEMM_COLUMNS_H

#include "gemm_direct.h"
#include "gemm_rows.h"

/* Columns of C, at most, with A transposed; rows of a block, whose transpose stays in a near cache. */
enum { GEMM_COLUMNS_MOST = 64, GEMM_COLUMNS_BLOCK = 512 };
_Static_assert(GEMM_ROWS_SUMS / GEMM_ROWS_MOST >= GEMM_COLUMNS_BLOCK + 48, "a block is one of gemm_rows.h");

/* A square of `sums`, ld floats between its rows, to rows of C. */
static inline void gemm_put_square(const struct bm_gemm *g, const float *sums, size_t ld, float *c, size_t rows, size_t cols)
{
    const vmask some = vf_first(cols);
    const vf beta = vf_set1(g->beta);
    vf r[VF];
#define GEMM_LOAD_COLUMN(n) \
    if (n < VF)             \
        r[n] = n < cols ? vf_load(sums + n * ld) : vf_zero();
#define GEMM_PUT_ROW(n)       \
    if (n < VF && n < rows) { \
        float *to = c + n * g->ldc; \
        vf_store_first(to, some, g->beta == 0 ? r[n] : vf_fma(beta, vf_load_first(to, some), r[n])); \
    }
    GEMM_SIXTEEN(GEMM_LOAD_COLUMN)
    vf_transpose(r);
    GEMM_SIXTEEN(GEMM_PUT_ROW)
}

/* Rows [i, i + rows) of C. `b` is op(B)^T by rows, wanted if A is not transposed. */
static void gemm_columns_block(const struct bm_gemm *g, struct gemm_a b, size_t i, size_t rows, float *sums)
{
    const size_t ld = gemm_ceil(rows, 16) * 16;
    struct bm_gemm mirrored = { .threads = 1, .caches = g->caches, .M = g->N, .N = rows, .K = g->K, .ta = !g->tb, .tb = !g->ta,
                                .alpha = g->alpha, .A = g->B, .lda = g->ldb, .ldb = g->lda, .C = sums, .ldc = ld };
    if (g->alpha == 0)
        mirrored.K = 0; /* A and B may be NULL */
    else
        mirrored.B = g->A + (g->ta ? i : i * g->lda);
    if (g->ta)
        gemm_direct(&mirrored, 0, 1);
    else
        gemm_rows_block(&mirrored, b, 0, rows, sums + g->N * ld, gemm_rows_apart(&mirrored));
    for (size_t row = 0; row < rows; row += VF)
        for (size_t j = 0; j < g->N; j += VF)
            gemm_put_square(g, sums + j * ld + row, ld, g->C + (i + row) * g->ldc + j, gemm_min(rows - row, VF),
                            gemm_min(g->N - j, VF));
}

/* Between rows of the copy of op(B)^T. */
static inline size_t gemm_columns_ld(const struct bm_gemm *g) { return gemm_ceil(g->K, 16) * 16; }
static inline bool gemm_columns_copies(const struct bm_gemm *g) { return !g->ta && !g->tb && g->alpha != 0; }

/* The copy, of which each thread makes a part. */
static void gemm_copy_columns(const struct bm_gemm *g, float *copy, int me, int team)
{
    const struct bm_range steps = bm_share(g->K, 16, me, team);
    for (size_t k = steps.begin; k < steps.end; k++)
        for (size_t j = 0; j < g->N; j++)
            copy[j * gemm_columns_ld(g) + k] = g->B[k * g->ldb + j];
}

/* Of a thread: a block of C^T, and the sums of gemm_rows.h. */
static size_t gemm_columns_floats(const struct bm_gemm *g)
{
    return g->N * gemm_ceil(gemm_min(g->M, GEMM_COLUMNS_BLOCK), 16) * 16 + (g->ta ? 0 : GEMM_ROWS_SUMS);
}

static void gemm_by_columns(const struct bm_gemm *g, int me, int team)
{
    const struct bm_range mine = bm_share(g->M, 16, me, team), all = { 0, g->M };
    const bool stats = bm_epilogue_stats(g->epilogue);
    float *sums = (float *)g->scratch + gemm_stats_bytes(g) / sizeof(float) + (size_t)me * gemm_columns_floats(g);
    struct gemm_a b = { g->B, g->ldb };
    if (gemm_columns_copies(g)) {
        float *copy = (float *)g->scratch + gemm_stats_bytes(g) / sizeof(float) + (size_t)team * gemm_columns_floats(g);
        gemm_copy_columns(g, copy, me, team);
        b = (struct gemm_a){ copy, gemm_columns_ld(g) };
        BM_TEAM_BARRIER(team);
    }
    for (size_t i = mine.begin; i < mine.end; i += GEMM_COLUMNS_BLOCK)
        gemm_columns_block(g, b, i, gemm_min(mine.end - i, GEMM_COLUMNS_BLOCK), sums);
    if (stats) /* of a column all rows are summed by one thread */
        BM_TEAM_BARRIER(team);
    if (stats && me > 0)
        return;
    gemm_epilogue(g, (struct gemm_part){ stats ? all : mine, { 0, g->N }, 1, 0 });
    if (stats)
        gemm_stats_finish(g, (struct bm_range){ 0, g->N });
}

static const char *gemm_columns_refuses(const void *args)
{
    const struct bm_gemm *g = args;
    if (!g->ta && g->N > GEMM_ROWS_MOST)
        return "C has more than 16 columns, and A is not transposed";
    return g->N > GEMM_COLUMNS_MOST ? "C has more than 64 columns" : NULL;
}

static size_t gemm_columns_scratch_bytes(const void *args)
{
    const struct bm_gemm *g = args;
    const size_t threads = BM_OMP && g->threads > 1 ? (size_t)g->threads : 1;
    const size_t copy = gemm_columns_copies(g) ? g->N * gemm_columns_ld(g) : 0;
    return gemm_stats_bytes(g) + (threads * gemm_columns_floats(g) + copy) * sizeof(float);
}

static void gemm_columns_run(const void *args)
{
    const struct bm_gemm *g = args;
    if (g->M > 0 && g->N > 0)
        BM_TEAM_RUN(gemm_threads(g, gemm_least_flops(g->caches)), gemm_by_columns, g);
}

#endif
