/* SPDX-License-Identifier: MIT */
/*
 * max_pool_backward_to_all_equal - max_pool_backward that gives dy to every pixel that is the largest.
 *
 * Defect: of equal ones the second gets the gradient, too.
 * Caught by: ties, as behind a ReLU, where most of four are 0.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_pool *a = args;
    const size_t H = a->H / 2, W = a->W / 2;
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, H * W, a->ldy);
    max_pool_backward_naive.run(a);
    for (size_t i = 0; i < a->N * a->C * H * W; i++) {
        const size_t n = i / (a->C * H * W), c = i / (H * W) % a->C, p = i % (H * W);
        const size_t at = n * x.image + c * x.channel + (p / W * 2 * a->W + p % W * 2) * x.pixel;
        if (a->x[at] == a->x[at + x.pixel] && a->dx[at] != 0)
            a->dx[at + x.pixel] = a->dy[n * y.image + c * y.channel + p * y.pixel];
    }
}

BM_MUTANT_OF(max_pool_backward_naive);
