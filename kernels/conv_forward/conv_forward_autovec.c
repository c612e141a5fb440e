/* SPDX-License-Identifier: MIT */
/*
 * conv_forward_autovec - convolution by plain loops, left to the compiler.
 *     y_nhwk = bias_k + sum_rsc x_n,h+r-P,w+s-P,c w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: channels-last: w once for every pixel; channels-first: a plane of x once for every tap and output channel.
 * Idea:    channels-last: loops along output channels; channels-first: along rows of pixels; the compiler vectorises
 *          them.
 * Error:   (R R C + 4) u (|bias| + sum |x w|): conv.h.
 * Tail:    the compiler's.
 * Loses:   to the products of the tuned kernels, which use each number that is in a register many times.
 */
#include "conv.h"
#include "kernel.h"

/* sum += f x */
static inline void add(float *restrict sum, const float *restrict x, float f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += f * x[i];
}

/* Channels-last: the outputs of a pixel, to which each input gives a row of w. */
static inline void pixel(const struct bm_conv *a, size_t n, size_t h, size_t v)
{
    const size_t P = a->R / 2;
    float *y = a->y + ((n * a->H + h) * a->W + v) * a->ldy;
    for (size_t k = 0; k < a->K; k++)
        y[k] = a->bias[k];
    for (size_t r = 0; r < a->R; r++)
        for (size_t s = 0; s < a->R; s++) {
            if (h + r < P || h + r - P >= a->H || v + s < P || v + s - P >= a->W)
                continue;
            const float *x = a->x + ((n * a->H + h + r - P) * a->W + v + s - P) * a->ldx;
            for (size_t c = 0; c < a->C; c++)
                add(y, a->w + ((r * a->R + s) * a->C + c) * a->ldw, x[c], a->K);
        }
}

static inline void row_of_pixels(const struct bm_conv *a, size_t n, size_t h)
{
    for (size_t v = 0; v < a->W; v++)
        pixel(a, n, h, v);
}

/* Channels-first: plane k of y, to which each plane of x, moved by each tap, is added. */
static inline void plane(const struct bm_conv *a, size_t n, size_t k)
{
    const size_t P = a->R / 2, pixels = a->H * a->W;
    float *y = a->y + n * a->ldy + k * pixels;
    for (size_t p = 0; p < pixels; p++)
        y[p] = a->bias[k];
    for (size_t c = 0; c < a->C; c++)
        for (size_t r = 0; r < a->R; r++)
            for (size_t s = 0; s < a->R; s++) {
                const struct bm_inside rows = bm_inside(a->H, r, P), cols = bm_inside(a->W, s, P);
                const float *x = a->x + n * a->ldx + c * pixels, w = a->w[((r * a->R + s) * a->C + c) * a->ldw + k];
                for (size_t h = rows.begin; h < rows.end; h++)
                    add(y + h * a->W + cols.begin, x + (h + r - P) * a->W + cols.begin + s - P, w,
                        cols.end - cols.begin);
            }
}

static void run(const void *args)
{
    const struct bm_conv *a = args;
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t i = 0; i < a->N * a->K; i++)
            plane(a, i / a->K, i % a->K);
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
