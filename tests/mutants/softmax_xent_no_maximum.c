/* SPDX-License-Identifier: MIT */
/*
 * softmax_xent_no_maximum - softmax_xent straight from the formula.
 *
 * Defect: exp(z) without subtracting the largest z, which overflows from z = 89 on.
 * Caught by: every output but hit in the exact, offset and huge fills, with at least two classes.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_softmax_xent *a = args;
    softmax_xent_naive.run(args); /* for hit */
    for (size_t n = 0; n < a->N; n++) {
        const float *z = a->z + n * a->ldz;
        const size_t label = (size_t)a->label[n];
        float *dz = a->dz + n * a->lddz, sum = 0;
        for (size_t c = 0; c < a->C; c++)
            sum += expf(z[c]);
        for (size_t c = 0; c < a->C; c++)
            dz[c] = a->scale * (expf(z[c]) / sum - (c == label));
        a->loss[n] = logf(sum) - z[label];
    }
}

BM_MUTANT_OF(softmax_xent_naive);
