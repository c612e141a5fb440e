/* SPDX-License-Identifier: MIT */
/*
 * bn_input_gradient_divides_by_gamma - bn_input_gradient from the gradient by the weights: dgamma by a division.
 *
 * Defect: dgamma = (sum w dW - beta dbeta) / gamma: no number at gamma = 0, and errors beta / gamma as large.
 * Caught by: every fill, gamma being 0 here and there; the random ones by the differences, too.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bn_input *a = args;
    bn_input_gradient_naive.run(a);
    for (size_t n = 0; n < a->N; n++) {
        float sum = 0;
        for (size_t c = 0; c < a->C; c++)
            sum += a->w[n * a->ldw + c] * a->d[n * a->ldd + c];
        a->dgamma[n] = (sum - a->beta[n] * a->dbeta[n]) / a->gamma[n];
    }
}

BM_MUTANT_OF(bn_input_gradient_naive);
