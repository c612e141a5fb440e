/* SPDX-License-Identifier: MIT */
/*
 * group_norm_forward_divides_by_pixels - group_norm_forward whose variance is over the pixels of a channel.
 *
 * Defect: the sum of squares of a group is divided by S rather than by S C / G.
 * Caught by: rstd wherever a group has several channels.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_group_norm *a = args;
    group_norm_forward_naive.run(a);
    for (size_t i = 0; i < a->N * a->G; i++) {
        const float var = 1 / (a->rstd[i] * a->rstd[i]) - a->eps;
        a->rstd[i] = 1 / sqrtf(var * (float)(a->C / a->G) + a->eps);
    }
}

BM_MUTANT_OF(group_norm_forward_naive);
