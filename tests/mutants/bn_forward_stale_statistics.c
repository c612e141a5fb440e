/*
 * bn_forward_stale_statistics - bn_forward that normalises like inference.
 *
 * Defect: y is made from the running statistics instead of this batch's; what is saved is right.
 * Caught by: y in every fill but the tiny one, where eps hides either variance.
 */
#include "mutant.h"

static void run(const union bm_args *args)
{
    correct_forward(&args->bn, 0, args->bn.C);
    if (args->bn.running_mean)
        correct_inference(&args->bn, 0, args->bn.C);
}

BN_MUTANT(forward);
