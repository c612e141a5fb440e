/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_backward_bf16_naive_omp - the gradients of batch normalisation followed by the activation by the textbook loops
 * on several threads. The maths is in bn.h and bn_bf16.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, the chain rule of section 3, as written.
 * Shapes:  all.
 * Traffic: 10 bytes an element where the matrices leave the cache: x and dy are read twice, dx is written.
 * Idea:    channels-last shares chunks of whole rows, each with sums of its own, which are added in the order of the
 *          chunks: sharing channels, where two threads meet in the lines of every row, took up to four times as long as
 *          one thread. Channels-first shares channels. The shape alone cuts the rows, so every number of threads gives
 *          the same bits. The sign of gamma xhat + beta is computed again, in both passes alike.
 * Error:   sums in double, because a plain f32 chain of 1e5 terms would leave bn.h's bound; otherwise f32.
 * Tail:    none, there are no vectors.
 * Loses:   always, to the vectorised kernels: it is the yardstick. Threads idle where there are fewer chunks
 *          (channels-first: channels) than threads; one works below BN_LOOP_SMALL elements.
 */
#include <omp.h>

#include "bf16.h"
#include "bn_act.h"
#include "bn_bf16.h"
#include "bn_bf16_as_bn.h"
#include "bn_threads.h"
#include "kernel.h"

enum {
    LEAST_ROWS = 16, /* of a chunk */
    MOST_CHUNKS = 256,
    LINE = 16 /* channels: a cache line of dgamma, which one thread writes */
};

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t chunk_rows(size_t N)
{
    const size_t rows = (N + MOST_CHUNKS - 1) / MOST_CHUNKS;
    return rows < LEAST_ROWS ? LEAST_ROWS : rows;
}

/* Called by every thread; an `omp for` ends with a barrier. */
static void channels_last(const struct bm_bn_bf16 *bn)
{
    const size_t N = bn->N, C = bn->C, rows = chunk_rows(N), chunks = (N + rows - 1) / rows;
    const uint16_t *x = bn->x, *dy = bn->dy;
    const float *gamma = bn->gamma, *beta = bn->beta, *mean = bn->mean, *rstd = bn->rstd;
    uint16_t *dx = bn->dx;
    float *dgamma = bn->dgamma, *dbeta = bn->dbeta;
    double *sums = bn->scratch; /* of each chunk: d, then d xhat */
    const float inverse = (float)(1 / (double)N), slope = bn->slope;

#pragma omp for schedule(static)
    for (size_t k = 0; k < chunks; k++) {
        double *sum_d = sums + 2 * k * C, *sum_dxhat = sum_d + C;
        for (size_t c = 0; c < C; c++)
            sum_d[c] = sum_dxhat[c] = 0;
        for (size_t n = k * rows; n < least(N, (k + 1) * rows); n++)
            for (size_t c = 0; c < C; c++) {
                float d = bm_bf16_value(dy[n * bn->lddy + c]);
                const float xhat = (bm_bf16_value(x[n * bn->ldx + c]) - mean[c]) * rstd[c];
                d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
                sum_d[c] += d;
                sum_dxhat[c] += (double)d * xhat;
            }
    }
#pragma omp for schedule(static)
    for (size_t begin = 0; begin < C; begin += LINE)
        for (size_t c = begin; c < least(C, begin + LINE); c++) {
            double sum_d = 0, sum_dxhat = 0;
            for (size_t k = 0; k < chunks; k++) {
                sum_d += sums[2 * k * C + c];
                sum_dxhat += sums[(2 * k + 1) * C + c];
            }
            dbeta[c] = (float)sum_d;
            dgamma[c] = (float)sum_dxhat;
        }
#pragma omp for schedule(static)
    for (size_t k = 0; k < chunks; k++)
        for (size_t n = k * rows; n < least(N, (k + 1) * rows); n++)
            for (size_t c = 0; c < C; c++) {
                float d = bm_bf16_value(dy[n * bn->lddy + c]);
                const float xhat = (bm_bf16_value(x[n * bn->ldx + c]) - mean[c]) * rstd[c];
                d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
                d = gamma[c] * rstd[c] * (d - dbeta[c] * inverse - xhat * (dgamma[c] * inverse));
                dx[n * bn->lddx + c] = bm_bf16_round(d);
            }
}

static void channels_first(const struct bm_bn_bf16 *bn)
{
    const size_t N = bn->N, C = bn->C, S = bn->S;
    const uint16_t *x = bn->x, *dy = bn->dy;
    const float *gamma = bn->gamma, *beta = bn->beta, *mean = bn->mean, *rstd = bn->rstd;
    uint16_t *dx = bn->dx;
    float *dgamma = bn->dgamma, *dbeta = bn->dbeta;
    const float inverse = (float)(1 / ((double)N * (double)S)), slope = bn->slope;

#pragma omp for schedule(static)
    for (size_t c = 0; c < C; c++) {
        double sum_d = 0, sum_dxhat = 0;
        for (size_t n = 0; n < N; n++)
            for (size_t s = 0; s < S; s++) {
                float d = bm_bf16_value(dy[n * bn->lddy + c * S + s]);
                const float xhat = (bm_bf16_value(x[n * bn->ldx + c * S + s]) - mean[c]) * rstd[c];
                d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
                sum_d += d;
                sum_dxhat += (double)d * xhat;
            }
        dbeta[c] = (float)sum_d;
        dgamma[c] = (float)sum_dxhat;
        for (size_t n = 0; n < N; n++)
            for (size_t s = 0; s < S; s++) {
                float d = bm_bf16_value(dy[n * bn->lddy + c * S + s]);
                const float xhat = (bm_bf16_value(x[n * bn->ldx + c * S + s]) - mean[c]) * rstd[c];
                d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
                d = gamma[c] * rstd[c] * (d - dbeta[c] * inverse - xhat * (dgamma[c] * inverse));
                dx[n * bn->lddx + c * S + s] = bm_bf16_round(d);
            }
    }
}

/* Two sums of each chunk and channel, at most 4 KiB a channel. */
static size_t scratch_bytes(const void *args)
{
    const struct bm_bn_bf16 *bn = args;
    const size_t rows = chunk_rows(bn->N);
    return 2 * ((bn->N + rows - 1) / rows) * bn->C * sizeof(double);
}

static void work(const struct bm_bn_bf16 *bn)
{
    if (bn->layout == BM_CHANNELS_LAST || bn->S == 1)
        channels_last(bn);
    else
        channels_first(bn);
}

static void run(const void *args)
{
    const struct bm_bn_bf16 *bn = args;
    const struct bm_bn sizes = bn_bf16_as_bn(bn);
    const int threads = bn_threads(&sizes, BN_LOOP_SMALL);
    if (threads == 1 && !omp_in_parallel()) { /* a region of one thread would cost a microsecond */
        work(bn);
        return;
    }
#pragma omp parallel num_threads(threads)
    work(bn);
}

BM_KERNEL(.idea = "the textbook loops, sums in double, vectorisation off; rows (channels-first: channels) shared "
                  "between the threads",
          .source = "Ioffe & Szegedy, ICML 2015, section 3",
          .loses = "always, to the vectorised kernels: it is the yardstick; one thread works below 16,384 elements",
          .scratch_bytes = scratch_bytes, .run = run);
