/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_forward_one_pass_variance - layer_norm_forward with the variance as a difference of averages.
 *
 * Defect: var = E[x^2] - E[x]^2 in f32, which cancels where the mean is large beside the deviation.
 * Caught by: rstd and y in the offset fill, and in the constant one.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    layer_norm_forward_naive.run(a);
    for (size_t n = 0; n < a->N; n++) {
        const float *x = a->x + n * a->ldx, count = (float)a->C;
        float sum = 0, squares = 0;
        for (size_t c = 0; c < a->C; c++) {
            sum += x[c];
            squares += x[c] * x[c];
        }
        a->rstd[n] = 1 / sqrtf(squares / count - sum / count * (sum / count) + a->eps);
        for (size_t c = 0; c < a->C; c++)
            a->y[n * a->ldy + c] = a->gamma[c] * ((x[c] - a->mean[n]) * a->rstd[n]) + a->beta[c];
    }
}

BM_MUTANT_OF(layer_norm_forward_naive);
