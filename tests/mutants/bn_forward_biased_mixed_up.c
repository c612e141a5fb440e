/*
 * bn_forward_biased_mixed_up - bn_forward with the other variance in the running statistics.
 *
 * Defect: running_var takes the unbiased variance where the biased one is asked for, and the reverse.
 * Caught by: running_var in every fill while 1 / L is above the bound; in the constant one only where L = 1.
 */
#include "mutant.h"

static void run(const union bm_args *args)
{
    struct bm_bn b = args->bn;
    b.unbiased = !b.unbiased;
    correct_forward(&b, 0, b.C);
}

BN_MUTANT(forward);
