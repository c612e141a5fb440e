/* SPDX-License-Identifier: MIT */
/*
 * conv_forward_naive_omp - convolution by the plain formula, vectorisation off, on several threads.
 *     y_nhwk = bias_k + sum_rsc x_n,h+r-P,w+s-P,c w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: each input once for every tap and output that it is part of, from whatever cache holds it.
 * Idea:    one sum after the other over taps and channels; vectorisation off; rows of images, or in channels-first
 *          planes of a channel shared.
 * Error:   (R R C + 4) u (|bias| + sum |x w|): conv.h. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to all others: it is the yardstick.
 */
#include "conv_threads.h"

/* One output: over the taps that lie inside, and the channels of x. */
static float output(const struct bm_conv *a, const float *x, struct bm_image_steps step, size_t h, size_t v, size_t k)
{
    const size_t P = a->R / 2;
    float sum = a->bias[k];
    for (size_t r = 0; r < a->R; r++)
        for (size_t s = 0; s < a->R; s++) {
            if (h + r < P || h + r - P >= a->H || v + s < P || v + s - P >= a->W)
                continue;
            const float *pixel = x + ((h + r - P) * a->W + v + s - P) * step.pixel;
            const float *w = a->w + (r * a->R + s) * a->C * a->ldw + k;
            for (size_t c = 0; c < a->C; c++)
                sum += w[c * a->ldw] * pixel[c * step.channel];
        }
    return sum;
}

/* A row of outputs. */
static void row_of_pixels(const struct bm_conv *a, size_t n, size_t h)
{
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, a->H * a->W, a->ldy);
    for (size_t v = 0; v < a->W; v++)
        for (size_t k = 0; k < a->K; k++)
            a->y[n * y.image + (h * a->W + v) * y.pixel + k * y.channel] = output(a, a->x + n * x.image, x, h, v, k);
}

/* Rows of images.
 * Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends on it. */
static __attribute__((noinline)) void part(const struct bm_conv *a, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        row_of_pixels(a, i / a->H, i % a->H);
}

static void run(const void *args)
{
    const struct bm_conv *a = args;
    const size_t parts = a->N * a->H;
    const int threads = conv_threads(a);
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

BM_KERNEL(.idea = "one sum after the other over taps and channels; vectorisation off; rows of images, or in "
                  "channels-first planes of a channel shared",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "always, to all others: it is the yardstick",
          .run = run);
