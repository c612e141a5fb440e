/* SPDX-License-Identifier: MIT */
/*
 * rms_norm_backward_rstd_once - rms_norm_backward with dgamma = sum dy x.
 *
 * Defect: dgamma lacks rstd, which differs from row to row and so is no factor of the sum.
 * Caught by: dgamma in every fill.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    rms_norm_backward_naive.run(a);
    for (size_t c = 0; c < a->C; c++) {
        double sum = 0;
        for (size_t n = 0; n < a->N; n++)
            sum += (double)a->dy[n * a->lddy + c] * a->x[n * a->ldx + c];
        a->dgamma[c] = (float)sum;
    }
}

BM_MUTANT_OF(rms_norm_backward_naive);
