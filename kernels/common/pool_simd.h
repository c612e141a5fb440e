/* SPDX-License-Identifier: MIT */
/*
 * pool_simd.h - the loops of max_pool_* in vectors: along channels in channels-last, with masked tails; in channels-first along
 * a row of outputs, whose pixels are every second of a row of x, and then one at a time. Threads as in pool_loops.h.
 */
#ifndef BATCHMARK_POOL_SIMD_H
#define BATCHMARK_POOL_SIMD_H

#include "pool_loops.h"
#include "simd_pool.h"

static inline vf pool_get(const float *p, size_t lanes)
{
    return lanes < VF ? vf_load_first(p, vf_first(lanes)) : vf_load(p);
}
static inline void pool_put(float *p, size_t lanes, vf v)
{
    if (lanes < VF)
        vf_store_first(p, vf_first(lanes), v);
    else
        vf_store(p, v);
}

/* A row of outputs of a plane. */
static inline void pool_simd_row(float *y, const float *x0, const float *x1, size_t n)
{
    size_t i = 0;
    for (; n - i >= VF; i += VF) {
        vf a, b, c, d;
        vf_split(x0 + 2 * i, &a, &b);
        vf_split(x1 + 2 * i, &c, &d);
        vf_store(y + i, vf_largest(a, b, c, d));
    }
    pool_max(y + i, x0 + 2 * i, x1 + 2 * i, 1, 2, n - i);
}

static inline void pool_simd_row_back(const float *dy, const float *x0, const float *x1, float *d0, float *d1, size_t n)
{
    size_t i = 0;
    for (; n - i >= VF; i += VF) {
        vf a, b, c, d;
        vf_split(x0 + 2 * i, &a, &b);
        vf_split(x1 + 2 * i, &c, &d);
        vf_back_to(vf_load(dy + i), &a, &b, &c, &d);
        vf_join(d0 + 2 * i, a, b);
        vf_join(d1 + 2 * i, c, d);
    }
    pool_back(dy + i, x0 + 2 * i, x1 + 2 * i, d0 + 2 * i, d1 + 2 * i, 1, 2, n - i);
}

CONV_BODY pool_simd_forward(const struct bm_pool *a, int me, int team)
{
    const size_t H = a->H / 2, W = a->W / 2, ld = a->ldx;
    const struct bm_range mine = bm_share(a->N * (a->layout == BM_CHANNELS_FIRST ? a->C : H), 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++) {
        if (a->layout == BM_CHANNELS_FIRST) {
            for (size_t h = 0; h < H; h++) {
                const float *x = a->x + i / a->C * ld + (i % a->C * a->H + 2 * h) * a->W;
                pool_simd_row(a->y + i / a->C * a->ldy + (i % a->C * H + h) * W, x, x + a->W, W);
            }
            continue;
        }
        for (size_t v = 0; v < W; v++) {
            const float *x0 = a->x + ((i / H * a->H + i % H * 2) * a->W + 2 * v) * ld, *x1 = x0 + a->W * ld;
            float *y = a->y + (i * W + v) * a->ldy;
            for (size_t c = 0; c < a->C; c += VF) {
                const size_t lanes = a->C - c;
                pool_put(y + c, lanes,
                         vf_largest(pool_get(x0 + c, lanes), pool_get(x0 + ld + c, lanes), pool_get(x1 + c, lanes),
                                    pool_get(x1 + ld + c, lanes)));
            }
        }
    }
}

/* As pool_loops_pair(). */
static inline void pool_simd_pair(const struct bm_pool *a, size_t n, size_t c, size_t h)
{
    const size_t H = a->H / 2, W = a->W / 2, ld = a->ldx;
    const bool first = a->layout == BM_CHANNELS_FIRST;
    const size_t at = first ? n * ld + (c * a->H + 2 * h) * a->W : (n * a->H + 2 * h) * a->W * ld;
    const float *x0 = a->x + at, *dy = first ? a->dy + n * a->ldy + (c * H + h) * W : a->dy + (n * H + h) * W * a->ldy;
    float *d0 = a->dx + at;
    const size_t down = first ? a->W : a->W * ld, width = h < H ? W : 0;
    if (first)
        pool_simd_row_back(dy, x0, x0 + down, d0, d0 + down, width);
    else
        for (size_t v = 0; v < width; v++)
            for (size_t i = 0; i < a->C; i += VF) {
                const size_t lanes = a->C - i, p = 2 * v * ld + i, q = p + down;
                vf k = pool_get(x0 + p, lanes), l = pool_get(x0 + p + ld, lanes), m = pool_get(x0 + q, lanes),
                   o = pool_get(x0 + q + ld, lanes);
                vf_back_to(pool_get(dy + v * a->ldy + i, lanes), &k, &l, &m, &o);
                pool_put(d0 + p, lanes, k), pool_put(d0 + p + ld, lanes, l);
                pool_put(d0 + q, lanes, m), pool_put(d0 + q + ld, lanes, o);
            }
    for (size_t row = 0; row < (h < H ? 2 : 1); row++, d0 += down)
        for (size_t v = 2 * width; v < a->W; v++)
            pool_clear(d0 + v * (first ? 1 : ld), first ? 1 : a->C);
}

CONV_BODY pool_simd_backward(const struct bm_pool *a, int me, int team)
{
    const size_t pairs = (a->H + 1) / 2;
    const bool first = a->layout == BM_CHANNELS_FIRST;
    const struct bm_range mine = bm_share(a->N * (first ? a->C : pairs), 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        if (first)
            for (size_t h = 0; h < pairs; h++)
                pool_simd_pair(a, i / a->C, i % a->C, h);
        else
            pool_simd_pair(a, i / pairs, 0, i % pairs);
}

#endif
