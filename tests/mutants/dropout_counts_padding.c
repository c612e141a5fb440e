/* SPDX-License-Identifier: MIT */
/*
 * dropout_counts_padding - dropout that numbers elements by their place in memory.
 *
 * Defect: with a leading dimension beyond C it keeps others than the backward pass, whose rows may lie otherwise.
 * Caught by: shapes with a pad.
 */
#include "dropout_mask.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_dropout *a = args;
    for (size_t n = 0; n < a->N; n++)
        for (size_t c = 0; c < a->C; c++)
            a->y[n * a->ldy + c] = bm_dropout_draw((uint32_t)(n * a->ldx + c), a->key) >= bm_dropout_least(a->rate)
                                       ? 1 / (1 - a->rate) * a->x[n * a->ldx + c]
                                       : 0;
}

BM_MUTANT(.run = run);
