/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_backward_autovec_omp - the gradients of layer normalisation by plain loops, left to the compiler, on several
 * threads.
 *
 * Maths and shapes: norm.h. Traffic: 8 B read and 4 B written an element; a row that leaves L1 is read twice. Error:
 * common/norm_oracle.h; sums are in double. Tail: the compiler's. The same bits for any number of threads: the shape alone
 * cuts the rows into chunks, whose sums are added in their order. Idea, source and when it loses: below.
 */
#include <omp.h>

#include "kernel.h"
#include "norm_threads.h"

enum {
    LEAST_ROWS = 16, /* of a chunk */
    MOST_CHUNKS = 256,
    LINE = 16 /* columns: a cache line of dgamma, which one thread writes */
};

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t chunk_rows(size_t N)
{
    const size_t rows = (N + MOST_CHUNKS - 1) / MOST_CHUNKS;
    return rows < LEAST_ROWS ? LEAST_ROWS : rows;
}

/* dx of row n; the row's terms of dgamma and dbeta are added to what is there. */
static void row(const struct bm_layer_norm *a, size_t n, double *dgamma, double *dbeta)
{
    const size_t C = a->C;
    const float *x = a->x + n * a->ldx, *dy = a->dy + n * a->lddy, *gamma = a->gamma, mean = a->mean[n], rstd = a->rstd[n];
    float *dx = a->dx + n * a->lddx;

    double sum_g = 0, sum_gxhat = 0;
    for (size_t c = 0; c < C; c++) {
        const float xhat = (x[c] - mean) * rstd;
        const double g = (double)gamma[c] * dy[c];
        sum_g += g;
        sum_gxhat += g * xhat;
        dgamma[c] += (double)dy[c] * xhat;
        dbeta[c] += dy[c];
    }
    const float level = (float)(sum_g / (double)C), slant = (float)(sum_gxhat / (double)C);

    for (size_t c = 0; c < C; c++)
        dx[c] = rstd * (gamma[c] * dy[c] - level - (x[c] - mean) * rstd * slant);
}

/* Two sums of each chunk and column, at most 4 KiB a column. */
static size_t scratch_bytes(const void *args)
{
    const struct bm_layer_norm *a = args;
    const size_t rows = chunk_rows(a->N);
    return 2 * ((a->N + rows - 1) / rows) * a->C * sizeof(double);
}

/* Called by every thread; an `omp for` ends with a barrier. */
static void work(const struct bm_layer_norm *a)
{
    const size_t N = a->N, C = a->C, rows = chunk_rows(N), chunks = (N + rows - 1) / rows;
    double *sums = a->scratch; /* of each chunk: dgamma, then dbeta */

#pragma omp for schedule(static)
    for (size_t k = 0; k < chunks; k++) {
        for (size_t c = 0; c < 2 * C; c++)
            sums[2 * k * C + c] = 0;
        for (size_t n = k * rows; n < least(N, (k + 1) * rows); n++)
            row(a, n, sums + 2 * k * C, sums + (2 * k + 1) * C);
    }
#pragma omp for schedule(static)
    for (size_t begin = 0; begin < C; begin += LINE)
        for (size_t c = begin; c < least(C, begin + LINE); c++) {
            double dgamma = 0, dbeta = 0;
            for (size_t k = 0; k < chunks; k++) {
                dgamma += sums[2 * k * C + c];
                dbeta += sums[(2 * k + 1) * C + c];
            }
            a->dgamma[c] = (float)dgamma;
            a->dbeta[c] = (float)dbeta;
        }
}

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    const int threads = norm_threads(a, NORM_LOOP_SMALL);
    if (threads == 1 && !omp_in_parallel()) { /* a region of one thread would cost a microsecond */
        work(a);
        return;
    }
#pragma omp parallel num_threads(threads)
    work(a);
}

BM_KERNEL(.idea = "the textbook loops, sums in double; the compiler vectorises what it may; chunks of rows shared",
          .source = "Ba, Kiros & Hinton, \"Layer Normalization\", 2016",
          .loses = "to the vector kernels: a sum in a fixed order of terms is no vector, and doubles are twice as many",
          .scratch_bytes = scratch_bytes, .run = run);
