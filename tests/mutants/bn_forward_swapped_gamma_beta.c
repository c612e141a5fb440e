/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_swapped_gamma_beta - bn_forward with its two parameters exchanged.
 *
 * Defect: y = beta * xhat + gamma.
 * Caught by: y in every fill.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bn *b = args;
    struct bm_bn swapped = *b;
    swapped.gamma = b->beta;
    swapped.beta = b->gamma;
    bn_forward_naive.run(&swapped);
}

BM_MUTANT_OF(bn_forward_naive);
