/* SPDX-License-Identifier: MIT */
/*
 * adam_swapped_betas - adam with its two averages exchanged.
 *
 * Defect: m fades with beta2 and v with beta1.
 * Caught by: m and v in every fill.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_optimizer *a = args;
    struct bm_optimizer swapped = *a;
    swapped.beta1 = a->beta2;
    swapped.beta2 = a->beta1;
    adam_naive.run(&swapped);
}

BM_MUTANT_OF(adam_naive);
