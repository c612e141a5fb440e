/*
 * gemm_loop.h - the textbook loop of gemm_naive, gemm_autovec and their _omp files, which differ in compiler flags and
 * threads only: row by row, c_i = beta c_i, then c_i += (alpha a_ik) b_k for every k, then the epilogue.
 *
 * The order i-k-j walks rows of B and C (Golub & Van Loan, "Matrix Computations", 4th ed., section 1.1.11).
 */
#ifndef BATCHMARK_GEMM_LOOP_H
#define BATCHMARK_GEMM_LOOP_H

#include "gemm_grid.h"

/* Below this, a second thread costs more than it brings (about 10 us of one thread). */
#define GEMM_LOOP_LEAST_FLOPS 5e4

static void gemm_loop(const struct bm_gemm *g, int me, int team)
{
    struct gemm_part part = gemm_part(g, 16, me, team);
    size_t K = g->alpha == 0 ? 0 : g->K, columns = part.cols.end - part.cols.begin;
    size_t a_row = g->ta ? 1 : g->lda, a_col = g->ta ? g->lda : 1;
    size_t b_row = g->tb ? 1 : g->ldb, b_col = g->tb ? g->ldb : 1;
    if (columns == 0)
        return;
    for (size_t i = part.rows.begin; i < part.rows.end; i++) {
        float *restrict c = g->C + i * g->ldc + part.cols.begin;
        for (size_t j = 0; j < columns; j++)
            c[j] = g->beta == 0 ? 0 : g->beta * c[j];
        for (size_t k = 0; k < K; k++) {
            float a = g->alpha * g->A[i * a_row + k * a_col];
            const float *restrict b = g->B + k * b_row + part.cols.begin * b_col;
            for (size_t j = 0; j < columns; j++)
                c[j] += a * b[j * b_col];
        }
        if (g->epilogue == BM_EPILOGUE_NONE)
            continue;
        const float *restrict bias = g->bias + part.cols.begin;
        for (size_t j = 0; j < columns; j++)
            c[j] += bias[j];
        if (g->epilogue == BM_EPILOGUE_BIAS_RELU)
            for (size_t j = 0; j < columns; j++)
                c[j] = c[j] > 0 || c[j] != c[j] ? c[j] : g->slope == 0 ? 0 : g->slope * c[j];
    }
}

static void gemm_loop_run(const union bm_args *args)
{
    BM_TEAM_RUN(gemm_threads(&args->gemm, GEMM_LOOP_LEAST_FLOPS), gemm_loop, &args->gemm);
}

#endif
