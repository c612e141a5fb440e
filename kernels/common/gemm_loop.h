/*
 * gemm_loop.h - the textbook loop of gemm_naive, gemm_autovec and their _omp files, which differ in compiler flags and
 * threads only: row by row, c_i = beta c_i, then c_i += (alpha a_ik) b_k for every k, then the epilogue; statistics of
 * C's columns at the end, in two passes. Those of gemm_bf16 name another type of A's and B's elements before they
 * include it.
 *
 * The order i-k-j walks rows of B and C (Golub & Van Loan, "Matrix Computations", 4th ed., section 1.1.11).
 */
#ifndef BATCHMARK_GEMM_LOOP_H
#define BATCHMARK_GEMM_LOOP_H

#include "gemm_grid.h"

#ifndef GEMM_ELEMENT
#define GEMM_ELEMENT float
#define GEMM_VALUE(x) (x)
#endif

/* Below this, a second thread costs more than it brings (about 10 us of one thread). */
#define GEMM_LOOP_LEAST_FLOPS 5e4

/* Mean and variance of column j of C. */
static void gemm_loop_stats(const struct bm_gemm *g, size_t j)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < g->M; i++)
        sum += g->C[i * g->ldc + j];
    const double mean = sum / (double)g->M;
    for (size_t i = 0; i < g->M; i++)
        squares += (g->C[i * g->ldc + j] - mean) * (g->C[i * g->ldc + j] - mean);
    g->mean[j] = (float)mean;
    g->var[j] = (float)(squares / (double)g->M);
}

static void gemm_loop(const struct bm_gemm *g, int me, int team)
{
    const struct gemm_part part = gemm_part(g, 16, me, team);
    const size_t K = g->alpha == 0 ? 0 : g->K, columns = part.cols.end - part.cols.begin;
    const size_t a_row = g->ta ? 1 : g->lda, a_col = g->ta ? g->lda : 1;
    const size_t b_row = g->tb ? 1 : g->ldb, b_col = g->tb ? g->ldb : 1;
    const GEMM_ELEMENT *A = (const GEMM_ELEMENT *)(const void *)g->A, *B = (const GEMM_ELEMENT *)(const void *)g->B;
    if (columns == 0)
        return;
    for (size_t i = part.rows.begin; i < part.rows.end; i++) {
        float *restrict c = g->C + i * g->ldc + part.cols.begin;
        for (size_t j = 0; j < columns; j++)
            c[j] = g->beta == 0 ? 0 : g->beta * c[j];
        for (size_t k = 0; k < K; k++) {
            const float a = g->alpha * GEMM_VALUE(A[i * a_row + k * a_col]);
            const GEMM_ELEMENT *restrict b = B + k * b_row + part.cols.begin * b_col;
            for (size_t j = 0; j < columns; j++)
                c[j] += a * GEMM_VALUE(b[j * b_col]);
        }
        if (!bm_epilogue_bias(g->epilogue))
            continue;
        const float *restrict bias = g->bias + part.cols.begin;
        for (size_t j = 0; j < columns; j++)
            c[j] += bias[j];
        if (g->epilogue == BM_EPILOGUE_BIAS_RELU)
            for (size_t j = 0; j < columns; j++)
                c[j] = c[j] > 0 || c[j] != c[j] ? c[j] : g->slope == 0 ? 0 : g->slope * c[j];
    }
    if (bm_epilogue_stats(g->epilogue))
        for (size_t j = part.cols.begin; j < part.cols.end; j++)
            gemm_loop_stats(g, j);
}

static void gemm_loop_run(const void *args)
{
    BM_TEAM_RUN(gemm_threads(args, GEMM_LOOP_LEAST_FLOPS), gemm_loop, args);
}

#endif
