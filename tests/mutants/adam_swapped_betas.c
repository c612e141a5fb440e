/*
 * adam_swapped_betas - adam with its two averages exchanged.
 *
 * Defect: m fades with beta2 and v with beta1.
 * Caught by: m and v in every fill.
 */
#include "mutant.h"
#include "training_loop.h"

static void run(const union bm_args *args)
{
    union bm_args swapped = *args;
    swapped.optimizer.beta1 = args->optimizer.beta2;
    swapped.optimizer.beta2 = args->optimizer.beta1;
    adam_run(&swapped);
}

BM_MUTANT(.run = run);
