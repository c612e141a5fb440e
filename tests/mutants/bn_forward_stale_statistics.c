/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_stale_statistics - bn_forward that normalises like inference.
 *
 * Defect: y is made from the running statistics instead of this batch's; what is saved is right.
 * Caught by: y in every fill but the tiny one, where eps hides either variance.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bn *b = args;
    bn_forward_naive.run(b);
    if (b->running_mean)
        bn_inference_naive.run(b);
}

BM_MUTANT_OF(bn_forward_naive);
