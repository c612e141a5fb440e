/* SPDX-License-Identifier: MIT */
/*
 * bias_grad_not_cleared - bias_grad that adds to what db holds.
 *
 * Defect: the sums start from db instead of 0.
 * Caught by: every fill, the output being poisoned.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bias_grad *a = args;
    for (size_t c = 0; c < a->C; c++) {
        double sum = a->db[c];
        for (size_t n = 0; n < a->N; n++)
            sum += a->dy[n * a->lddy + c];
        a->db[c] = (float)sum;
    }
}

BM_MUTANT(.run = run);
