/* SPDX-License-Identifier: MIT */
/*
 * conv_forward_rows_run_on - conv_forward that pads above and below an image only.
 *
 * Defect: where a tap lies left or right of a row, the pixel beside it in memory is taken, of the row before or after.
 * Caught by: the first and last pixel of a row, wherever a filter is wider than a pixel.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_conv *a = args;
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, a->H * a->W, a->ldy);
    const size_t P = a->R / 2, pixels = a->H * a->W;
    for (size_t i = 0; i < a->N * pixels * a->K; i++) {
        const size_t n = i / a->K / pixels, p = i / a->K % pixels, k = i % a->K;
        float sum = a->bias[k];
        for (size_t tap = 0; tap < a->R * a->R; tap++) {
            const size_t at = p + tap / a->R * a->W + tap % a->R; /* before the padding is taken off */
            for (size_t c = 0; c < a->C && at >= P * a->W + P && at - P * a->W - P < pixels; c++)
                sum += a->x[n * x.image + (at - P * a->W - P) * x.pixel + c * x.channel] *
                       a->w[(tap * a->C + c) * a->ldw + k];
        }
        a->y[n * y.image + p * y.pixel + k * y.channel] = sum;
    }
}

BM_MUTANT(.run = run);
