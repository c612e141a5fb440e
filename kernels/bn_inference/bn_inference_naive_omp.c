/* SPDX-License-Identifier: MIT */
/*
 * bn_inference_naive_omp - batch normalisation by the running statistics by the textbook loop, vectorisation off, on
 * several threads. The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 1, as written.
 * Shapes:  all. Channels-last runs in row order, the channels in the inner loop; channels-first runs one channel after
 *          the other, blocked one block of channels, whose channels are the inner loop.
 * Traffic: 8 bytes an element, and 4 for the lines of y that are read to be overwritten.
 * Idea:    the rows are shared between the threads; channels-first: the runs of all images.
 * Error:   four f32 roundings, and that of rstd, which is computed in double.
 * Tail:    none, there are no vectors.
 * Loses:   always, to the vectorised kernels: it is the yardstick; one thread works below 16,384 elements.
 */
#include <math.h>
#include <omp.h>

#include "bn.h"
#include "bn_threads.h"
#include "kernel.h"

/* y may be x. Called by every thread. */
static void channels_last(const struct bm_bn *b)
{
    const float *x = b->x, *mean = b->running_mean, *gamma = b->gamma, *beta = b->beta, *rstd = b->scratch;
    float *y = b->y;

#pragma omp for
    for (size_t n = 0; n < b->N; n++)
        for (size_t c = 0; c < b->C; c++)
            y[n * b->ldy + c] = gamma[c] * ((x[n * b->ldx + c] - mean[c]) * rstd[c]) + beta[c];
}

enum { MOST_WIDE = 16 }; /* channels of a block */

/* Blocks of `width` channels; channels-first, of one. */
static inline __attribute__((always_inline)) void blocks(const struct bm_bn *b, size_t width)
{
    const size_t S = b->S;
#pragma omp for collapse(2)
    for (size_t first = 0; first < b->C; first += width)
        for (size_t n = 0; n < b->N; n++) {
            const float *x = b->x + n * b->ldx + first * S, *rstds = b->scratch;
            float *y = b->y + n * b->ldy + first * S;
            float mean[MOST_WIDE], rstd[MOST_WIDE], gamma[MOST_WIDE], beta[MOST_WIDE]; /* that y may not change */
            for (size_t c = 0; c < width; c++) {
                mean[c] = b->running_mean[first + c], rstd[c] = rstds[first + c];
                gamma[c] = b->gamma[first + c], beta[c] = b->beta[first + c];
            }
            for (size_t s = 0; s < S; s++)
                for (size_t c = 0; c < width; c++)
                    y[s * width + c] = gamma[c] * ((x[s * width + c] - mean[c]) * rstd[c]) + beta[c];
        }
}

static size_t scratch_bytes(const void *args) { return ((const struct bm_bn *)args)->C * sizeof(float); }

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
    float *rstd = b->scratch;
    for (size_t c = 0; c < b->C; c++)
        rstd[c] = (float)(1 / sqrt((double)b->running_var[c] + b->eps));
    if (threads == 1 && !omp_in_parallel()) { /* a region of one thread would cost a microsecond */
        work(b);
        return;
    }
#pragma omp parallel num_threads(threads)
    work(b);
}

BM_KERNEL(.idea = "the textbook loop, vectorisation off; rows shared between the threads",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 1",
          .loses = "always, to the vectorised kernels: it is the yardstick; one thread works below 16,384 elements",
          .scratch_bytes = scratch_bytes, .run = run);
