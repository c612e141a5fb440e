/* SPDX-License-Identifier: MIT */
/*
 * conv_input_gradient_naive - gradient of a convolution by its input by the plain formula, vectorisation off.
 *     dx_nhwc = sum_rsk dy_n,h-r+P,w-s+P,k w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: each input once for every tap and output that it is part of, from whatever cache holds it.
 * Idea:    one sum after the other over taps and channels; vectorisation off.
 * Error:   (R R K + 4) u sum |dy w|: conv.h.
 * Tail:    none.
 * Loses:   always, to all others: it is the yardstick.
 */
#include "conv.h"
#include "kernel.h"

/* One element: over the outputs that it was part of, and the channels of dy. */
static float element(const struct bm_conv *a, const float *dy, struct bm_image_steps step, size_t h, size_t v, size_t c)
{
    const size_t P = a->R / 2;
    float sum = 0;
    for (size_t r = 0; r < a->R; r++)
        for (size_t s = 0; s < a->R; s++) {
            if (h + P < r || h + P - r >= a->H || v + P < s || v + P - s >= a->W)
                continue;
            const float *pixel = dy + ((h + P - r) * a->W + v + P - s) * step.pixel;
            const float *w = a->w + ((r * a->R + s) * a->C + c) * a->ldw;
            for (size_t k = 0; k < a->K; k++)
                sum += w[k] * pixel[k * step.channel];
        }
    return sum;
}

/* A row of dx. */
static void row_of_pixels(const struct bm_conv *a, size_t n, size_t h)
{
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, a->H * a->W, a->ldy);
    for (size_t v = 0; v < a->W; v++)
        for (size_t c = 0; c < a->C; c++)
            a->dx[n * x.image + (h * a->W + v) * x.pixel + c * x.channel] = element(a, a->dy + n * y.image, y, h, v, c);
}

static void run(const void *args)
{
    const struct bm_conv *a = args;
    for (size_t i = 0; i < a->N * a->H; i++)
        row_of_pixels(a, i / a->H, i % a->H);
}

BM_KERNEL(.idea = "one sum after the other over taps and channels; vectorisation off",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "always, to all others: it is the yardstick",
          .run = run);
