/* SPDX-License-Identifier: MIT */
/*
 * max_pool_forward_autovec_omp - the largest of 2 x 2 pixels by plain loops, left to the compiler, on several
 * threads.
 *     y_nhwc = the first NaN, else the first of the largest of four x: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read an element of x, and a quarter of that written.
 * Idea:    loops along channels, or in channels-first along a row of outputs; the compiler vectorises what it can;
 *          pairs of rows, or in channels-first planes of a channel shared.
 * Error:   exact. The same bits for every number of threads.
 * Tail:    the compiler's.
 * Loses:   to intrinsics, where the compiler does not see that all four are read anyway.
 */
#include "conv_threads.h"
#include "pool_taken.h"

/* Channels-last: a row of outputs, along channels. */
static inline void row(const struct bm_pool *a, size_t n, size_t h)
{
    const size_t W = a->W / 2, ld = a->ldx;
    for (size_t v = 0; v < W; v++) {
        const float *x = a->x + ((n * a->H + 2 * h) * a->W + 2 * v) * ld;
        float *restrict y = a->y + ((n * (a->H / 2) + h) * W + v) * a->ldy;
        for (size_t c = 0; c < a->C; c++)
            y[c] = pool_largest(x + c, ld, a->W * ld);
    }
}

/* Channels-first: a plane of outputs, along its rows. */
static inline void plane(const struct bm_pool *a, size_t n, size_t c)
{
    const size_t H = a->H / 2, W = a->W / 2;
    for (size_t h = 0; h < H; h++) {
        const float *x = a->x + n * a->ldx + (c * a->H + 2 * h) * a->W;
        float *restrict y = a->y + n * a->ldy + (c * H + h) * W;
        for (size_t v = 0; v < W; v++)
            y[v] = pool_largest(x + 2 * v, 1, a->W);
    }
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
            row(a, i / (a->H / 2), i % (a->H / 2));
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

BM_KERNEL(.idea = "loops along channels, or in channels-first along a row of outputs; the compiler vectorises "
                  "what it can; pairs of rows, or in channels-first planes of a channel shared",
          .source = "Scherer, Mueller & Behnke, \"Evaluation of Pooling Operations in Convolutional "
                    "Architectures\", ICANN 2010",
          .loses = "to intrinsics, where the compiler does not see that all four are read anyway",
          .run = run);
