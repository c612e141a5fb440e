/* SPDX-License-Identifier: MIT */
/*
 * bn_inference_autovec - batch normalisation by the running statistics by the textbook loop, left to the compiler. The
 * maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 1, as written.
 * Shapes:  all. Channels-last runs in row order, the channels in the inner loop; channels-first runs one channel after
 *          the other.
 * Traffic: 8 bytes an element, and 4 for the lines of y that are read to be overwritten.
 * Idea:    none: bn_inference_naive with the compiler let loose.
 * Error:   four f32 roundings, and that of rstd, which is computed in double.
 * Tail:    the compiler's.
 * Loses:   to wider vectors.
 */
#include <math.h>

#include "bn.h"
#include "kernel.h"

/* Channels [begin, end); y may be x. S is apart from b->S because channels-last passes 1, which leaves no loop over
 * s. */
static inline __attribute__((always_inline)) void channels(const struct bm_bn *b, size_t S, size_t begin, size_t end)
{
    const float *x = b->x, *mean = b->running_mean, *gamma = b->gamma, *beta = b->beta;
    float *y = b->y, *rstd = b->scratch;

    for (size_t c = begin; c < end; c++)
        rstd[c] = (float)(1 / sqrt((double)b->running_var[c] + b->eps));
    for (size_t n = 0; n < b->N; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t s = 0; s < S; s++)
                y[n * b->ldy + c * S + s] = gamma[c] * ((x[n * b->ldx + c * S + s] - mean[c]) * rstd[c]) + beta[c];
}

static size_t scratch_bytes(const void *args) { return ((const struct bm_bn *)args)->C * sizeof(float); }

static void run(const void *args)
{
    const struct bm_bn *b = args;
    if (b->layout == BM_CHANNELS_LAST || b->S == 1)
        channels(b, 1, 0, b->C);
    else
        for (size_t c = 0; c < b->C; c++)
            channels(b, b->S, c, c + 1);
}

BM_KERNEL(.idea = "the textbook loop, vectorised by the compiler as far as it may",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 1",
          .loses = "to wider vectors", .scratch_bytes = scratch_bytes,
          .run = run);
