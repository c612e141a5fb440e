/* SPDX-License-Identifier: MIT */
/*
 * bn_inference_autovec - batch normalisation by the running statistics by the textbook loop, left to the compiler. The
 * maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 1, as written.
 * Shapes:  all. Channels-last runs in row order, the channels in the inner loop; channels-first runs one channel after
 *          the other, blocked one block of channels, whose channels are the inner loop.
 * Traffic: 8 bytes an element, and 4 for the lines of y that are read to be overwritten.
 * Idea:    none: bn_inference_naive with the compiler let loose.
 * Error:   four f32 roundings, and that of rstd, which is computed in double.
 * Tail:    the compiler's.
 * Loses:   to wider vectors.
 */
#include <math.h>

#include "bn.h"
#include "kernel.h"

/* `width` channels from `first` on, side by side; y may be x. Constants: channels-last (S = 1) has no loop over s, and channels-first
 * (width = 1) none over c. */
static inline __attribute__((always_inline)) void channels(const struct bm_bn *b, size_t S, size_t width,
                                                           size_t first)
{
    const float *x = b->x + first * S, *mean = b->running_mean + first, *var = b->running_var + first;
    const float *gamma = b->gamma + first, *beta = b->beta + first;
    float *y = b->y + first * S, *rstd = b->scratch;

    for (size_t c = 0; c < width; c++)
        rstd[c] = (float)(1 / sqrt((double)var[c] + b->eps));
    for (size_t n = 0; n < b->N; n++)
        for (size_t s = 0; s < S; s++)
            for (size_t c = 0; c < width; c++)
                y[n * b->ldy + s * width + c] = gamma[c] * ((x[n * b->ldx + s * width + c] - mean[c]) * rstd[c]) + beta[c];
}

static size_t scratch_bytes(const void *args) { return ((const struct bm_bn *)args)->C * sizeof(float); }

static void run(const void *args)
{
    const struct bm_bn *b = args;
    if (b->layout == BM_CHANNELS_LAST || b->S == 1)
        channels(b, 1, b->C, 0);
    else if (b->layout == BM_CHANNELS_FIRST)
        for (size_t c = 0; c < b->C; c++)
            channels(b, b->S, 1, c);
    else if (b->layout == BM_CHANNELS_BY_8)
        for (size_t c = 0; c < b->C; c += 8)
            channels(b, b->S, 8, c);
    else
        for (size_t c = 0; c < b->C; c += 16)
            channels(b, b->S, 16, c);
}

BM_KERNEL(.idea = "the textbook loop, vectorised by the compiler as far as it may",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 1",
          .loses = "to wider vectors", .scratch_bytes = scratch_bytes,
          .run = run);
