/* SPDX-License-Identifier: MIT */
/*
 * softmax_xent_wrong_scale - softmax_xent that averages over the wrong axis.
 *
 * Defect: dz is scaled by 1 / C instead of by scale.
 * Caught by: dz in every fill unless N = C.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_softmax_xent wrong = *(const struct bm_softmax_xent *)args;
    wrong.scale = 1 / (float)wrong.C;
    softmax_xent_naive.run(&wrong);
}

BM_MUTANT_OF(softmax_xent_naive);
