/*
 * bn_forward_swapped_gamma_beta - bn_forward with its two parameters exchanged.
 *
 * Defect: y = beta * xhat + gamma.
 * Caught by: y in every fill.
 */
#include "mutant.h"

static void run(const union bm_args *args)
{
    struct bm_bn b = args->bn;
    b.gamma = args->bn.beta;
    b.beta = args->bn.gamma;
    correct_forward(&b, 0, b.C);
}

BN_MUTANT(forward);
