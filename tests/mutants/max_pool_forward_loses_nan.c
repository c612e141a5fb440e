/* SPDX-License-Identifier: MIT */
/*
 * max_pool_forward_loses_nan - max_pool_forward by `>` alone, which is false of NaN.
 *
 * Defect: a NaN that is not the first of four is passed over, so that training goes on as if nothing had happened.
 * Caught by: special data.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_pool *a = args;
    const size_t H = a->H / 2, W = a->W / 2;
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, H * W, a->ldy);
    for (size_t i = 0; i < a->N * a->C * H * W; i++) {
        const size_t n = i / (a->C * H * W), c = i / (H * W) % a->C, p = i % (H * W);
        const float *at = a->x + n * x.image + c * x.channel + (p / W * 2 * a->W + p % W * 2) * x.pixel;
        float m = at[0];
        for (size_t j = 1; j < 4; j++)
            if (at[(j / 2 * a->W + j % 2) * x.pixel] > m)
                m = at[(j / 2 * a->W + j % 2) * x.pixel];
        a->y[n * y.image + c * y.channel + p * y.pixel] = m;
    }
}

BM_MUTANT(.run = run);
