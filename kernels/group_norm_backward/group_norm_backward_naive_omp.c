/* SPDX-License-Identifier: MIT */
/*
 * group_norm_backward_naive_omp - the gradients of group normalisation by plain loops, vectorisation off, on several
 * threads.
 *
 * Maths and shapes: norm.h. Traffic: 8 B read and 4 B written an element; a group that leaves L1 is read twice. Error:
 * common/norm_oracle.h; sums are in double. Tail: none. The same bits for any number of threads: the shape alone cuts the
 * images into chunks, whose sums are added in their order. Idea, source and when it loses: below.
 */
#include <omp.h>

#include "norm_threads.h"

enum {
    LEAST_ROWS = 16, /* of a chunk of images of one pixel */
    MOST_CHUNKS = 256,
    LINE = 16 /* channels: a cache line of dgamma, which one thread writes */
};

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Images of a chunk. */
static size_t chunk_images(const struct bm_group_norm *a)
{
    const size_t images = (a->N + MOST_CHUNKS - 1) / MOST_CHUNKS;
    return a->S == 1 && images < LEAST_ROWS ? LEAST_ROWS : images ? images : 1;
}

/* dx of group k of image n: `outer` runs of `inner` elements, channels of pixels, or in channels-last pixels of channels. Its
 * terms of dgamma and dbeta are added to what is there. */
static inline __attribute__((always_inline)) void group(const struct bm_group_norm *a, size_t n, size_t k, double *dgamma,
                                                        double *dbeta, const bool first)
{
    const size_t S = a->S, each = a->C / a->G, outer = first ? each : S, inner = first ? S : each;
    const size_t step_x = first ? S : a->ldx, step_dy = first ? S : a->lddy, step_dx = first ? S : a->lddx;
    const float *x = a->x + (first ? n * a->ldx + k * each * S : n * S * a->ldx + k * each);
    const float *dy = a->dy + (first ? n * a->lddy + k * each * S : n * S * a->lddy + k * each);
    float *dx = a->dx + (first ? n * a->lddx + k * each * S : n * S * a->lddx + k * each);
    const float *gamma = a->gamma + k * each, mean = a->mean[n * a->G + k], rstd = a->rstd[n * a->G + k];
    const double M = (double)each * (double)S;
    dgamma += k * each;
    dbeta += k * each;

    double sum_g = 0, sum_gxhat = 0;
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
            const size_t c = first ? o : i;
            const float d = dy[o * step_dy + i], xhat = (x[o * step_x + i] - mean) * rstd;
            const double g = (double)gamma[c] * d;
            sum_g += g;
            sum_gxhat += g * xhat;
            dgamma[c] += (double)d * xhat;
            dbeta[c] += d;
        }
    const float level = (float)(sum_g / M), slant = (float)(sum_gxhat / M);

    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
            const float g = gamma[first ? o : i] * dy[o * step_dy + i], xhat = (x[o * step_x + i] - mean) * rstd;
            dx[o * step_dx + i] = rstd * (g - level - xhat * slant);
        }
}

/* Images [begin, end), and their sums. */
static void images(const struct bm_group_norm *a, size_t begin, size_t end, double *dgamma, double *dbeta)
{
    for (size_t c = 0; c < a->C; c++)
        dgamma[c] = dbeta[c] = 0;
    for (size_t n = begin; n < end; n++)
        for (size_t k = 0; k < a->G; k++)
            if (a->layout == BM_CHANNELS_FIRST)
                group(a, n, k, dgamma, dbeta, true);
            else
                group(a, n, k, dgamma, dbeta, false);
}

/* Two sums of each chunk and channel, at most 4 KiB a channel. */
static size_t scratch_bytes(const void *args)
{
    const struct bm_group_norm *a = args;
    const size_t some = chunk_images(a);
    return 2 * ((a->N + some - 1) / some) * a->C * sizeof(double);
}

/* Called by every thread; an `omp for` ends with a barrier. */
static void work(const struct bm_group_norm *a)
{
    const size_t N = a->N, C = a->C, some = chunk_images(a), chunks = (N + some - 1) / some;
    double *sums = a->scratch; /* of each chunk: dgamma, then dbeta */

#pragma omp for schedule(static)
    for (size_t k = 0; k < chunks; k++)
        images(a, k * some, least(N, (k + 1) * some), sums + 2 * k * C, sums + (2 * k + 1) * C);
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
    const struct bm_group_norm *a = args;
    const int threads = norm_group_threads(a, NORM_LOOP_SMALL);
    if (threads == 1 && !omp_in_parallel()) { /* a region of one thread would cost a microsecond */
        work(a);
        return;
    }
#pragma omp parallel num_threads(threads)
    work(a);
}

BM_KERNEL(.idea = "the textbook loops, sums in double, vectorisation off; images shared",
          .source = "Wu & He, \"Group Normalization\", ECCV 2018",
          .loses = "always, to the vector kernels: it is the yardstick; one thread works below 16,384 elements",
          .scratch_bytes = scratch_bytes, .run = run);
