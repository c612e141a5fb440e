/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_backward_bf16_naive - the gradients of batch normalisation followed by the activation by the textbook loops.
 * The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, the chain rule of section 3, as written.
 * Shapes:  all.
 * Traffic: 10 bytes an element where the matrices leave the cache: x and dy are read twice, dx is written.
 * Idea:    none, and no vectors: what the others are measured against. Channels-last goes along the rows, with two sums a
 *          channel in scratch; channels-first takes one channel after the other. The sign of gamma xhat + beta is
 *          computed again, in both passes alike.
 * Error:   sums in double, because a plain f32 chain of 1e5 terms would leave bn.h's bound; otherwise f32.
 * Tail:    none, there are no vectors.
 * Loses:   always, to the vectorised kernels: it is the yardstick.
 */
#include "bf16.h"
#include "bn_act.h"
#include "bn_bf16.h"
#include "kernel.h"

static void channels_last(const struct bm_bn_bf16 *bn)
{
    const size_t N = bn->N, C = bn->C;
    const uint16_t *x = bn->x, *dy = bn->dy;
    const float *gamma = bn->gamma, *beta = bn->beta, *mean = bn->mean, *rstd = bn->rstd;
    uint16_t *dx = bn->dx;
    float *dgamma = bn->dgamma, *dbeta = bn->dbeta;
    double *sum_d = bn->scratch, *sum_dxhat = sum_d + C;
    const float inverse = (float)(1 / (double)N), slope = bn->slope;

    for (size_t c = 0; c < C; c++)
        sum_d[c] = sum_dxhat[c] = 0;
    for (size_t n = 0; n < N; n++)
        for (size_t c = 0; c < C; c++) {
            float d = bm_bf16_value(dy[n * bn->lddy + c]);
            const float xhat = (bm_bf16_value(x[n * bn->ldx + c]) - mean[c]) * rstd[c];
            d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
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
            d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
            d = gamma[c] * rstd[c] * (d - dbeta[c] * inverse - xhat * (dgamma[c] * inverse));
            dx[n * bn->lddx + c] = bm_bf16_round(d);
        }
}

static void channels_first(const struct bm_bn_bf16 *bn)
{
    const size_t N = bn->N, C = bn->C, S = bn->S;
    const uint16_t *x = bn->x, *dy = bn->dy;
    const float *gamma = bn->gamma, *beta = bn->beta, *mean = bn->mean, *rstd = bn->rstd;
    uint16_t *dx = bn->dx;
    float *dgamma = bn->dgamma, *dbeta = bn->dbeta;
    const float inverse = (float)(1 / ((double)N * (double)S)), slope = bn->slope;

    for (size_t c = 0; c < C; c++) {
        double sum_d = 0, sum_dxhat = 0;
        for (size_t n = 0; n < N; n++)
            for (size_t s = 0; s < S; s++) {
                float d = bm_bf16_value(dy[n * bn->lddy + c * S + s]);
                const float xhat = (bm_bf16_value(x[n * bn->ldx + c * S + s]) - mean[c]) * rstd[c];
                d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
                sum_d += d;
                sum_dxhat += (double)d * xhat;
            }
        dbeta[c] = (float)sum_d;
        dgamma[c] = (float)sum_dxhat;
        for (size_t n = 0; n < N; n++)
            for (size_t s = 0; s < S; s++) {
                float d = bm_bf16_value(dy[n * bn->lddy + c * S + s]);
                const float xhat = (bm_bf16_value(x[n * bn->ldx + c * S + s]) - mean[c]) * rstd[c];
                d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
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

BM_KERNEL(.idea = "the textbook loops, sums in double, vectorisation off",
          .source = "Ioffe & Szegedy, ICML 2015, section 3",
          .loses = "always, to the vectorised kernels: it is the yardstick", .scratch_bytes = scratch_bytes,
          .run = run);
