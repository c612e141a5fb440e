/*
 * bn_backward_stale_statistics - bn_backward that is one channel late with its statistics.
 *
 * Defect: mean and rstd are those of the channel before, as if loaded ahead of the step to the next.
 * Caught by: dx and dgamma in the random fill, in a shape with at least two channels.
 */
#include "mutant.h"

static void run(const union bm_args *args)
{
    struct bm_bn b = args->bn;
    if (b.C > 0)
        correct_backward(&b, 0, 1);
    b.mean = args->bn.mean - 1;
    b.rstd = args->bn.rstd - 1;
    correct_backward(&b, 1, b.C);
}

BN_MUTANT(backward);
