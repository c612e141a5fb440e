/* SPDX-License-Identifier: MIT */
/*
 * pool_loops.h - the loops of max_pool_*_naive, max_pool_*_autovec and their _omp files: along channels in channels-last, along
 * a row of outputs in channels-first. A thread has pairs of rows of images, or planes of a channel.
 */
#ifndef BATCHMARK_POOL_LOOPS_H
#define BATCHMARK_POOL_LOOPS_H

#include "conv_threads.h"

/* Does m keep its place against b, which comes after it? In these words gcc makes vectors of it. */
static inline bool pool_keeps(float m, float b) { return m >= b || m != m; }

/* n outputs `step` apart in x, of two rows: their second pixels are `right` further. */
static inline void pool_max(float *restrict y, const float *x0, const float *x1, size_t right, size_t step, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float right0 = x0[i * step + right], left1 = x1[i * step], right1 = x1[i * step + right];
        float m = x0[i * step];
        m = pool_keeps(m, right0) ? m : right0;
        m = pool_keeps(m, left1) ? m : left1;
        y[i] = pool_keeps(m, right1) ? m : right1;
    }
}

static inline void pool_back(const float *dy, const float *x0, const float *x1, float *d0, float *d1, size_t right,
                             size_t step, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const size_t l = i * step, r = l + right;
        float m = x0[l];
        const bool b1 = !pool_keeps(m, x0[r]);
        m = b1 ? x0[r] : m;
        const bool b2 = !pool_keeps(m, x1[l]);
        m = b2 ? x1[l] : m;
        const bool b3 = !pool_keeps(m, x1[r]);
        d0[l] = (b1 | b2 | b3) ? 0 : dy[i];
        d0[r] = (!b1 | b2 | b3) ? 0 : dy[i];
        d1[l] = (!b2 | b3) ? 0 : dy[i];
        d1[r] = b3 ? dy[i] : 0;
    }
}

static inline void pool_clear(float *d, size_t n)
{
    for (size_t i = 0; i < n; i++)
        d[i] = 0;
}

CONV_BODY pool_loops_forward(const struct bm_pool *a, int me, int team)
{
    const size_t H = a->H / 2, W = a->W / 2;
    const struct bm_range mine = bm_share(a->N * (a->layout == BM_CHANNELS_FIRST ? a->C : H), 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        if (a->layout == BM_CHANNELS_FIRST)
            for (size_t h = 0; h < H; h++) {
                const float *x = a->x + i / a->C * a->ldx + (i % a->C * a->H + 2 * h) * a->W;
                pool_max(a->y + i / a->C * a->ldy + (i % a->C * H + h) * W, x, x + a->W, 1, 2, W);
            }
        else
            for (size_t v = 0; v < W; v++) {
                const float *x = a->x + ((i / H * a->H + i % H * 2) * a->W + 2 * v) * a->ldx;
                pool_max(a->y + (i * W + v) * a->ldy, x, x + a->W * a->ldx, a->ldx, 1, a->C);
            }
}

/* Rows 2 h and 2 h + 1, the last of which may not exist, and then has no outputs: image n and, in channels-first, plane c. */
static inline void pool_loops_pair(const struct bm_pool *a, size_t n, size_t c, size_t h)
{
    const size_t H = a->H / 2, W = a->W / 2;
    const bool first = a->layout == BM_CHANNELS_FIRST;
    const size_t at = first ? n * a->ldx + (c * a->H + 2 * h) * a->W : (n * a->H + 2 * h) * a->W * a->ldx;
    const float *x = a->x + at, *dy = first ? a->dy + n * a->ldy + (c * H + h) * W : a->dy + (n * H + h) * W * a->ldy;
    float *dx = a->dx + at;
    const size_t down = first ? a->W : a->W * a->ldx, width = h < H ? W : 0;
    if (first)
        pool_back(dy, x, x + down, dx, dx + down, 1, 2, width);
    else
        for (size_t v = 0; v < width; v++)
            pool_back(dy + v * a->ldy, x + 2 * v * a->ldx, x + down + 2 * v * a->ldx, dx + 2 * v * a->ldx,
                      dx + down + 2 * v * a->ldx, a->ldx, 1, a->C);
    for (size_t row = 0; row < (h < H ? 2 : 1); row++, dx += down)
        for (size_t v = 2 * width; v < a->W; v++)
            pool_clear(dx + v * (first ? 1 : a->ldx), first ? 1 : a->C);
}

CONV_BODY pool_loops_backward(const struct bm_pool *a, int me, int team)
{
    const size_t pairs = (a->H + 1) / 2;
    const bool first = a->layout == BM_CHANNELS_FIRST;
    const struct bm_range mine = bm_share(a->N * (first ? a->C : pairs), 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        if (first)
            for (size_t h = 0; h < pairs; h++)
                pool_loops_pair(a, i / a->C, i % a->C, h);
        else
            pool_loops_pair(a, i / pairs, 0, i % pairs);
}

#endif
