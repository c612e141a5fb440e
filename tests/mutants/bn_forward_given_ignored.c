/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_given_ignored - bn_forward that sums although the statistics are given.
 *
 * Defect: the batch's own mean and variance are used instead of the given ones.
 * Caught by: the mean, with given statistics, in every fill but the exact one, which gives those of x.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_bn b = *(const struct bm_bn *)args;
    b.given_mean = b.given_var = NULL;
    bn_forward_naive.run(&b);
}

BM_MUTANT_OF(bn_forward_naive);
