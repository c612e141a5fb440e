/* SPDX-License-Identifier: MIT */
/*
 * group_norm_backward_last_image_only - group_norm_backward whose dgamma and dbeta are those of the last image.
 *
 * Defect: each image's sums replace those before them.
 * Caught by: dgamma and dbeta wherever there are several images.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_group_norm a = *(const struct bm_group_norm *)args;
    const size_t rows = a.layout == BM_CHANNELS_FIRST ? 1 : a.S;
    const size_t N = a.N;
    a.N = N > 0;
    for (size_t n = 0; n == 0 || n < N; n++) {
        group_norm_backward_naive.run(&a);
        a.x += rows * a.ldx, a.dy += rows * a.lddy, a.dx += rows * a.lddx, a.mean += a.G, a.rstd += a.G;
    }
}

BM_MUTANT_OF(group_norm_backward_naive);
