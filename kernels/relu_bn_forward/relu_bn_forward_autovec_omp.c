/* SPDX-License-Identifier: MIT */
/*
 * relu_bn_forward_autovec_omp - the activation, then batch normalisation in training by the textbook loops, left to
 * the compiler, on several threads. The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 1, as written.
 * Shapes:  all. Channels-last runs in row order, the channels in the inner loop; channels-first runs one channel after
 *          the other, blocked one block of channels, whose channels are the inner loop.
 * Traffic: x three times (mean, variance, y) and y once: 16 bytes an element where x does not stay in a cache, against
 *          8 compulsory ones. Given statistics: x once, 8 bytes.
 * Idea:    the shape alone cuts the rows into chunks with sums of their own, which are added in the order of the
 *          chunks, so every number of threads gives the same bits. Sharing channels, where two threads meet in the
 *          lines of every row, took up to four times as long as one thread. Channels-first shares channels, and no
 *          thread waits for another.
 * Error:   sums in double, because a plain f32 chain of 1e5 terms would leave bn.h's bound; otherwise f32.
 * Tail:    the compiler's.
 * Loses:   channels-first, where the order of the sums forbids vectors, and wherever x leaves the cache between
 *          passes; one thread works below 16,384 elements.
 */
#include <math.h>
#include <omp.h>

#include "bn.h"
#include "bn_act.h"
#include "bn_threads.h"
#include "kernel.h"

enum { CHUNKS = 256, LEAST_ROWS = 16, GRAIN = 16 }; /* GRAIN: channels, whose sums fill whole cache lines */
enum { MOST_WIDE = 16 }; /* channels of a block */

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t chunk_rows(const struct bm_bn *b)
{
    const size_t rows = (b->N + CHUNKS - 1) / CHUNKS;
    return rows < LEAST_ROWS ? LEAST_ROWS : rows;
}
static inline size_t chunk_count(const struct bm_bn *b) { return (b->N + chunk_rows(b) - 1) / chunk_rows(b); }

/* sum[c] += the sums of the other chunks, of channels [begin, end). */
static inline void merge(double *sum, size_t chunks, size_t C, size_t begin, size_t end)
{
    for (size_t k = 1; k < chunks; k++)
        for (size_t c = begin; c < end; c++)
            sum[c] += sum[k * C + c];
}

/* rstd and the running statistics, sum being that of (x - mean)^2. */
static inline void finish(const struct bm_bn *b, size_t c, double sum)
{
    const double L = (double)b->N * (double)b->S, var = sum / L;
    b->rstd[c] = (float)(1 / sqrt(var + b->eps));
    if (b->running_mean) {
        b->running_mean[c] += b->momentum * (b->mean[c] - b->running_mean[c]);
        b->running_var[c] += b->momentum * ((float)(b->unbiased ? sum / (L - 1) : var) - b->running_var[c]);
    }
}

/* Called by every thread; an `omp for` ends with a barrier. */
static void channels_last(const struct bm_bn *b)
{
    const size_t N = b->N, C = b->C, rows = chunk_rows(b), chunks = chunk_count(b);
    const size_t summed = b->given_mean ? 0 : chunks;
    const float *x = b->x, *gamma = b->gamma, *beta = b->beta;
    const float slope = b->slope;
    float *y = b->y, *mean = b->mean, *rstd = b->rstd;
    double *sums = b->scratch; /* those of chunk k from sums + k * C on */

#pragma omp for
    for (size_t k = 0; k < summed; k++) {
        double *sum = sums + k * C;
        for (size_t c = 0; c < C; c++)
            sum[c] = 0;
        for (size_t n = k * rows; n < least((k + 1) * rows, N); n++)
            for (size_t c = 0; c < C; c++)
                sum[c] += bn_act(x[n * b->ldx + c], slope);
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
                const double d = bn_act(x[n * b->ldx + c], slope) - mean[c];
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
            const float xhat = (bn_act(x[n * b->ldx + c], slope) - mean[c]) * rstd[c];
            y[n * b->ldy + c] = gamma[c] * xhat + beta[c];
        }
}

/* A block of `width` channels from `first` on; channels-first, of one. */
static inline __attribute__((always_inline)) void channel_block(const struct bm_bn *b, size_t first, size_t width)
{
    const size_t S = b->S;
    const float *x = b->x + first * S;
    const float slope = b->slope;
    float *y = b->y + first * S;
    const double L = (double)b->N * (double)S;
    double sum[MOST_WIDE] = { 0 }, square[MOST_WIDE] = { 0 };
    float mean[MOST_WIDE], rstd[MOST_WIDE], gamma[MOST_WIDE], beta[MOST_WIDE]; /* that y may not change */

    for (size_t n = 0; n < b->N && !b->given_mean; n++)
        for (size_t s = 0; s < S; s++)
            for (size_t c = 0; c < width; c++)
                sum[c] += bn_act(x[n * b->ldx + s * width + c], slope);
    for (size_t c = 0; c < width; c++)
        mean[c] = b->given_mean ? b->given_mean[first + c] : (float)(sum[c] / L);
    for (size_t n = 0; n < b->N && !b->given_mean; n++)
        for (size_t s = 0; s < S; s++)
            for (size_t c = 0; c < width; c++) {
                const double d = bn_act(x[n * b->ldx + s * width + c], slope) - mean[c];
                square[c] += d * d;
            }
    for (size_t c = 0; c < width; c++) {
        b->mean[first + c] = mean[c];
        finish(b, first + c, b->given_mean ? b->given_var[first + c] * L : square[c]);
        rstd[c] = b->rstd[first + c], gamma[c] = b->gamma[first + c], beta[c] = b->beta[first + c];
    }
    for (size_t n = 0; n < b->N; n++)
        for (size_t s = 0; s < S; s++)
            for (size_t c = 0; c < width; c++) {
                const float v = gamma[c] * ((bn_act(x[n * b->ldx + s * width + c], slope) - mean[c]) * rstd[c]) + beta[c];
                y[n * b->ldy + s * width + c] = v;
            }
}

static inline __attribute__((always_inline)) void blocks(const struct bm_bn *b, size_t width)
{
#pragma omp for
    for (size_t c = 0; c < b->C; c += width)
        channel_block(b, c, width);
}

static size_t scratch_bytes(const void *args)
{
    const struct bm_bn *b = args;
    return chunk_count(b) * b->C * sizeof(double);
}

static void work(const struct bm_bn *b)
{
    if (b->layout == BM_CHANNELS_LAST || b->S == 1)
        channels_last(b);
    else if (b->layout == BM_CHANNELS_FIRST)
        blocks(b, 1);
    else if (b->layout == BM_CHANNELS_BY_8)
        blocks(b, 8);
    else
        blocks(b, 16);
}

static void run(const void *args)
{
    const struct bm_bn *b = args;
    const int threads = bn_threads(b, BN_LOOP_SMALL);
    if (threads == 1 && !omp_in_parallel()) { /* a region of one thread would cost a microsecond */
        work(b);
        return;
    }
#pragma omp parallel num_threads(threads)
    work(b);
}

BM_KERNEL(.idea = "the textbook loops, sums in double, vectorised by the compiler as far as it may; rows "
                  "(channels-first: channels) shared between the threads",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 1",
          .loses = "channels-first, where the order of the sums forbids vectors, and wherever x leaves the cache "
                   "between passes; one thread works below 16,384 elements",
          .scratch_bytes = scratch_bytes, .run = run);
