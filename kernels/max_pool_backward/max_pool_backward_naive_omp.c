/* SPDX-License-Identifier: MIT */
/*
 * max_pool_backward_naive_omp - the gradient of the largest of 2 x 2 pixels by plain comparisons, vectorisation off,
 * on several threads.
 *     dx = dy at the one of four x that was taken, else 0: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read and 4 B written an element of x, and a quarter of that read of dy.
 * Idea:    three comparisons an output; which was taken is found again from x, so no index is stored; vectorisation
 *          off; pairs of rows, or in channels-first planes of a channel shared.
 * Error:   exact. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "conv_threads.h"
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

/* Planes in channels-first, else pairs of rows of images.
 * Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends on it. */
static __attribute__((noinline)) void part(const struct bm_pool *a, size_t begin, size_t end)
{
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t i = begin; i < end; i++)
            plane(a, i / a->C, i % a->C);
    else
        for (size_t i = begin; i < end; i++)
            pair(a, i / ((a->H + 1) / 2), i % ((a->H + 1) / 2), 0, a->C);
}

static void run(const void *args)
{
    const struct bm_pool *a = args;
    const size_t parts = a->N * (a->layout == BM_CHANNELS_FIRST ? a->C : ((a->H + 1) / 2));
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
