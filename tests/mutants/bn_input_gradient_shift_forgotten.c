/* SPDX-License-Identifier: MIT */
/*
 * bn_input_gradient_shift_forgotten - bn_input_gradient without beta in the gradient by the weights.
 *
 * Defect: dW = gamma D, as if BN had no beta.
 * Caught by: every fill, by d.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bn_input *a = args;
    float zeros[64] = { 0 };
    for (size_t n = 0; n < a->N; n += 64) {
        struct bm_bn_input part = *a;
        part.N = a->N - n < 64 ? a->N - n : 64;
        part.w += n * a->ldw, part.d += n * a->ldd;
        part.gamma += n, part.beta = zeros;
        part.dgamma += n, part.dbeta += n;
        bn_input_gradient_naive.run(&part);
    }
}

BM_MUTANT_OF(bn_input_gradient_naive);
