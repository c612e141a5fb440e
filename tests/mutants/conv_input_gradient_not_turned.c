/* SPDX-License-Identifier: MIT */
/*
 * conv_input_gradient_not_turned - conv_input_gradient with the filters as they are in the forward pass.
 *
 * Defect: a tap r pixels below is taken from r pixels below, and not from above.
 * Caught by: every filter larger than a pixel.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_conv *a = args;
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, a->H * a->W, a->ldy);
    const size_t P = a->R / 2, pixels = a->H * a->W;
    for (size_t i = 0; i < a->N * pixels * a->C; i++) {
        const size_t n = i / a->C / pixels, h = i / a->C % pixels / a->W, v = i / a->C % pixels % a->W, c = i % a->C;
        float sum = 0;
        for (size_t tap = 0; tap < a->R * a->R; tap++) {
            const size_t row = h + tap / a->R, col = v + tap % a->R;
            if (row < P || row - P >= a->H || col < P || col - P >= a->W)
                continue;
            for (size_t k = 0; k < a->K; k++)
                sum += a->dy[n * y.image + ((row - P) * a->W + col - P) * y.pixel + k * y.channel] *
                       a->w[(tap * a->C + c) * a->ldw + k];
        }
        a->dx[n * x.image + (h * a->W + v) * x.pixel + c * x.channel] = sum;
    }
}

BM_MUTANT(.run = run);
