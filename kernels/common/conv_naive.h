/* SPDX-License-Identifier: MIT */
/* conv_naive.h - the loops of conv_*_naive and their _omp files: the formulas of conv.h, one sum at a time. A thread has rows
 * of images, or rows of dw. */
#ifndef BATCHMARK_CONV_NAIVE_H
#define BATCHMARK_CONV_NAIVE_H

#include "conv_threads.h"

/* Over the taps of a pixel that lie inside, and the channels of `in`. back: taps lie on the other side. */
static inline float conv_naive_sum(const struct bm_conv *a, bool back, const float *in, struct bm_image_steps step,
                                   const float *w, size_t w_step, size_t row, size_t col, float sum)
{
    const size_t P = a->R / 2, count = back ? a->K : a->C;
    for (size_t r = 0; r < a->R; r++)
        for (size_t s = 0; s < a->R; s++) {
            const size_t h = row + (back ? a->R - 1 - r : r), v = col + (back ? a->R - 1 - s : s);
            if (h < P || h - P >= a->H || v < P || v - P >= a->W)
                continue;
            const float *x = in + ((h - P) * a->W + v - P) * step.pixel, *weight = w + (r * a->R + s) * a->C * a->ldw;
            for (size_t i = 0; i < count; i++)
                sum += weight[i * w_step] * x[i * step.channel];
        }
    return sum;
}

CONV_BODY conv_naive_forward(const struct bm_conv *a, int me, int team)
{
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, a->H * a->W, a->ldy);
    const struct bm_range mine = bm_share(a->N * a->H, 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        for (size_t v = 0; v < a->W; v++)
            for (size_t k = 0; k < a->K; k++)
                a->y[i / a->H * y.image + (i % a->H * a->W + v) * y.pixel + k * y.channel] =
                    conv_naive_sum(a, false, a->x + i / a->H * x.image, x, a->w + k, a->ldw, i % a->H, v, a->bias[k]);
}

CONV_BODY conv_naive_input_gradient(const struct bm_conv *a, int me, int team)
{
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, a->H * a->W, a->ldy);
    const struct bm_range mine = bm_share(a->N * a->H, 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        for (size_t v = 0; v < a->W; v++)
            for (size_t c = 0; c < a->C; c++)
                a->dx[i / a->H * x.image + (i % a->H * a->W + v) * x.pixel + c * x.channel] =
                    conv_naive_sum(a, true, a->dy + i / a->H * y.image, y, a->w + c * a->ldw, 1, i % a->H, v, 0);
}

/* Over rows of images that a tap reaches: x moved, times dy; x of NULL is 1. */
static inline float conv_naive_over_rows(const struct bm_conv *a, const float *x, size_t r, size_t s, const float *dy)
{
    const struct bm_image_steps xs = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                ys = bm_image_steps(a->layout, a->H * a->W, a->ldy);
    const size_t P = a->R / 2;
    const struct bm_inside rows = bm_inside(a->H, r, P), cols = bm_inside(a->W, s, P);
    float sum = 0;
    for (size_t n = 0; n < a->N; n++) {
        float image = 0;
        for (size_t h = rows.begin; h < rows.end; h++) {
            float row = 0;
            for (size_t v = cols.begin; v < cols.end; v++) {
                const float d = dy[n * ys.image + (h * a->W + v) * ys.pixel];
                row += x ? d * x[n * xs.image + ((h + r - P) * a->W + v + s - P) * xs.pixel] : d;
            }
            image += row;
        }
        sum += image;
    }
    return sum;
}

CONV_BODY conv_naive_weight_gradient(const struct bm_conv *a, int me, int team)
{
    const size_t x = bm_image_steps(a->layout, a->H * a->W, a->ldx).channel,
                 y = bm_image_steps(a->layout, a->H * a->W, a->ldy).channel;
    const struct bm_range mine = bm_share(a->R * a->R * a->C, 1, me, team), of_db = bm_share(a->K, 16, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        for (size_t k = 0; k < a->K; k++)
            a->dw[i * a->ldw + k] =
                conv_naive_over_rows(a, a->x + i % a->C * x, i / a->C / a->R, i / a->C % a->R, a->dy + k * y);
    for (size_t k = of_db.begin; k < of_db.end; k++)
        a->db[k] = conv_naive_over_rows(a, NULL, a->R / 2, a->R / 2, a->dy + k * y);
}

#endif
