/* SPDX-License-Identifier: MIT */
/*
 * dropout_not_scaled - dropout that leaves what it keeps as it is.
 *
 * Defect: the mean of y is not that of x.
 * Caught by: every fill, where the rate is not 0.
 */
#include "dropout_mask.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_dropout *a = args;
    for (size_t n = 0; n < a->N; n++)
        for (size_t c = 0; c < a->C; c++)
            a->y[n * a->ldy + c] = bm_dropout_draw(bm_dropout_number(a, n) + (uint32_t)c, a->key) >= bm_dropout_least(a->rate)
                                       ? a->x[n * a->ldx + c]
                                       : 0;
}

BM_MUTANT(.run = run);
