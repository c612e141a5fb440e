/* SPDX-License-Identifier: MIT */
/*
 * bn_backward_bf16_autovec - the gradients of batch normalisation by the textbook loops, left to the compiler. The maths
 * is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, the chain rule of section 3, as written.
 * Shapes:  all.
 * Traffic: 10 bytes an element where the matrices leave the cache: x and dy are read twice, dx is written.
 * Idea:    the loops of naive, vectorised by the compiler as far as it may. Channels-last goes along the rows, with two
 *          sums a channel in scratch; channels-first takes one channel after the other.
 * Error:   sums in double, because a plain f32 chain of 1e5 terms would leave bn.h's bound; otherwise f32.
 * Tail:    the compiler's.
 * Loses:   channels-first, where the order of the sums forbids vectors, and wherever x leaves the cache between the
 *          passes.
 */
#include "bf16.h"
#include "bn_bf16.h"
#include "kernel.h"

static void channels_last(const struct bm_bn_bf16 *bn)
{
    const size_t N = bn->N, C = bn->C;
    const uint16_t *x = bn->x, *dy = bn->dy;
    const float *gamma = bn->gamma, *mean = bn->mean, *rstd = bn->rstd;
    uint16_t *dx = bn->dx;
    float *dgamma = bn->dgamma, *dbeta = bn->dbeta;
    double *sum_d = bn->scratch, *sum_dxhat = sum_d + C;
    const float inverse = (float)(1 / (double)N);

    for (size_t c = 0; c < C; c++)
        sum_d[c] = sum_dxhat[c] = 0;
    for (size_t n = 0; n < N; n++)
        for (size_t c = 0; c < C; c++) {
            const float d = bm_bf16_value(dy[n * bn->lddy + c]);
            const float xhat = (bm_bf16_value(x[n * bn->ldx + c]) - mean[c]) * rstd[c];
            sum_d[c] += d;
            sum_dxhat[c] += (double)d * xhat;
        }
    for (size_t c = 0; c < C; c++) {
        dbeta[c] = (float)sum_d[c];
        dgamma[c] = (float)sum_dxhat[c];
    }
    for (size_t n = 0; n < N; n++)
        for (size_t c = 0; c < C; c++) {
            float d = bm_bf16_value(dy[n * bn->lddy + c]);
            const float xhat = (bm_bf16_value(x[n * bn->ldx + c]) - mean[c]) * rstd[c];
            d = gamma[c] * rstd[c] * (d - dbeta[c] * inverse - xhat * (dgamma[c] * inverse));
            dx[n * bn->lddx + c] = bm_bf16_round(d);
        }
}

static void channels_first(const struct bm_bn_bf16 *bn)
{
    const size_t N = bn->N, C = bn->C, S = bn->S;
    const uint16_t *x = bn->x, *dy = bn->dy;
    const float *gamma = bn->gamma, *mean = bn->mean, *rstd = bn->rstd;
    uint16_t *dx = bn->dx;
    float *dgamma = bn->dgamma, *dbeta = bn->dbeta;
    const float inverse = (float)(1 / ((double)N * (double)S));

    for (size_t c = 0; c < C; c++) {
        double sum_d = 0, sum_dxhat = 0;
        for (size_t n = 0; n < N; n++)
            for (size_t s = 0; s < S; s++) {
                const float d = bm_bf16_value(dy[n * bn->lddy + c * S + s]);
                const float xhat = (bm_bf16_value(x[n * bn->ldx + c * S + s]) - mean[c]) * rstd[c];
                sum_d += d;
                sum_dxhat += (double)d * xhat;
            }
        dbeta[c] = (float)sum_d;
        dgamma[c] = (float)sum_dxhat;
        for (size_t n = 0; n < N; n++)
            for (size_t s = 0; s < S; s++) {
                float d = bm_bf16_value(dy[n * bn->lddy + c * S + s]);
                const float xhat = (bm_bf16_value(x[n * bn->ldx + c * S + s]) - mean[c]) * rstd[c];
                d = gamma[c] * rstd[c] * (d - dbeta[c] * inverse - xhat * (dgamma[c] * inverse));
                dx[n * bn->lddx + c * S + s] = bm_bf16_round(d);
            }
    }
}

/* Two sums a channel. */
static size_t scratch_bytes(const void *args) { return 2 * ((const struct bm_bn_bf16 *)args)->C * sizeof(double); }

static void run(const void *args)
{
    const struct bm_bn_bf16 *bn = args;
    if (bn->layout == BM_CHANNELS_LAST || bn->S == 1)
        channels_last(bn);
    else
        channels_first(bn);
}

BM_KERNEL(.idea = "the textbook loops, sums in double, vectorised by the compiler as far as it may",
          .source = "Ioffe & Szegedy, ICML 2015, section 3",
          .loses = "channels-first, where the order of the sums forbids vectors, and wherever x leaves the cache "
                   "between the passes",
          .scratch_bytes = scratch_bytes, .run = run);
