/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_bf16_naive_omp - batch normalisation in training by the textbook loops, vectorisation off, on several
 * threads. The maths is in bn.h and bn_bf16.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 1, as written.
 * Shapes:  all. Channels-last runs in row order, the channels in the inner loop; channels-first runs one channel after
 *          the other.
 * Traffic: x three times (mean, variance, y) and y once: 8 bytes an element where x does not stay in a cache, against 4
 *          compulsory ones. Given statistics: x once, 4 bytes.
 * Idea:    the shape alone cuts the rows into chunks with sums of their own, which are added in the order of the chunks,
 *          so every number of threads gives the same bits. Sharing channels, where two threads meet in the lines of every
 *          row, took up to four times as long as one thread. Channels-first shares channels, and no thread waits for
 *          another.
 * Error:   sums in double, because a plain f32 chain of 1e5 terms would leave bn.h's bound; otherwise f32.
 * Tail:    none, there are no vectors.
 * Loses:   always, to the vectorised kernels: it is the yardstick; one thread works below 16,384 elements.
 */
#include <math.h>
#include <omp.h>

#include "bf16.h"
#include "bn_bf16.h"
#include "bn_bf16_as_bn.h"
#include "bn_threads.h"
#include "kernel.h"

enum { CHUNKS = 256, LEAST_ROWS = 16, GRAIN = 16 }; /* GRAIN: channels, whose sums fill whole cache lines */

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t chunk_rows(const struct bm_bn_bf16 *b)
{
    const size_t rows = (b->N + CHUNKS - 1) / CHUNKS;
    return rows < LEAST_ROWS ? LEAST_ROWS : rows;
}
static inline size_t chunk_count(const struct bm_bn_bf16 *b) { return (b->N + chunk_rows(b) - 1) / chunk_rows(b); }

/* sum[c] += the sums of the other chunks, of channels [begin, end). */
static inline void merge(double *sum, size_t chunks, size_t C, size_t begin, size_t end)
{
    for (size_t k = 1; k < chunks; k++)
        for (size_t c = begin; c < end; c++)
            sum[c] += sum[k * C + c];
}

/* rstd and the running statistics, sum being that of (x - mean)^2. */
static inline void finish(const struct bm_bn_bf16 *b, size_t c, double sum)
{
    const double L = (double)b->N * (double)b->S, var = sum / L;
    b->rstd[c] = (float)(1 / sqrt(var + b->eps));
    if (b->running_mean) {
        b->running_mean[c] += b->momentum * (b->mean[c] - b->running_mean[c]);
        b->running_var[c] += b->momentum * ((float)(b->unbiased ? sum / (L - 1) : var) - b->running_var[c]);
    }
}

/* Called by every thread; an `omp for` ends with a barrier. */
static void channels_last(const struct bm_bn_bf16 *b)
{
    const size_t N = b->N, C = b->C, rows = chunk_rows(b), chunks = chunk_count(b);
    const size_t summed = b->given_mean ? 0 : chunks;
    const uint16_t *x = b->x;
    const float *gamma = b->gamma, *beta = b->beta;
    uint16_t *y = b->y;
    float *mean = b->mean, *rstd = b->rstd;
    double *sums = b->scratch; /* those of chunk k from sums + k * C on */

#pragma omp for
    for (size_t k = 0; k < summed; k++) {
        double *sum = sums + k * C;
        for (size_t c = 0; c < C; c++)
            sum[c] = 0;
        for (size_t n = k * rows; n < least((k + 1) * rows, N); n++)
            for (size_t c = 0; c < C; c++)
                sum[c] += bm_bf16_value(x[n * b->ldx + c]);
    }
#pragma omp for
    for (size_t g = 0; g < C; g += GRAIN) {
        const size_t end = least(g + GRAIN, C);
        if (!b->given_mean)
            merge(sums, chunks, C, g, end);
        for (size_t c = g; c < end; c++)
            mean[c] = b->given_mean ? b->given_mean[c] : (float)(sums[c] / (double)N);
    }
#pragma omp for
    for (size_t k = 0; k < summed; k++) {
        double *sum = sums + k * C;
        for (size_t c = 0; c < C; c++)
            sum[c] = 0;
        for (size_t n = k * rows; n < least((k + 1) * rows, N); n++)
            for (size_t c = 0; c < C; c++) {
                const double d = bm_bf16_value(x[n * b->ldx + c]) - mean[c];
                sum[c] += d * d;
            }
    }
#pragma omp for
    for (size_t g = 0; g < C; g += GRAIN) {
        const size_t end = least(g + GRAIN, C);
        if (!b->given_mean)
            merge(sums, chunks, C, g, end);
        for (size_t c = g; c < end; c++)
            finish(b, c, b->given_mean ? b->given_var[c] * (double)N : sums[c]);
    }
#pragma omp for
    for (size_t n = 0; n < N; n++)
        for (size_t c = 0; c < C; c++) {
            const float xhat = (bm_bf16_value(x[n * b->ldx + c]) - mean[c]) * rstd[c];
            y[n * b->ldy + c] = bm_bf16_round(gamma[c] * xhat + beta[c]);
        }
}

static inline void channel_first(const struct bm_bn_bf16 *b, size_t c)
{
    const size_t S = b->S;
    const uint16_t *x = b->x + c * S;
    uint16_t *y = b->y + c * S;
    const double L = (double)b->N * (double)S;
    double sum = 0, square = 0;

    for (size_t n = 0; n < b->N && !b->given_mean; n++)
        for (size_t s = 0; s < S; s++)
            sum += bm_bf16_value(x[n * b->ldx + s]);
    const float mean = b->given_mean ? b->given_mean[c] : (float)(sum / L);
    for (size_t n = 0; n < b->N && !b->given_mean; n++)
        for (size_t s = 0; s < S; s++) {
            const double d = bm_bf16_value(x[n * b->ldx + s]) - mean;
            square += d * d;
        }
    b->mean[c] = mean;
    finish(b, c, b->given_mean ? b->given_var[c] * L : square);
    const float gamma = b->gamma[c], beta = b->beta[c], rstd = b->rstd[c];
    for (size_t n = 0; n < b->N; n++)
        for (size_t s = 0; s < S; s++) {
            const float v = gamma * ((bm_bf16_value(x[n * b->ldx + s]) - mean) * rstd) + beta;
            y[n * b->ldy + s] = bm_bf16_round(v);
        }
}

static void channels_first(const struct bm_bn_bf16 *b)
{
#pragma omp for
    for (size_t c = 0; c < b->C; c++)
        channel_first(b, c);
}

static size_t scratch_bytes(const void *args)
{
    const struct bm_bn_bf16 *b = args;
    return chunk_count(b) * b->C * sizeof(double);
}

static void work(const struct bm_bn_bf16 *b)
{
    if (b->layout == BM_CHANNELS_LAST || b->S == 1)
        channels_last(b);
    else
        channels_first(b);
}

static void run(const void *args)
{
    const struct bm_bn_bf16 *b = args;
    const struct bm_bn sizes = bn_bf16_as_bn(b);
    const int threads = bn_threads(&sizes, BN_LOOP_SMALL);
    if (threads == 1 && !omp_in_parallel()) { /* a region of one thread would cost a microsecond */
        work(b);
        return;
    }
#pragma omp parallel num_threads(threads)
    work(b);
}

BM_KERNEL(.idea = "the textbook loops, sums in double, vectorisation off; rows (channels-first: channels) shared "
                  "between the threads",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 1",
          .loses = "always, to the vectorised kernels: it is the yardstick; one thread works below 16,384 elements",
          .scratch_bytes = scratch_bytes, .run = run);
