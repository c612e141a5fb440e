/*
 * bn_forward_given_ignored - bn_forward that sums although the statistics are given.
 *
 * Defect: the batch's own mean and variance are used instead of the given ones.
 * Caught by: the mean, with given statistics, in every fill but the exact one, which gives those of x.
 */
#include "mutant.h"

static void run(const union bm_args *args)
{
    struct bm_bn b = args->bn;
    b.given_mean = b.given_var = NULL;
    correct_forward(&b, 0, b.C);
}

BN_MUTANT(forward);
