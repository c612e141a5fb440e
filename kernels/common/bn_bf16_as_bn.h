/* SPDX-License-Identifier: MIT */
/* bn_bf16_as_bn.h - a call on matrices in bf16 seen as a struct bm_bn, for what bn has already: its rules, its threads,
 * its engine. Its x, y, dy and dx point to bf16 elements. */
#ifndef BATCHMARK_BN_BF16_AS_BN_H
#define BATCHMARK_BN_BF16_AS_BN_H

#include "bn_bf16.h"

static inline struct bm_bn bn_bf16_as_bn(const struct bm_bn_bf16 *b)
{
    return (struct bm_bn){ .threads = b->threads, .scratch = b->scratch, .caches = b->caches, .N = b->N, .C = b->C, .S = b->S,
                           .layout = b->layout, .ldx = b->ldx, .ldy = b->ldy, .lddy = b->lddy, .lddx = b->lddx,
                           .x = (const float *)(const void *)b->x, .y = (float *)(void *)b->y,
                           .dy = (const float *)(const void *)b->dy, .dx = (float *)(void *)b->dx, .gamma = b->gamma,
                           .beta = b->beta, .dgamma = b->dgamma, .dbeta = b->dbeta, .mean = b->mean, .rstd = b->rstd,
                           .running_mean = b->running_mean, .running_var = b->running_var, .given_mean = b->given_mean,
                           .given_var = b->given_var, .eps = b->eps, .momentum = b->momentum, .unbiased = b->unbiased,
                           .slope = b->slope };
}

#endif
