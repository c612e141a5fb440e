/* SPDX-License-Identifier: MIT */
/*
 * bn_backward_bf16_xhat_in_bf16 - bn_backward_bf16 whose sums are of xhat in bf16, as if it had been saved so.
 *
 * Defect: xhat is rounded to bf16 before it is multiplied with dy and added to dgamma.
 * Caught by: dgamma in the random fill, where a channel has few elements.
 */
#include "bf16.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bn_bf16 *b = args;
    const size_t S = b->layout == BM_CHANNELS_LAST ? 1 : b->S;
    bn_backward_bf16_naive.run(b);
    for (size_t c = 0; c < b->C; c++) {
        double sum = 0;
        for (size_t n = 0; n < b->N; n++)
            for (size_t s = 0; s < S; s++) {
                const float x = bm_bf16_value(b->x[n * b->ldx + c * S + s]);
                const float xhat = bm_bf16_value(bm_bf16_round((x - b->mean[c]) * b->rstd[c]));
                sum += (double)bm_bf16_value(b->dy[n * b->lddy + c * S + s]) * xhat;
            }
        b->dgamma[c] = (float)sum;
    }
}

BM_MUTANT_OF(bn_backward_bf16_naive);
