/* SPDX-License-Identifier: MIT */
/*
 * conv_weight_gradient_naive - gradients of a convolution by its filters and bias by the plain formula, vectorisation
 * off.
 *     dw_rsck = sum_nhw x_n,h+r-P,w+s-P,c dy_nhwk, db_k = sum_nhw dy_nhwk: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: each input once for every tap and output that it is part of, from whatever cache holds it.
 * Idea:    one sum after the other over images, rows and pixels; vectorisation off.
 * Error:   (W + H + N + N H / 32 + 192) u sum |x dy|: conv.h.
 * Tail:    none.
 * Loses:   always, to all others: it is the yardstick.
 */
#include "conv.h"
#include "kernel.h"

/* One element of dw: over the pixels that its tap reaches, x moved by the tap times dy. Of db with x = NULL, which is 1. */
static float element(const struct bm_conv *a, const float *x, size_t r, size_t s, const float *dy)
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

/* Row i of dw: of tap i / C and input channel i % C. */
static void row_of_dw(const struct bm_conv *a, size_t i)
{
    const size_t c = i % a->C, r = i / a->C / a->R, s = i / a->C % a->R;
    const size_t x = bm_image_steps(a->layout, a->H * a->W, a->ldx).channel,
                 y = bm_image_steps(a->layout, a->H * a->W, a->ldy).channel;
    for (size_t k = 0; k < a->K; k++)
        a->dw[i * a->ldw + k] = element(a, a->x + c * x, r, s, a->dy + k * y);
}

static void element_of_db(const struct bm_conv *a, size_t k)
{
    const size_t y = bm_image_steps(a->layout, a->H * a->W, a->ldy).channel;
    a->db[k] = element(a, NULL, a->R / 2, a->R / 2, a->dy + k * y);
}

static void run(const void *args)
{
    const struct bm_conv *a = args;
    for (size_t i = 0; i < a->R * a->R * a->C; i++)
        row_of_dw(a, i);
    for (size_t k = 0; k < a->K; k++)
        element_of_db(a, k);
}

BM_KERNEL(.idea = "one sum after the other over images, rows and pixels; vectorisation off",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "always, to all others: it is the yardstick",
          .run = run);
