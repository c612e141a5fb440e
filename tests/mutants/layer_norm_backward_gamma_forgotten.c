/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_backward_gamma_forgotten - layer_norm_backward whose sums over a row are of dy rather than of gamma dy.
 *
 * Defect: gamma is a factor of the result, as in batch normalisation, where it is the same for all elements of a sum.
 * Caught by: dx in the random fill.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    layer_norm_backward_naive.run(a);
    for (size_t n = 0; n < a->N; n++) {
        const float *x = a->x + n * a->ldx, *dy = a->dy + n * a->lddy;
        double sum = 0, slant = 0;
        for (size_t c = 0; c < a->C; c++) {
            sum += dy[c];
            slant += (double)dy[c] * ((x[c] - a->mean[n]) * a->rstd[n]);
        }
        for (size_t c = 0; c < a->C; c++)
            a->dx[n * a->lddx + c] = (float)(a->gamma[c] * a->rstd[n] *
                                             (dy[c] - sum / (double)a->C - (x[c] - a->mean[n]) * a->rstd[n] * slant / (double)a->C));
    }
}

BM_MUTANT_OF(layer_norm_backward_naive);
