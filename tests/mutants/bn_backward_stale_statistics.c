/* SPDX-License-Identifier: MIT */
/*
 * bn_backward_stale_statistics - bn_backward that is one channel late with its statistics.
 *
 * Defect: mean and rstd are those of the channel before, as if loaded ahead of the step to the next.
 * Caught by: dx and dgamma in the random fill, in a shape with at least two channels.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_bn b = *(const struct bm_bn *)args;
    const size_t C = b.C, step = b.layout == BM_CHANNELS_LAST ? 1 : b.S;
    if (C == 0)
        return;
    b.C = 1;
    bn_backward_naive.run(&b);
    b.C = C - 1;
    b.x += step, b.dy += step, b.dx += step;
    b.gamma++, b.dgamma++, b.dbeta++; /* and not mean and rstd */
    bn_backward_naive.run(&b);
}

BM_MUTANT_OF(bn_backward_naive);
