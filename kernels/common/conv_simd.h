/* SPDX-License-Identifier: MIT */
/*
 * conv_simd.h - the loops of the plain vector kernels of convolutions, in the words of simd.h.
 *
 *   channels-last    forward: four pixels by a vector of output channels in registers, along taps and input channels
 *                    input gradient: four input channels of a pixel, each a sum along vectors of output channels
 *                    weight gradient: four input channels by a vector of output channels, along the pixels of a row
 *   channels-first   along rows of pixels: a row of a plane gets four channels of the other at a time; weight gradients are
 *                    four sums along rows
 *
 * A thread has rows of images, planes of a channel, or four rows of dw. Tails are masked vectors.
 */
#ifndef BATCHMARK_CONV_SIMD_H
#define BATCHMARK_CONV_SIMD_H

#include "conv_threads.h"
#include "simd.h"

enum { CONV_FOUR = 4 };

static inline size_t conv_least(size_t a, size_t b) { return a < b ? a : b; }

/* The first `lanes` of a vector, or all; the others load as 0. */
static inline __attribute__((always_inline)) vf conv_get(const float *p, size_t lanes)
{
    return lanes < VF ? vf_load_first(p, vf_first(lanes)) : vf_load(p);
}
static inline __attribute__((always_inline)) void conv_put(float *p, size_t lanes, vf v)
{
    if (lanes < VF)
        vf_store_first(p, vf_first(lanes), v);
    else
        vf_store(p, v);
}

/* ---- channels-last ---- */

/* A vector of outputs of `count` pixels, one or four; of four all taps must lie inside along the row. */
static inline __attribute__((always_inline)) void conv_simd_pixels(const struct bm_conv *a, size_t n, size_t h,
                                                                   size_t v, size_t k, const size_t count)
{
    const size_t P = a->R / 2, lanes = a->K - k, ld = a->ldx;
    float *y = a->y + ((n * a->H + h) * a->W + v) * a->ldy + k;
    vf y0 = conv_get(a->bias + k, lanes), y1 = y0, y2 = y0, y3 = y0;
    for (size_t r = 0; r < a->R; r++) {
        if (h + r < P || h + r - P >= a->H)
            continue;
        for (size_t s = 0; s < a->R; s++) {
            if (v + s < P || v + s - P >= a->W)
                continue;
            const float *x = a->x + ((n * a->H + h + r - P) * a->W + v + s - P) * ld;
            const float *w = a->w + (r * a->R + s) * a->C * a->ldw + k;
            for (size_t c = 0; c < a->C; c++, w += a->ldw) {
                const vf weight = conv_get(w, lanes);
                y0 = vf_fma(vf_set1(x[c]), weight, y0);
                if (count == CONV_FOUR) {
                    y1 = vf_fma(vf_set1(x[c + ld]), weight, y1);
                    y2 = vf_fma(vf_set1(x[c + 2 * ld]), weight, y2);
                    y3 = vf_fma(vf_set1(x[c + 3 * ld]), weight, y3);
                }
            }
        }
    }
    conv_put(y, lanes, y0);
    if (count == CONV_FOUR) {
        conv_put(y + a->ldy, lanes, y1);
        conv_put(y + 2 * a->ldy, lanes, y2);
        conv_put(y + 3 * a->ldy, lanes, y3);
    }
}

static inline void conv_simd_row(const struct bm_conv *a, size_t n, size_t h)
{
    const size_t P = a->R / 2;
    for (size_t v = 0, step; v < a->W; v += step) {
        step = v >= P && v + CONV_FOUR + P <= a->W ? CONV_FOUR : 1;
        for (size_t k = 0; k < a->K; k += VF)
            if (step == CONV_FOUR)
                conv_simd_pixels(a, n, h, v, k, CONV_FOUR);
            else
                conv_simd_pixels(a, n, h, v, k, 1);
    }
}

/* `count` elements of a pixel of dx, one or four. */
static inline __attribute__((always_inline)) void conv_simd_back(const struct bm_conv *a, size_t n, size_t h, size_t v,
                                                                 size_t c, const size_t count)
{
    const size_t P = a->R / 2, ld = a->ldw;
    float *dx = a->dx + ((n * a->H + h) * a->W + v) * a->ldx + c;
    vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t r = 0; r < a->R; r++)
        for (size_t s = 0; s < a->R; s++) {
            if (h + P < r || h + P - r >= a->H || v + P < s || v + P - s >= a->W)
                continue;
            const float *dy = a->dy + ((n * a->H + h + P - r) * a->W + v + P - s) * a->ldy;
            const float *w = a->w + ((r * a->R + s) * a->C + c) * ld;
            for (size_t k = 0; k < a->K; k += VF) {
                const size_t lanes = a->K - k;
                const vf d = conv_get(dy + k, lanes);
                s0 = vf_fma(d, conv_get(w + k, lanes), s0);
                if (count == CONV_FOUR) {
                    s1 = vf_fma(d, conv_get(w + ld + k, lanes), s1);
                    s2 = vf_fma(d, conv_get(w + 2 * ld + k, lanes), s2);
                    s3 = vf_fma(d, conv_get(w + 3 * ld + k, lanes), s3);
                }
            }
        }
    dx[0] = vf_sum(s0);
    if (count == CONV_FOUR)
        dx[1] = vf_sum(s1), dx[2] = vf_sum(s2), dx[3] = vf_sum(s3);
}

/* A vector of `count` rows of dw, one or four input channels from x on; with x = NULL of db. */
static inline __attribute__((always_inline)) void conv_simd_weights(const struct bm_conv *a, const float *x, size_t r,
                                                                    size_t s, size_t k, float *out, const size_t count)
{
    const size_t P = a->R / 2, lanes = a->K - k;
    const struct bm_inside rows = bm_inside(a->H, r, P), cols = bm_inside(a->W, s, P);
    vf t0 = vf_zero(), t1 = t0, t2 = t0, t3 = t0;
    for (size_t n = 0; n < a->N; n++) {
        vf i0 = vf_zero(), i1 = i0, i2 = i0, i3 = i0; /* of an image */
        for (size_t h = rows.begin; h < rows.end; h++) {
            vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0;
            for (size_t v = cols.begin; v < cols.end; v++) {
                const vf d = conv_get(a->dy + ((n * a->H + h) * a->W + v) * a->ldy + k, lanes);
                const float *at = x ? x + ((n * a->H + h + r - P) * a->W + v + s - P) * a->ldx : NULL;
                s0 = at ? vf_fma(vf_set1(at[0]), d, s0) : vf_add(s0, d);
                if (count == CONV_FOUR) {
                    s1 = vf_fma(vf_set1(at[1]), d, s1);
                    s2 = vf_fma(vf_set1(at[2]), d, s2);
                    s3 = vf_fma(vf_set1(at[3]), d, s3);
                }
            }
            i0 = vf_add(i0, s0), i1 = vf_add(i1, s1), i2 = vf_add(i2, s2), i3 = vf_add(i3, s3);
        }
        t0 = vf_add(t0, i0), t1 = vf_add(t1, i1), t2 = vf_add(t2, i2), t3 = vf_add(t3, i3);
    }
    conv_put(out, lanes, t0);
    if (count == CONV_FOUR) {
        conv_put(out + a->ldw, lanes, t1);
        conv_put(out + 2 * a->ldw, lanes, t2);
        conv_put(out + 3 * a->ldw, lanes, t3);
    }
}

/* ---- channels-first ---- */

/* out += sum of f_i in_i, of `count` planes, one or four, `apart` from each other; n pixels. */
static inline __attribute__((always_inline)) void conv_simd_add(float *out, const float *in, size_t apart,
                                                                const float *f, size_t n, const size_t count)
{
    const bool four = count == CONV_FOUR;
    const vf f0 = vf_set1(f[0]), f1 = vf_set1(f[four]), f2 = vf_set1(f[four ? 2 : 0]), f3 = vf_set1(f[four ? 3 : 0]);
    for (size_t i = 0; i < n; i += VF) {
        const size_t lanes = n - i;
        vf sum = vf_fma(f0, conv_get(in + i, lanes), conv_get(out + i, lanes));
        if (four) {
            sum = vf_fma(f1, conv_get(in + apart + i, lanes), sum);
            sum = vf_fma(f2, conv_get(in + 2 * apart + i, lanes), sum);
            sum = vf_fma(f3, conv_get(in + 3 * apart + i, lanes), sum);
        }
        conv_put(out + i, lanes, sum);
    }
}

/* A plane of y or dx: sums over planes of the other, moved by the taps. w: of the plane's channel, w_step to the next. */
static inline void conv_simd_plane(const struct bm_conv *a, bool back, float *out, const float *in, size_t count,
                                   const float *w, size_t w_step, float bias)
{
    const size_t P = a->R / 2, pixels = a->H * a->W;
    for (size_t p = 0; p < pixels; p++)
        out[p] = bias;
    for (size_t i = 0, step; i < count; i += step) {
        step = count - i >= CONV_FOUR ? CONV_FOUR : 1;
        for (size_t tap = 0; tap < a->R * a->R; tap++) {
            const size_t r = tap / a->R, s = tap % a->R;
            const size_t down = back ? a->R - 1 - r : r, right = back ? a->R - 1 - s : s;
            const struct bm_inside rows = bm_inside(a->H, down, P), cols = bm_inside(a->W, right, P);
            float f[CONV_FOUR];
            for (size_t j = 0; j < step; j++)
                f[j] = w[tap * a->C * a->ldw + (i + j) * w_step];
            for (size_t h = rows.begin; h < rows.end; h++) {
                float *to = out + h * a->W + cols.begin;
                const float *from = in + i * pixels + (h + down - P) * a->W + cols.begin + right - P;
                if (step == CONV_FOUR)
                    conv_simd_add(to, from, pixels, f, cols.end - cols.begin, CONV_FOUR);
                else
                    conv_simd_add(to, from, pixels, f, cols.end - cols.begin, 1);
            }
        }
    }
}

/* Elements (tap, c to c + count - 1, k) of dw, `count` one or four; with x = NULL of db. */
static inline __attribute__((always_inline)) void conv_simd_dots(const struct bm_conv *a, const float *x, size_t r,
                                                                 size_t s, const float *dy, float *out,
                                                                 const size_t count)
{
    const size_t P = a->R / 2, apart = a->H * a->W;
    const struct bm_inside rows = bm_inside(a->H, r, P), cols = bm_inside(a->W, s, P);
    float t0 = 0, t1 = 0, t2 = 0, t3 = 0;
    for (size_t n = 0; n < a->N; n++) {
        vf i0 = vf_zero(), i1 = i0, i2 = i0, i3 = i0; /* of an image */
        for (size_t h = rows.begin; h < rows.end; h++) {
            vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0;
            for (size_t v = cols.begin; v < cols.end; v += VF) {
                const size_t lanes = cols.end - v;
                const vf d = conv_get(dy + n * a->ldy + h * a->W + v, lanes);
                const float *at = x ? x + n * a->ldx + (h + r - P) * a->W + v + s - P : NULL;
                s0 = at ? vf_fma(conv_get(at, lanes), d, s0) : vf_add(s0, d);
                if (count == CONV_FOUR) {
                    s1 = vf_fma(conv_get(at + apart, lanes), d, s1);
                    s2 = vf_fma(conv_get(at + 2 * apart, lanes), d, s2);
                    s3 = vf_fma(conv_get(at + 3 * apart, lanes), d, s3);
                }
            }
            i0 = vf_add(i0, s0), i1 = vf_add(i1, s1), i2 = vf_add(i2, s2), i3 = vf_add(i3, s3);
        }
        t0 += vf_sum(i0), t1 += vf_sum(i1), t2 += vf_sum(i2), t3 += vf_sum(i3);
    }
    out[0] = t0;
    if (count == CONV_FOUR)
        out[a->ldw] = t1, out[2 * a->ldw] = t2, out[3 * a->ldw] = t3;
}

/* ---- of a thread ---- */

CONV_BODY conv_simd_forward(const struct bm_conv *a, int me, int team)
{
    const bool first = a->layout == BM_CHANNELS_FIRST;
    const struct bm_range mine = bm_share(a->N * (first ? a->K : a->H), 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        if (first)
            conv_simd_plane(a, false, a->y + i / a->K * a->ldy + i % a->K * a->H * a->W, a->x + i / a->K * a->ldx, a->C,
                            a->w + i % a->K, a->ldw, a->bias[i % a->K]);
        else
            conv_simd_row(a, i / a->H, i % a->H);
}

CONV_BODY conv_simd_input_gradient(const struct bm_conv *a, int me, int team)
{
    const bool first = a->layout == BM_CHANNELS_FIRST;
    const struct bm_range mine = bm_share(a->N * (first ? a->C : a->H), 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++) {
        if (first) {
            conv_simd_plane(a, true, a->dx + i / a->C * a->ldx + i % a->C * a->H * a->W, a->dy + i / a->C * a->ldy,
                            a->K, a->w + i % a->C * a->ldw, 1, 0);
            continue;
        }
        for (size_t v = 0; v < a->W; v++) {
            size_t c = 0;
            for (; a->C - c >= CONV_FOUR; c += CONV_FOUR)
                conv_simd_back(a, i / a->H, i % a->H, v, c, CONV_FOUR);
            for (; c < a->C; c++)
                conv_simd_back(a, i / a->H, i % a->H, v, c, 1);
        }
    }
}

/* Input channels c to c + count - 1 of a tap. */
static inline __attribute__((always_inline)) void conv_simd_rows_of_dw(const struct bm_conv *a, size_t tap, size_t c,
                                                                       const size_t count)
{
    const size_t r = tap / a->R, s = tap % a->R, pixels = a->H * a->W;
    float *dw = a->dw + (tap * a->C + c) * a->ldw;
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t k = 0; k < a->K; k++)
            conv_simd_dots(a, a->x + c * pixels, r, s, a->dy + k * pixels, dw + k, count);
    else
        for (size_t k = 0; k < a->K; k += VF)
            conv_simd_weights(a, a->x + c, r, s, k, dw + k, count);
}

CONV_BODY conv_simd_weight_gradient(const struct bm_conv *a, int me, int team)
{
    const size_t fours = (a->C + CONV_FOUR - 1) / CONV_FOUR, P = a->R / 2;
    const struct bm_range mine = bm_share(a->R * a->R * fours, 1, me, team), of_db = bm_share(a->K, 64, me, team);
    for (size_t i = mine.begin; i < mine.end; i++) {
        size_t c = i % fours * CONV_FOUR;
        if (a->C - c >= CONV_FOUR)
            conv_simd_rows_of_dw(a, i / fours, c, CONV_FOUR);
        else
            for (; c < a->C; c++)
                conv_simd_rows_of_dw(a, i / fours, c, 1);
    }
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t k = of_db.begin; k < of_db.end; k++)
            conv_simd_dots(a, NULL, P, P, a->dy + k * a->H * a->W, a->db + k, 1);
    else
        for (size_t k = of_db.begin; k < of_db.end; k += VF)
            conv_simd_weights(a, NULL, P, P, k, a->db + k, 1);
}

#endif
