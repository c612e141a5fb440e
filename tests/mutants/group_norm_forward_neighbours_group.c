/* SPDX-License-Identifier: MIT */
/*
 * group_norm_forward_neighbours_group - group_norm_forward that takes channel c for one of group c % G.
 *
 * Defect: y has the statistics of another group, as if groups were every G-th channel.
 * Caught by: y wherever there are several groups of several channels.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_group_norm *a = args;
    group_norm_forward_naive.run(a);
    const bool first = a->layout == BM_CHANNELS_FIRST;
    for (size_t n = 0; n < a->N; n++)
        for (size_t c = 0; c < a->C; c++)
            for (size_t s = 0; s < a->S; s++) {
                const size_t k = n * a->G + c % a->G;
                const size_t x = first ? n * a->ldx + c * a->S + s : (n * a->S + s) * a->ldx + c;
                const size_t y = first ? n * a->ldy + c * a->S + s : (n * a->S + s) * a->ldy + c;
                a->y[y] = a->gamma[c] * ((a->x[x] - a->mean[k]) * a->rstd[k]) + a->beta[c];
            }
}

BM_MUTANT_OF(group_norm_forward_naive);
