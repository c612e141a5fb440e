/* SPDX-License-Identifier: MIT */
/*
 * max_pool_backward_neon_omp - the gradient of the largest of 2 x 2 pixels in NEON vectors of 4 floats, on several
 * threads.
 *     dx = dy at the one of four x that was taken, else 0: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read and 4 B written an element of x, and a quarter of that read of dy.
 * Idea:    channels-last: vectors of channels; channels-first: every second pixel of two rows; comparisons are masks,
 *          and nothing branches; pairs of rows, or in channels-first planes of a channel shared.
 * Error:   exact. The same bits for every number of threads.
 * Tail:    channels: lane by lane; rows: one output at a time.
 * Loses:   in channels-first where rows of outputs are shorter than a vector.
 */
#include "conv_threads.h"
#include "simd_pool.h"

/* Channels-last: rows 2 h and 2 h + 1 of dx, along channels. What an odd last row or column has is 0. */
static inline void pair(const struct bm_pool *a, size_t n, size_t h)
{
    const size_t W = a->W / 2, ld = a->ldx, down = a->W * ld, at = (n * a->H + 2 * h) * down,
                 width = h < a->H / 2 ? W : 0;
    for (size_t v = 0; v < width; v++) {
        const float *x = a->x + at + 2 * v * ld, *dy = a->dy + ((n * (a->H / 2) + h) * W + v) * a->ldy;
        float *dx = a->dx + at + 2 * v * ld;
        for (size_t c = 0; c < a->C; c += VF) {
            const size_t lanes = a->C - c;
            vf left0 = vf_get(x + c, lanes), right0 = vf_get(x + ld + c, lanes);
            vf left1 = vf_get(x + down + c, lanes), right1 = vf_get(x + down + ld + c, lanes);
            vf_back_to(vf_get(dy + c, lanes), &left0, &right0, &left1, &right1);
            vf_put(dx + c, lanes, left0), vf_put(dx + ld + c, lanes, right0);
            vf_put(dx + down + c, lanes, left1), vf_put(dx + down + ld + c, lanes, right1);
        }
    }
    for (size_t i = 2 * h; i < a->H && i < 2 * h + 2; i++)
        for (size_t v = 2 * width; v < a->W; v++)
            for (size_t c = 0; c < a->C; c += VF)
                vf_put(a->dx + ((n * a->H + i) * a->W + v) * ld + c, a->C - c, vf_zero());
}

/* Channels-first: a plane of dx, along its rows; pixels of even and of odd number are vectors. */
static inline void plane(const struct bm_pool *a, size_t n, size_t c)
{
    const size_t H = a->H / 2, W = a->W / 2, at = n * a->ldx + c * a->H * a->W;
    for (size_t h = 0; h < H; h++) {
        const float *x0 = a->x + at + 2 * h * a->W, *x1 = x0 + a->W, *dy = a->dy + n * a->ldy + (c * H + h) * W;
        float *dx = a->dx + at + 2 * h * a->W;
        size_t v = 0;
        for (; W - v >= VF; v += VF) {
            vf even0, odd0, even1, odd1;
            vf_split(x0 + 2 * v, &even0, &odd0);
            vf_split(x1 + 2 * v, &even1, &odd1);
            vf_back_to(vf_load(dy + v), &even0, &odd0, &even1, &odd1);
            vf_join(dx + 2 * v, even0, odd0);
            vf_join(dx + a->W + 2 * v, even1, odd1);
        }
        for (; v < W; v++)
            pool_back(x0 + 2 * v, dx + 2 * v, 1, a->W, dy[v]);
    }
    for (size_t i = 0; i < a->H; i++)
        for (size_t v = i < 2 * H ? 2 * W : 0; v < a->W; v++)
            a->dx[at + i * a->W + v] = 0;
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
            pair(a, i / ((a->H + 1) / 2), i % ((a->H + 1) / 2));
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

BM_KERNEL(.idea = "channels-last: vectors of channels; channels-first: every second pixel of two rows; "
                  "comparisons are masks, and nothing branches; pairs of rows, or in channels-first planes of a "
                  "channel shared",
          .source = "Scherer, Mueller & Behnke, \"Evaluation of Pooling Operations in Convolutional "
                    "Architectures\", ICANN 2010",
          .loses = "in channels-first where rows of outputs are shorter than a vector",
          .run = run);
