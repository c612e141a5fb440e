/* SPDX-License-Identifier: MIT */
/*
 * conv_input_gradient_naive_omp - gradient of a convolution by its input by the plain formula, vectorisation off, on
 * several threads.
 *     dx_nhwc = sum_rsk dy_n,h-r+P,w-s+P,k w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: each input once for every tap and output that it is part of, from whatever cache holds it.
 * Idea:    one sum after the other over taps and channels; vectorisation off; rows of images, or in channels-first
 *          planes of a channel shared.
 * Error:   (R R K + 4) u sum |dy w|: conv.h. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to all others: it is the yardstick.
 */
#include "conv_threads.h"

/* One element: over the outputs that it was part of, and the channels of dy. */
static float element(const struct bm_conv *a, const float *dy, struct bm_image_steps step, size_t h, size_t v, size_t c)
{
    const size_t P = a->R / 2;
    float sum = 0;
    for (size_t r = 0; r < a->R; r++)
        for (size_t s = 0; s < a->R; s++) {
            if (h + P < r || h + P - r >= a->H || v + P < s || v + P - s >= a->W)
                continue;
            const float *pixel = dy + ((h + P - r) * a->W + v + P - s) * step.pixel;
            const float *w = a->w + ((r * a->R + s) * a->C + c) * a->ldw;
            for (size_t k = 0; k < a->K; k++)
                sum += w[k] * pixel[k * step.channel];
        }
    return sum;
}

/* A row of dx. */
static void row_of_pixels(const struct bm_conv *a, size_t n, size_t h)
{
    const struct bm_image_steps x = bm_image_steps(a->layout, a->H * a->W, a->ldx),
                                y = bm_image_steps(a->layout, a->H * a->W, a->ldy);
    for (size_t v = 0; v < a->W; v++)
        for (size_t c = 0; c < a->C; c++)
            a->dx[n * x.image + (h * a->W + v) * x.pixel + c * x.channel] = element(a, a->dy + n * y.image, y, h, v, c);
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
