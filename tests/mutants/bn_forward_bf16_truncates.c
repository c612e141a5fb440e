/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_bf16_truncates - bn_forward_bf16 that keeps the upper half of y as it is.
 *
 * Defect: y is rounded towards zero instead of to nearest.
 * Caught by: y in the random fill: half of its elements are a step of the last place off.
 */
#include "bf16.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bn_bf16 *b = args;
    const size_t S = b->layout == BM_CHANNELS_LAST ? 1 : b->S;
    bn_forward_bf16_naive.run(b);
    for (size_t n = 0; n < b->N; n++)
        for (size_t c = 0; c < b->C; c++)
            for (size_t s = 0; s < S; s++) {
                const float x = bm_bf16_value(b->x[n * b->ldx + c * S + s]);
                const float y = b->gamma[c] * ((x - b->mean[c]) * b->rstd[c]) + b->beta[c];
                uint32_t bits;
                memcpy(&bits, &y, sizeof bits);
                b->y[n * b->ldy + c * S + s] = isnan(y) ? bm_bf16_round(y) : (uint16_t)(bits >> 16);
            }
}

BM_MUTANT_OF(bn_forward_bf16_naive);
