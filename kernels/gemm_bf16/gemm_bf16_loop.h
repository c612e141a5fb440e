/*
 * gemm_bf16_loop.h - the textbook loop of gemm_bf16_naive, gemm_bf16_autovec and their _omp files, which differ in
 * compiler flags and threads only: row by row, c_i = beta c_i, then c_i += (alpha a_ik) b_k for every k, in f32.
 */
#ifndef BATCHMARK_GEMM_BF16_LOOP_H
#define BATCHMARK_GEMM_BF16_LOOP_H

#include "bf16.h"
#include "gemm/gemm_grid.h"
#include "gemm_bf16_sizes.h"

/* Below this, a second thread costs more than it brings (about 10 us of one thread). */
#define GEMM_BF16_LOOP_LEAST_FLOPS 5e4

static void gemm_bf16_loop(const struct bm_gemm_bf16 *g, int me, int team)
{
    const struct bm_gemm sizes = gemm_bf16_sizes(g);
    const struct gemm_part part = gemm_part(&sizes, 16, me, team);
    const size_t K = g->alpha == 0 ? 0 : g->K, columns = part.cols.end - part.cols.begin;
    const size_t a_row = g->ta ? 1 : g->lda, a_col = g->ta ? g->lda : 1;
    const size_t b_row = g->tb ? 1 : g->ldb, b_col = g->tb ? g->ldb : 1;
    if (columns == 0)
        return;
    for (size_t i = part.rows.begin; i < part.rows.end; i++) {
        float *restrict c = g->C + i * g->ldc + part.cols.begin;
        for (size_t j = 0; j < columns; j++)
            c[j] = g->beta == 0 ? 0 : g->beta * c[j];
        for (size_t k = 0; k < K; k++) {
            const float a = g->alpha * bm_bf16_value(g->A[i * a_row + k * a_col]);
            const uint16_t *restrict b = g->B + k * b_row + part.cols.begin * b_col;
            for (size_t j = 0; j < columns; j++)
                c[j] += a * bm_bf16_value(b[j * b_col]);
        }
    }
}

static void gemm_bf16_loop_run(const union bm_args *args)
{
    const struct bm_gemm sizes = gemm_bf16_sizes(&args->gemm_bf16);
    BM_TEAM_RUN(gemm_threads(&sizes, GEMM_BF16_LOOP_LEAST_FLOPS), gemm_bf16_loop, &args->gemm_bf16);
}

#endif
