/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_bf16_differences_in_bf16 - bn_forward_bf16 whose variance is that of differences in bf16.
 *
 * Defect: x - mean is rounded to bf16 before it is squared: the variance is off by up to 2^-7 of it, its bound is 2^-14.
 * Caught by: rstd in the random fill, where a channel has few elements.
 */
#include "bf16.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bn_bf16 *b = args;
    const size_t S = b->layout == BM_CHANNELS_LAST ? 1 : b->S;
    bn_forward_bf16_naive.run(b);
    for (size_t c = 0; c < b->C; c++) {
        double squares = 0;
        for (size_t n = 0; n < b->N; n++)
            for (size_t s = 0; s < S; s++) {
                const float x = bm_bf16_value(b->x[n * b->ldx + c * S + s]);
                const float d = bm_bf16_value(bm_bf16_round(x - b->mean[c]));
                squares += (double)d * d;
            }
        if (!b->given_mean)
            b->rstd[c] = (float)(1 / sqrt(squares / ((double)b->N * (double)S) + b->eps));
    }
}

BM_MUTANT_OF(bn_forward_bf16_naive);
