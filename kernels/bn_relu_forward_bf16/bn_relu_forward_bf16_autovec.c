/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_forward_bf16_autovec - batch normalisation in training, then the activation by the textbook loops, left to the
 * compiler. The maths is in bn.h and bn_bf16.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 1, as written.
 * Shapes:  all. Channels-last runs in row order, the channels in the inner loop; channels-first runs one channel after
 *          the other.
 * Traffic: x three times (mean, variance, y) and y once: 8 bytes an element where x does not stay in a cache, against 4
 *          compulsory ones. Given statistics: x once, 4 bytes.
 * Idea:    none: bn_relu_forward_bf16_naive with the compiler let loose.
 * Error:   sums in double, because a plain f32 chain of 1e5 terms would leave bn.h's bound; otherwise f32.
 * Tail:    the compiler's.
 * Loses:   channels-first, where the order of the sums forbids vectors, and wherever x leaves the cache between passes.
 */
#include <math.h>

#include "bf16.h"
#include "bn_act.h"
#include "bn_bf16.h"
#include "kernel.h"

/* Channels [begin, end). S is apart from b->S because channels-last passes 1, which leaves no loop over s. */
static inline __attribute__((always_inline)) void channels(const struct bm_bn_bf16 *b, size_t S, size_t begin, size_t end)
{
    const uint16_t *x = b->x;
    const float *gamma = b->gamma, *beta = b->beta;
    const float slope = b->slope;
    uint16_t *y = b->y;
    float *mean = b->mean, *rstd = b->rstd;
    const double L = (double)b->N * (double)S;
    double *sum = b->scratch;

    for (size_t c = begin; c < end; c++)
        sum[c] = 0;
    for (size_t n = 0; n < b->N && !b->given_mean; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t s = 0; s < S; s++)
                sum[c] += bm_bf16_value(x[n * b->ldx + c * S + s]);
    for (size_t c = begin; c < end; c++) {
        mean[c] = b->given_mean ? b->given_mean[c] : (float)(sum[c] / L);
        sum[c] = b->given_mean ? b->given_var[c] * L : 0;
    }
    for (size_t n = 0; n < b->N && !b->given_mean; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t s = 0; s < S; s++) {
                const double d = bm_bf16_value(x[n * b->ldx + c * S + s]) - mean[c];
                sum[c] += d * d;
            }
    for (size_t c = begin; c < end; c++) {
        const double var = sum[c] / L;
        rstd[c] = (float)(1 / sqrt(var + b->eps));
        if (b->running_mean) {
            b->running_mean[c] += b->momentum * (mean[c] - b->running_mean[c]);
            b->running_var[c] += b->momentum * ((float)(b->unbiased ? sum[c] / (L - 1) : var) - b->running_var[c]);
        }
    }
    for (size_t n = 0; n < b->N; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t s = 0; s < S; s++) {
                const float xhat = (bm_bf16_value(x[n * b->ldx + c * S + s]) - mean[c]) * rstd[c];
                y[n * b->ldy + c * S + s] = bm_bf16_round(bn_act(gamma[c] * xhat + beta[c], slope));
            }
}

static size_t scratch_bytes(const void *args) { return ((const struct bm_bn_bf16 *)args)->C * sizeof(double); }

static void run(const void *args)
{
    const struct bm_bn_bf16 *b = args;
    if (b->layout == BM_CHANNELS_LAST || b->S == 1)
        channels(b, 1, 0, b->C);
    else
        for (size_t c = 0; c < b->C; c++)
            channels(b, b->S, c, c + 1);
}

BM_KERNEL(.idea = "the textbook loops, sums in double, vectorised by the compiler as far as it may",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 1",
          .loses = "channels-first, where the order of the sums forbids vectors, and wherever x leaves the cache "
                   "between passes",
          .scratch_bytes = scratch_bytes, .run = run);
