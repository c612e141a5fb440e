/* SPDX-License-Identifier: MIT */
/*
 * conv_input_gradient_autovec - gradient of a convolution by its input by plain loops, left to the compiler.
 *     dx_nhwc = sum_rsk dy_n,h-r+P,w-s+P,k w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: channels-last: w once for every pixel; channels-first: a plane of dy once for every tap and input channel.
 * Idea:    channels-last: loops along output channels; channels-first: along rows of pixels; the compiler vectorises
 *          them.
 * Error:   (R R K + 4) u sum |dy w|: conv.h.
 * Tail:    the compiler's.
 * Loses:   to the products of the tuned kernels, which use each number that is in a register many times.
 */
#include "conv.h"
#include "kernel.h"

enum { LANES = 16 }; /* sums side by side */

/* lane[] += x y, in the order of lanes: one sum in the order of its terms would be no vector. */
static inline void dot(float *restrict lane, const float *restrict x, const float *restrict y, size_t n)
{
    size_t i = 0;
    for (; n - i >= LANES; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lane[l] += x[i + l] * y[i + l];
    for (size_t l = 0; i + l < n; l++)
        lane[l] += x[i + l] * y[i + l];
}
static inline float sum_of(float *lane)
{
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t l = 0; l < half; l++)
            lane[l] += lane[l + half];
    return lane[0];
}

/* sum += f x */
static inline void add(float *restrict sum, const float *restrict x, float f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += f * x[i];
}

/* Channels-last: the elements of a pixel, each a sum along output channels. */
static inline void pixel(const struct bm_conv *a, size_t n, size_t h, size_t v)
{
    const size_t P = a->R / 2;
    float *dx = a->dx + ((n * a->H + h) * a->W + v) * a->ldx;
    for (size_t c = 0; c < a->C; c++) {
        float lane[LANES] = { 0 };
        for (size_t r = 0; r < a->R; r++)
            for (size_t s = 0; s < a->R; s++)
                if (h + P >= r && h + P - r < a->H && v + P >= s && v + P - s < a->W)
                    dot(lane, a->dy + ((n * a->H + h + P - r) * a->W + v + P - s) * a->ldy,
                        a->w + ((r * a->R + s) * a->C + c) * a->ldw, a->K);
        dx[c] = sum_of(lane);
    }
}

static inline void row_of_pixels(const struct bm_conv *a, size_t n, size_t h)
{
    for (size_t v = 0; v < a->W; v++)
        pixel(a, n, h, v);
}

/* Channels-first: plane c of dx, to which each plane of dy, moved back by each tap, is added. */
static inline void plane(const struct bm_conv *a, size_t n, size_t c)
{
    const size_t P = a->R / 2, pixels = a->H * a->W;
    float *dx = a->dx + n * a->ldx + c * pixels;
    for (size_t p = 0; p < pixels; p++)
        dx[p] = 0;
    for (size_t k = 0; k < a->K; k++)
        for (size_t r = 0; r < a->R; r++)
            for (size_t s = 0; s < a->R; s++) {
                const size_t down = a->R - 1 - r, right = a->R - 1 - s;
                const struct bm_inside rows = bm_inside(a->H, down, P), cols = bm_inside(a->W, right, P);
                const float *dy = a->dy + n * a->ldy + k * pixels, w = a->w[((r * a->R + s) * a->C + c) * a->ldw + k];
                for (size_t h = rows.begin; h < rows.end; h++)
                    add(dx + h * a->W + cols.begin, dy + (h + down - P) * a->W + cols.begin + right - P, w,
                        cols.end - cols.begin);
            }
}

static void run(const void *args)
{
    const struct bm_conv *a = args;
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t i = 0; i < a->N * a->C; i++)
            plane(a, i / a->C, i % a->C);
    else
        for (size_t i = 0; i < a->N * a->H; i++)
            row_of_pixels(a, i / a->H, i % a->H);
}

BM_KERNEL(.idea = "channels-last: loops along output channels; channels-first: along rows of pixels; the "
                  "compiler vectorises them",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "to the products of the tuned kernels, which use each number that is in a register many times",
          .run = run);
