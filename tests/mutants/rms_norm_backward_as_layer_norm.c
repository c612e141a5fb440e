/* SPDX-License-Identifier: MIT */
/*
 * rms_norm_backward_as_layer_norm - rms_norm_backward that also subtracts the mean of g.
 *
 * Defect: dx = rstd (g - sum g / C - xhat sum g xhat / C), as in layer normalisation.
 * Caught by: dx in every fill.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    rms_norm_backward_naive.run(a);
    for (size_t n = 0; n < a->N; n++) {
        double sum = 0;
        for (size_t c = 0; c < a->C; c++)
            sum += (double)a->gamma[c] * a->dy[n * a->lddy + c];
        for (size_t c = 0; c < a->C; c++)
            a->dx[n * a->lddx + c] -= a->rstd[n] * (float)(sum / (double)a->C);
    }
}

BM_MUTANT_OF(rms_norm_backward_naive);
