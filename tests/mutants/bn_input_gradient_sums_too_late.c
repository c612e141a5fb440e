/* SPDX-License-Identifier: MIT */
/*
 * bn_input_gradient_sums_too_late - bn_input_gradient whose sums see the gradient by the weights.
 *
 * Defect: d is overwritten before it is summed.
 * Caught by: dgamma in every fill, wherever gamma is not 1 or beta not 0.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bn_input *a = args;
    bn_input_gradient_naive.run(a);
    for (size_t n = 0; n < a->N; n++) {
        double sum = 0;
        for (size_t c = 0; c < a->C; c++)
            sum += (double)a->w[n * a->ldw + c] * a->d[n * a->ldd + c];
        a->dgamma[n] = (float)sum;
    }
}

BM_MUTANT_OF(bn_input_gradient_naive);
