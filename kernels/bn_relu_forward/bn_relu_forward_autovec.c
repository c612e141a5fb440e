/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_forward_autovec - batch normalisation in training, then the activation by the textbook loops, left to the
 * compiler. The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 1, as written.
 * Shapes:  all. Channels-last runs in row order, the channels in the inner loop; channels-first runs one channel after
 *          the other, blocked one block of channels, whose channels are the inner loop.
 * Traffic: x three times (mean, variance, y) and y once: 16 bytes an element where x does not stay in a cache, against
 *          8 compulsory ones. Given statistics: x once, 8 bytes.
 * Idea:    none: bn_relu_forward_naive with the compiler let loose.
 * Error:   sums in double, because a plain f32 chain of 1e5 terms would leave bn.h's bound; otherwise f32.
 * Tail:    the compiler's.
 * Loses:   channels-first, where the order of the sums forbids vectors, and wherever x leaves the cache between
 *          passes.
 */
#include <math.h>

#include "bn.h"
#include "bn_act.h"
#include "kernel.h"

/* `width` channels from `first` on, side by side. Constants: channels-last (S = 1) has no loop over s, and channels-first
 * (width = 1) none over c. */
static inline __attribute__((always_inline)) void channels(const struct bm_bn *b, size_t S, size_t width,
                                                           size_t first)
{
    const float *x = b->x + first * S, *gamma = b->gamma + first, *beta = b->beta + first;
    const float slope = b->slope;
    float *y = b->y + first * S, *mean = b->mean + first, *rstd = b->rstd + first;
    const double L = (double)b->N * (double)S;
    double *sum = b->scratch;

    for (size_t c = 0; c < width; c++)
        sum[c] = 0;
    for (size_t n = 0; n < b->N && !b->given_mean; n++)
        for (size_t s = 0; s < S; s++)
            for (size_t c = 0; c < width; c++)
                sum[c] += x[n * b->ldx + s * width + c];
    for (size_t c = 0; c < width; c++) {
        mean[c] = b->given_mean ? b->given_mean[first + c] : (float)(sum[c] / L);
        sum[c] = b->given_mean ? b->given_var[first + c] * L : 0;
    }
    for (size_t n = 0; n < b->N && !b->given_mean; n++)
        for (size_t s = 0; s < S; s++)
            for (size_t c = 0; c < width; c++) {
                const double d = x[n * b->ldx + s * width + c] - mean[c];
                sum[c] += d * d;
            }
    for (size_t c = 0; c < width; c++) {
        const double var = sum[c] / L;
        rstd[c] = (float)(1 / sqrt(var + b->eps));
        if (b->running_mean) {
            float *running_mean = b->running_mean + first, *running_var = b->running_var + first;
            running_mean[c] += b->momentum * (mean[c] - running_mean[c]);
            running_var[c] += b->momentum * ((float)(b->unbiased ? sum[c] / (L - 1) : var) - running_var[c]);
        }
    }
    for (size_t n = 0; n < b->N; n++)
        for (size_t s = 0; s < S; s++)
            for (size_t c = 0; c < width; c++) {
                const float xhat = (x[n * b->ldx + s * width + c] - mean[c]) * rstd[c];
                y[n * b->ldy + s * width + c] = bn_act(gamma[c] * xhat + beta[c], slope);
            }
}

static size_t scratch_bytes(const void *args) { return ((const struct bm_bn *)args)->C * sizeof(double); }

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

BM_KERNEL(.idea = "the textbook loops, sums in double, vectorised by the compiler as far as it may",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 1",
          .loses = "channels-first, where the order of the sums forbids vectors, and wherever x leaves the cache "
                   "between passes",
          .scratch_bytes = scratch_bytes, .run = run);
