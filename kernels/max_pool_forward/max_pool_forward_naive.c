/* SPDX-License-Identifier: MIT */
/*
 * max_pool_forward_naive - the largest of 2 x 2 pixels by plain comparisons, vectorisation off.
 *     y_nhwc = the first NaN, else the first of the largest of four x: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read an element of x, and a quarter of that written.
 * Idea:    three comparisons an output; which was taken is found again from x, so no index is stored; vectorisation
 *          off.
 * Error:   exact.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "conv.h"
#include "kernel.h"
#include "pool_taken.h"

/* A row of outputs, of channels c to end - 1. */
static void row(const struct bm_pool *a, size_t n, size_t h, size_t c, size_t end)
{
    const size_t H = a->H / 2, W = a->W / 2;
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, H * W, a->ldy);
    for (size_t v = 0; v < W; v++)
        for (size_t i = c; i < end; i++)
            a->y[n * y.image + (h * W + v) * y.pixel + i * y.channel] = pool_largest(
                a->x + n * x.image + 2 * (h * a->W + v) * x.pixel + i * x.channel, x.pixel, a->W * x.pixel);
}

static void plane(const struct bm_pool *a, size_t n, size_t c)
{
    for (size_t h = 0; h < a->H / 2; h++)
        row(a, n, h, c, c + 1);
}

static void run(const void *args)
{
    const struct bm_pool *a = args;
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t i = 0; i < a->N * a->C; i++)
            plane(a, i / a->C, i % a->C);
    else
        for (size_t i = 0; i < a->N * (a->H / 2); i++)
            row(a, i / (a->H / 2), i % (a->H / 2), 0, a->C);
}

BM_KERNEL(.idea = "three comparisons an output; which was taken is found again from x, so no index is stored; "
                  "vectorisation off",
          .source = "Scherer, Mueller & Behnke, \"Evaluation of Pooling Operations in Convolutional "
                    "Architectures\", ICANN 2010",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
