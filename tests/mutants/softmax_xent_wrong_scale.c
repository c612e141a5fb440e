/*
 * softmax_xent_wrong_scale - softmax_xent that averages over the wrong axis.
 *
 * Defect: dz is scaled by 1 / C instead of by scale.
 * Caught by: dz in every fill unless N = C.
 */
#include "mutant.h"
#include "training_loop.h"

static void run(const union bm_args *args)
{
    union bm_args wrong = *args;
    wrong.softmax_xent.scale = 1 / (float)args->softmax_xent.C;
    softmax_xent_run(&wrong);
}

BM_MUTANT(.run = run);
