/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_backward_xhat_term_missing - layer_norm_backward with dx = rstd (g - sum g / C).
 *
 * Defect: the gradient through the deviation, xhat sum g xhat / C, is left out.
 * Caught by: dx in every fill in which a row is not constant.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    layer_norm_backward_naive.run(a);
    for (size_t n = 0; n < a->N; n++) {
        double sum = 0;
        for (size_t c = 0; c < a->C; c++)
            sum += (double)a->gamma[c] * a->dy[n * a->lddy + c];
        for (size_t c = 0; c < a->C; c++)
            a->dx[n * a->lddx + c] = a->rstd[n] * (a->gamma[c] * a->dy[n * a->lddy + c] - (float)(sum / (double)a->C));
    }
}

BM_MUTANT_OF(layer_norm_backward_naive);
