/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_one_pass_variance - bn_forward with the variance as a difference of averages.
 *
 * Defect: var = E[x^2] - E[x]^2 in f32, which cancels where the mean is large beside the deviation.
 * Caught by: rstd and y in the offset and constant fills; no other notices.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bn *b = args;
    const size_t S = b->layout == BM_CHANNELS_LAST ? 1 : b->S;
    const float L = (float)b->N * (float)S;
    bn_forward_naive.run(b);
    for (size_t c = 0; c < b->C; c++) {
        float sum = 0, squares = 0;
        for (size_t n = 0; n < b->N; n++)
            for (size_t s = 0; s < S; s++) {
                const float v = b->x[n * b->ldx + c * S + s];
                sum += v;
                squares += v * v;
            }
        b->rstd[c] = 1 / sqrtf(squares / L - sum / L * (sum / L) + b->eps);
        for (size_t n = 0; n < b->N; n++)
            for (size_t s = 0; s < S; s++)
                b->y[n * b->ldy + c * S + s] =
                    b->gamma[c] * ((b->x[n * b->ldx + c * S + s] - b->mean[c]) * b->rstd[c]) + b->beta[c];
    }
}

BM_MUTANT_OF(bn_forward_naive);
