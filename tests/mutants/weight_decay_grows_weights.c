/* SPDX-License-Identifier: MIT */
/*
 * weight_decay_grows_weights - weight decay with the wrong sign.
 *
 * Defect: g -= decay w makes weights grow.
 * Caught by: every fill.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_weight_decay *a = args;
    for (size_t i = 0; i < a->N; i++)
        a->g[i] -= a->decay * a->w[i];
}

BM_MUTANT(.run = run);
