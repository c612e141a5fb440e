/* SPDX-License-Identifier: MIT */
/*
 * relu_bn_backward_autovec - the gradients of the activation followed by batch normalisation by the textbook loops,
 * left to the compiler. The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, the chain rule of section 3, as written.
 * Shapes:  all.
 * Traffic: 20 bytes an element where the matrices leave the cache: x and dy are read twice, dx is written.
 * Idea:    the loops of naive, vectorised by the compiler as far as it may. Channels-last goes along the rows, with two
 *          sums a channel in scratch; channels-first takes one channel after the other, blocked one block of channels.
 *          act(x) is computed again from x in both passes.
 * Error:   sums in double, because a plain f32 chain of 1e5 terms would leave bn.h's bound; otherwise f32.
 * Tail:    the compiler's.
 * Loses:   channels-first, where the order of the sums forbids vectors, and wherever x leaves the cache between the
 *          passes.
 */
#include "bn_act.h"
#include "bn.h"
#include "kernel.h"

/* `width` channels from `first` on, side by side. Constants: channels-last (S = 1) has no loop over s, and channels-first
 * (width = 1) none over c. */
static inline __attribute__((always_inline)) void channels(const struct bm_bn *bn, size_t S, size_t width,
                                                           size_t first)
{
    const size_t N = bn->N;
    const float *x = bn->x + first * S, *dy = bn->dy + first * S, *gamma = bn->gamma + first;
    const float *mean = bn->mean + first, *rstd = bn->rstd + first;
    float *dx = bn->dx + first * S, *dgamma = bn->dgamma + first, *dbeta = bn->dbeta + first;
    double *sum_d = bn->scratch, *sum_dxhat = sum_d + width;
    const float inverse = (float)(1 / ((double)N * (double)S)), slope = bn->slope;

    for (size_t c = 0; c < width; c++)
        sum_d[c] = sum_dxhat[c] = 0;
    for (size_t n = 0; n < N; n++)
        for (size_t s = 0; s < S; s++)
            for (size_t c = 0; c < width; c++) {
                const size_t at = s * width + c;
                float d = dy[n * bn->lddy + at];
                float xhat = (bn_act(x[n * bn->ldx + at], slope) - mean[c]) * rstd[c];
                sum_d[c] += d;
                sum_dxhat[c] += (double)d * xhat;
            }
    for (size_t c = 0; c < width; c++) {
        dbeta[c] = (float)sum_d[c];
        dgamma[c] = (float)sum_dxhat[c];
    }
    for (size_t n = 0; n < N; n++)
        for (size_t s = 0; s < S; s++)
            for (size_t c = 0; c < width; c++) {
                const size_t at = s * width + c;
                float d = dy[n * bn->lddy + at], v = x[n * bn->ldx + at];
                float xhat = (bn_act(v, slope) - mean[c]) * rstd[c];
                d = gamma[c] * rstd[c] * (d - dbeta[c] * inverse - xhat * (dgamma[c] * inverse));
                dx[n * bn->lddx + at] = bn_act_grad(d, v, slope);
            }
}

/* Two sums a channel. */
static size_t scratch_bytes(const void *args) { return 2 * ((const struct bm_bn *)args)->C * sizeof(double); }

static void run(const void *args)
{
    const struct bm_bn *bn = args;
    if (bn->layout == BM_CHANNELS_LAST || bn->S == 1)
        channels(bn, 1, bn->C, 0);
    else if (bn->layout == BM_CHANNELS_FIRST)
        for (size_t c = 0; c < bn->C; c++)
            channels(bn, bn->S, 1, c);
    else if (bn->layout == BM_CHANNELS_BY_8)
        for (size_t c = 0; c < bn->C; c += 8)
            channels(bn, bn->S, 8, c);
    else
        for (size_t c = 0; c < bn->C; c += 16)
            channels(bn, bn->S, 16, c);
}

BM_KERNEL(.idea = "the textbook loops, sums in double, vectorised by the compiler as far as it may",
          .source = "Ioffe & Szegedy, ICML 2015, section 3",
          .loses = "channels-first, where the order of the sums forbids vectors, and wherever x leaves the cache "
                   "between the passes",
          .scratch_bytes = scratch_bytes, .run = run);
