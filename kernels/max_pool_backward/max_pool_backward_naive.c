/* SPDX-License-Identifier: MIT */
/*
 * max_pool_backward_naive - the gradient of the largest of 2 x 2 pixels by plain comparisons, vectorisation off.
 *     dx = dy at the one of four x that was taken, else 0: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read and 4 B written an element of x, and a quarter of that read of dy.
 * Idea:    three comparisons an output; which was taken is found again from x, so no index is stored; vectorisation
 *          off.
 * Error:   exact.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "conv.h"
#include "kernel.h"
#include "pool_taken.h"

/* Rows 2 h and 2 h + 1 of dx, of channels c to end - 1. What an odd last row or column has is 0. */
static void pair(const struct bm_pool *a, size_t n, size_t h, size_t c, size_t end)
{
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, (a->H / 2) * (a->W / 2), a->ldy);
    const size_t right = x.pixel, down = a->W * x.pixel, rows = a->H - 2 * h;
    for (size_t v = 0; v < a->W; v += 2)
        for (size_t i = c; i < end; i++) {
            const size_t at = n * x.image + (2 * h * a->W + v) * x.pixel + i * x.channel;
            float *dx = a->dx + at;
            if (rows >= 2 && a->W - v >= 2) {
                pool_back(a->x + at, dx, right, down,
                          a->dy[n * y.image + (h * (a->W / 2) + v / 2) * y.pixel + i * y.channel]);
                continue;
            }
            dx[0] = 0;
            if (rows >= 2)
                dx[down] = 0;
            if (a->W - v >= 2)
                dx[right] = 0;
        }
}

static void plane(const struct bm_pool *a, size_t n, size_t c)
{
    for (size_t h = 0; 2 * h < a->H; h++)
        pair(a, n, h, c, c + 1);
}

static void run(const void *args)
{
    const struct bm_pool *a = args;
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t i = 0; i < a->N * a->C; i++)
            plane(a, i / a->C, i % a->C);
    else
        for (size_t i = 0; i < a->N * ((a->H + 1) / 2); i++)
            pair(a, i / ((a->H + 1) / 2), i % ((a->H + 1) / 2), 0, a->C);
}

BM_KERNEL(.idea = "three comparisons an output; which was taken is found again from x, so no index is stored; "
                  "vectorisation off",
          .source = "Scherer, Mueller & Behnke, \"Evaluation of Pooling Operations in Convolutional "
                    "Architectures\", ICANN 2010",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
