/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_forward_unbiased - layer_norm_forward with the variance of a sample.
 *
 * Defect: the sum of squares is divided by C - 1 rather than C.
 * Caught by: rstd and y in short rows.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    layer_norm_forward_naive.run(a);
    for (size_t n = 0; n < a->N && a->C > 1; n++) {
        const float *x = a->x + n * a->ldx;
        double squares = 0;
        for (size_t c = 0; c < a->C; c++)
            squares += ((double)x[c] - a->mean[n]) * ((double)x[c] - a->mean[n]);
        a->rstd[n] = 1 / sqrtf((float)(squares / (double)(a->C - 1)) + a->eps);
        for (size_t c = 0; c < a->C; c++)
            a->y[n * a->ldy + c] = a->gamma[c] * ((x[c] - a->mean[n]) * a->rstd[n]) + a->beta[c];
    }
}

BM_MUTANT_OF(layer_norm_forward_naive);
