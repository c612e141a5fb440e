/* SPDX-License-Identifier: MIT */
/*
 * max_pool_forward_naive_omp - the largest of 2 x 2 pixels by plain comparisons, vectorisation off, on several
 * threads.
 *     y_nhwc = the first NaN, else the first of the largest of four x: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read an element of x, and a quarter of that written.
 * Idea:    three comparisons an output; which was taken is found again from x, so no index is stored; vectorisation
 *          off; pairs of rows, or in channels-first planes of a channel shared.
 * Error:   exact. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "conv_threads.h"
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

/* Planes in channels-first, else rows of images.
 * Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends on it. */
static __attribute__((noinline)) void part(const struct bm_pool *a, size_t begin, size_t end)
{
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t i = begin; i < end; i++)
            plane(a, i / a->C, i % a->C);
    else
        for (size_t i = begin; i < end; i++)
            row(a, i / (a->H / 2), i % (a->H / 2), 0, a->C);
}

static void run(const void *args)
{
    const struct bm_pool *a = args;
    const size_t parts = a->N * (a->layout == BM_CHANNELS_FIRST ? a->C : (a->H / 2));
    const int threads = pool_threads(a);
    if (threads <= 1) {
        part(a, 0, parts);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        const struct bm_range mine = bm_share(parts, 1, omp_get_thread_num(), omp_get_num_threads());
        part(a, mine.begin, mine.end);
    }
}

BM_KERNEL(.idea = "three comparisons an output; which was taken is found again from x, so no index is stored; "
                  "vectorisation off; pairs of rows, or in channels-first planes of a channel shared",
          .source = "Scherer, Mueller & Behnke, \"Evaluation of Pooling Operations in Convolutional "
                    "Architectures\", ICANN 2010",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
