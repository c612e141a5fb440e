/* SPDX-License-Identifier: MIT */
/*
 * bn_inference_naive_omp - batch normalisation by the running statistics by the textbook loop, vectorisation off, on
 * several threads. The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 1, as written.
 * Shapes:  all. Channels-last runs in row order, the channels in the inner loop; channels-first runs one channel after
 *          the other.
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

static void channels_first(const struct bm_bn *b)
{
    const size_t S = b->S;
#pragma omp for collapse(2)
    for (size_t c = 0; c < b->C; c++)
        for (size_t n = 0; n < b->N; n++) {
            const float *x = b->x + n * b->ldx + c * S, mean = b->running_mean[c];
            const float rstd = ((const float *)b->scratch)[c], gamma = b->gamma[c], beta = b->beta[c];
            float *y = b->y + n * b->ldy + c * S;
            for (size_t s = 0; s < S; s++)
                y[s] = gamma * ((x[s] - mean) * rstd) + beta;
        }
}

static size_t scratch_bytes(const void *args) { return ((const struct bm_bn *)args)->C * sizeof(float); }

static void work(const struct bm_bn *b)
{
    if (b->layout == BM_CHANNELS_LAST || b->S == 1)
        channels_last(b);
    else
        channels_first(b);
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
