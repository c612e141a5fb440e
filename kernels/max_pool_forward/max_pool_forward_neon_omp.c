/* SPDX-License-Identifier: MIT */
/*
 * max_pool_forward_neon_omp - the largest of 2 x 2 pixels in NEON vectors of 4 floats, on several threads.
 *     y_nhwc = the first NaN, else the first of the largest of four x: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read an element of x, and a quarter of that written.
 * Idea:    channels-last: vectors of channels; channels-first: every second pixel of two rows; comparisons are masks,
 *          and nothing branches; pairs of rows, or in channels-first planes of a channel shared.
 * Error:   exact. The same bits for every number of threads.
 * Tail:    channels: lane by lane; rows: one output at a time.
 * Loses:   in channels-first where rows of outputs are shorter than a vector.
 */
#include "conv_threads.h"
#include "simd_pool.h"

/* Channels-last: a row of outputs, along channels. */
static inline void row(const struct bm_pool *a, size_t n, size_t h)
{
    const size_t W = a->W / 2, ld = a->ldx;
    for (size_t v = 0; v < W; v++) {
        const float *x0 = a->x + ((n * a->H + 2 * h) * a->W + 2 * v) * ld, *x1 = x0 + a->W * ld;
        float *y = a->y + ((n * (a->H / 2) + h) * W + v) * a->ldy;
        for (size_t c = 0; c < a->C; c += VF) {
            const size_t lanes = a->C - c;
            vf_put(y + c, lanes,
                   vf_largest(vf_get(x0 + c, lanes), vf_get(x0 + ld + c, lanes), vf_get(x1 + c, lanes),
                              vf_get(x1 + ld + c, lanes)));
        }
    }
}

/* Channels-first: a plane of outputs, along its rows; pixels of even and of odd number are vectors. */
static inline void plane(const struct bm_pool *a, size_t n, size_t c)
{
    const size_t H = a->H / 2, W = a->W / 2;
    for (size_t h = 0; h < H; h++) {
        const float *x0 = a->x + n * a->ldx + (c * a->H + 2 * h) * a->W, *x1 = x0 + a->W;
        float *y = a->y + n * a->ldy + (c * H + h) * W;
        size_t v = 0;
        for (; W - v >= VF; v += VF) {
            vf even0, odd0, even1, odd1;
            vf_split(x0 + 2 * v, &even0, &odd0);
            vf_split(x1 + 2 * v, &even1, &odd1);
            vf_store(y + v, vf_largest(even0, odd0, even1, odd1));
        }
        for (; v < W; v++)
            y[v] = pool_largest(x0 + 2 * v, 1, a->W);
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

BM_KERNEL(.idea = "channels-last: vectors of channels; channels-first: every second pixel of two rows; "
                  "comparisons are masks, and nothing branches; pairs of rows, or in channels-first planes of a "
                  "channel shared",
          .source = "Scherer, Mueller & Behnke, \"Evaluation of Pooling Operations in Convolutional "
                    "Architectures\", ICANN 2010",
          .loses = "in channels-first where rows of outputs are shorter than a vector",
          .run = run);
