/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_biased_mixed_up - bn_forward with the other variance in the running statistics.
 *
 * Defect: running_var takes the unbiased variance where the biased one is asked for, and the reverse.
 * Caught by: running_var in every fill while 1 / L is above the bound; in the constant one only where L = 1.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_bn b = *(const struct bm_bn *)args;
    b.unbiased = !b.unbiased;
    bn_forward_naive.run(&b);
}

BM_MUTANT_OF(bn_forward_naive);
