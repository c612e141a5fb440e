/* SPDX-License-Identifier: MIT */
/*
 * conv_loops.h - the loops of conv_*_autovec and their _omp files, for the compiler to vectorise: along output channels in
 * channels-last, along rows of pixels in channels-first. A thread has rows of images, planes of a channel, or rows of dw.
 */
#ifndef BATCHMARK_CONV_LOOPS_H
#define BATCHMARK_CONV_LOOPS_H

#include "conv_threads.h"

enum { CONV_LANES = 16, CONV_STRIP = 64 }; /* sums side by side */

/* sum += f x */
static inline void conv_add(float *restrict sum, const float *restrict x, float f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += f * x[i];
}

/* lane[] += x y, in the order of lanes: one sum in the order of its terms would be no vector. */
static inline void conv_dot(float *restrict lane, const float *restrict x, const float *restrict y, size_t n)
{
    size_t i = 0;
    for (; n - i >= CONV_LANES; i += CONV_LANES)
        for (size_t l = 0; l < CONV_LANES; l++)
            lane[l] += x[i + l] * y[i + l];
    for (size_t l = 0; i + l < n; l++)
        lane[l] += x[i + l] * y[i + l];
}
static inline float conv_lanes(float *lane)
{
    for (size_t half = CONV_LANES / 2; half; half /= 2)
        for (size_t l = 0; l < half; l++)
            lane[l] += lane[l + half];
    return lane[0];
}

/* ---- channels-last ---- */

static inline void conv_loops_pixel(const struct bm_conv *a, size_t n, size_t h, size_t v)
{
    const size_t P = a->R / 2, at = (n * a->H + h) * a->W + v;
    float *y = a->y + at * a->ldy;
    for (size_t k = 0; k < a->K; k++)
        y[k] = a->bias[k];
    for (size_t r = 0; r < a->R; r++)
        for (size_t s = 0; s < a->R; s++) {
            if (h + r < P || h + r - P >= a->H || v + s < P || v + s - P >= a->W)
                continue;
            const float *x = a->x + ((n * a->H + h + r - P) * a->W + v + s - P) * a->ldx;
            for (size_t c = 0; c < a->C; c++)
                conv_add(y, a->w + ((r * a->R + s) * a->C + c) * a->ldw, x[c], a->K);
        }
}

static inline void conv_loops_pixel_back(const struct bm_conv *a, size_t n, size_t h, size_t v)
{
    const size_t P = a->R / 2, at = (n * a->H + h) * a->W + v;
    for (size_t c = 0; c < a->C; c++) {
        float lane[CONV_LANES] = { 0 };
        for (size_t r = 0; r < a->R; r++)
            for (size_t s = 0; s < a->R; s++)
                if (h + P >= r && h + P - r < a->H && v + P >= s && v + P - s < a->W)
                    conv_dot(lane, a->dy + ((n * a->H + h + P - r) * a->W + v + P - s) * a->ldy,
                             a->w + ((r * a->R + s) * a->C + c) * a->ldw, a->K);
        a->dx[at * a->ldx + c] = conv_lanes(lane);
    }
}

/* Up to CONV_STRIP elements of a row of dw, or with x = NULL of db. */
static inline void conv_loops_strip(const struct bm_conv *a, const float *x, size_t r, size_t s, const float *dy,
                                    size_t n, float *out)
{
    const size_t P = a->R / 2;
    const struct bm_inside rows = bm_inside(a->H, r, P), cols = bm_inside(a->W, s, P);
    float sum[CONV_STRIP] = { 0 };
    for (size_t i = 0; i < a->N; i++) {
        float image[CONV_STRIP] = { 0 };
        for (size_t h = rows.begin; h < rows.end; h++) {
            float row[CONV_STRIP] = { 0 };
            for (size_t v = cols.begin; v < cols.end; v++)
                conv_add(row, dy + ((i * a->H + h) * a->W + v) * a->ldy,
                         x ? x[((i * a->H + h + r - P) * a->W + v + s - P) * a->ldx] : 1, n);
            conv_add(image, row, 1, n);
        }
        conv_add(sum, image, 1, n);
    }
    for (size_t k = 0; k < n; k++)
        out[k] = sum[k];
}

/* ---- channels-first ---- */

/* A plane of y or dx: sums over planes of the other, moved by the taps. w: of the plane's channel, w_step to the next. */
static inline void conv_loops_plane(const struct bm_conv *a, bool back, float *out, const float *in, size_t count,
                                    const float *w, size_t w_step, float bias)
{
    const size_t P = a->R / 2, pixels = a->H * a->W;
    for (size_t p = 0; p < pixels; p++)
        out[p] = bias;
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < a->R; r++)
            for (size_t s = 0; s < a->R; s++) {
                const size_t down = back ? a->R - 1 - r : r, right = back ? a->R - 1 - s : s;
                const struct bm_inside rows = bm_inside(a->H, down, P), cols = bm_inside(a->W, right, P);
                for (size_t h = rows.begin; h < rows.end; h++)
                    conv_add(out + h * a->W + cols.begin,
                             in + i * pixels + (h + down - P) * a->W + cols.begin + right - P,
                             w[(r * a->R + s) * a->C * a->ldw + i * w_step], cols.end - cols.begin);
            }
}

/* One element of dw: a row of an image goes to the lanes of a sum. */
static inline float conv_loops_weight(const struct bm_conv *a, const float *x, size_t r, size_t s, const float *dy)
{
    const size_t P = a->R / 2;
    const struct bm_inside rows = bm_inside(a->H, r, P), cols = bm_inside(a->W, s, P);
    float sum = 0;
    for (size_t n = 0; n < a->N; n++) {
        float image = 0;
        for (size_t h = rows.begin; h < rows.end; h++) {
            float lane[CONV_LANES] = { 0 };
            conv_dot(lane, dy + n * a->ldy + h * a->W + cols.begin,
                     x + n * a->ldx + (h + r - P) * a->W + cols.begin + s - P, cols.end - cols.begin);
            image += conv_lanes(lane);
        }
        sum += image;
    }
    return sum;
}
static inline float conv_loops_bias(const struct bm_conv *a, const float *dy)
{
    float sum = 0;
    for (size_t n = 0; n < a->N; n++) {
        float image = 0;
        for (size_t h = 0; h < a->H; h++) {
            float row = 0;
            for (size_t v = 0; v < a->W; v++)
                row += dy[n * a->ldy + h * a->W + v];
            image += row;
        }
        sum += image;
    }
    return sum;
}

/* ---- of a thread ---- */

CONV_BODY conv_loops_forward(const struct bm_conv *a, int me, int team)
{
    const bool first = a->layout == BM_CHANNELS_FIRST;
    const size_t pixels = a->H * a->W;
    const struct bm_range mine = bm_share(a->N * (first ? a->K : a->H), 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        if (first)
            conv_loops_plane(a, false, a->y + i / a->K * a->ldy + i % a->K * pixels, a->x + i / a->K * a->ldx, a->C,
                             a->w + i % a->K, a->ldw, a->bias[i % a->K]);
        else
            for (size_t v = 0; v < a->W; v++)
                conv_loops_pixel(a, i / a->H, i % a->H, v);
}

CONV_BODY conv_loops_input_gradient(const struct bm_conv *a, int me, int team)
{
    const bool first = a->layout == BM_CHANNELS_FIRST;
    const size_t pixels = a->H * a->W;
    const struct bm_range mine = bm_share(a->N * (first ? a->C : a->H), 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        if (first)
            conv_loops_plane(a, true, a->dx + i / a->C * a->ldx + i % a->C * pixels, a->dy + i / a->C * a->ldy, a->K,
                             a->w + i % a->C * a->ldw, 1, 0);
        else
            for (size_t v = 0; v < a->W; v++)
                conv_loops_pixel_back(a, i / a->H, i % a->H, v);
}

CONV_BODY conv_loops_weight_gradient(const struct bm_conv *a, int me, int team)
{
    const bool first = a->layout == BM_CHANNELS_FIRST;
    const size_t pixels = a->H * a->W, rows = a->R * a->R * a->C;
    const struct bm_range mine = bm_share(rows, 1, me, team), of_db = bm_share(a->K, CONV_STRIP, me, team);
    for (size_t i = mine.begin; i < mine.end; i++) {
        const size_t r = i / a->C / a->R, s = i / a->C % a->R, c = i % a->C;
        float *dw = a->dw + i * a->ldw;
        if (first)
            for (size_t k = 0; k < a->K; k++)
                dw[k] = conv_loops_weight(a, a->x + c * pixels, r, s, a->dy + k * pixels);
        else
            for (size_t k = 0; k < a->K; k += CONV_STRIP)
                conv_loops_strip(a, a->x + c, r, s, a->dy + k, a->K - k < CONV_STRIP ? a->K - k : CONV_STRIP, dw + k);
    }
    if (first)
        for (size_t k = of_db.begin; k < of_db.end; k++)
            a->db[k] = conv_loops_bias(a, a->dy + k * pixels);
    else
        for (size_t k = of_db.begin; k < of_db.end; k += CONV_STRIP)
            conv_loops_strip(a, NULL, a->R / 2, a->R / 2, a->dy + k,
                             of_db.end - k < CONV_STRIP ? of_db.end - k : CONV_STRIP, a->db + k);
}

#endif
