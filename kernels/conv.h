/* SPDX-License-Identifier: MIT */
/*
 * conv.h - convolution of images, its gradients, and pooling: the maths, the layouts and the arguments.
 *
 * Filters are R x R, R odd, one pixel apart, and images are padded by P = (R - 1) / 2 pixels of zeros on each side, so that
 * y has the height and width of x:
 *
 *   conv_forward          y_nhwk = bias_k + sum_rsc x_n,h+r-P,w+s-P,c w_rsck
 *   conv_input_gradient   dx_nhwc = sum_rsk dy_n,h-r+P,w-s+P,k w_rsck
 *   conv_weight_gradient  dw_rsck = sum_nhw x_n,h+r-P,w+s-P,c dy_nhwk        db_k = sum_nhw dy_nhwk
 *
 *   max_pool_forward      y_nhwc = the largest of the four x_n,2h..2h+1,2w..2w+1,c
 *   max_pool_backward     dx = dy at that of the four which was taken, else 0
 *
 * Pooling takes the first NaN, if there is one, else the first of the largest, in the order of rows. An odd last row or column
 * of x is left out, and has a gradient of 0. Backward finds again in x which was taken: no index is stored.
 *
 * Layouts. Element (n, h, w, c) of x, H x W with C channels, lies at
 *   BM_CHANNELS_LAST   x[((n * H + h) * W + w) * ldx + c], ldx >= C: NHWC
 *   BM_CHANNELS_FIRST  x[n * ldx + (c * H + h) * W + w], ldx >= C * H * W: NCHW
 * and likewise y with its K channels (pooling: C), height and width. Weights are a matrix of R R C rows and K columns in both:
 * w_rsck at w[((r * R + s) * C + c) * ldw + k]. Any alignment of 4 bytes. Arrays must not overlap.
 *
 * Where the padding meets a NaN or an infinity (of w, or in conv_weight_gradient of dy), the result is that of a product with
 * zero or of none: kernels differ there.
 *
 * Error, with u = 2^-24 and T terms: conv_forward and conv_input_gradient promise what any order of summation has,
 *   (T + 4) u (|bias| + sum |x w|), T = R R C or R R K   (Higham, "Accuracy and Stability", 2nd ed., section 3.1)
 * and conv_weight_gradient that a row of an image, or 128 pixels, is summed first, then these, then images:
 *   (W + H + N + N H / 32 + 192) u sum |x dy|
 * That holds while no sum of sizes reaches 2^127; subnormal elements count as they are. Pooling is exact.
 */
#ifndef BATCHMARK_CONV_H
#define BATCHMARK_CONV_H

#include <stddef.h>

#include "bn.h"

struct bm_conv {
    int threads;                    /* used by the _omp kernels, >= 1 */
    void *scratch;                  /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, H, W, C, K, R;
    enum bm_layout layout;
    size_t ldx, ldy, ldw;      /* of x and dx, of y and dy, of w and dw */
    const float *x, *w, *bias; /* bias: K */
    const float *dy;
    float *y, *dx, *dw, *db;
};

struct bm_pool {
    int threads;
    void *scratch;
    const struct bm_caches *caches;
    size_t N, H, W, C; /* of x; y is H / 2 x W / 2 */
    enum bm_layout layout;
    size_t ldx, ldy; /* of x and dx, of y and dy */
    const float *x, *dy;
    float *y, *dx;
};

/* How far apart elements of an array are whose neighbours are images, pixels (of a row; rows are W of them), or channels. */
struct bm_image_steps {
    size_t image, pixel, channel;
};
static inline struct bm_image_steps bm_image_steps(enum bm_layout layout, size_t pixels, size_t ld)
{
    return layout == BM_CHANNELS_FIRST ? (struct bm_image_steps){ ld, 1, pixels }
                                       : (struct bm_image_steps){ pixels * ld, ld, 1 };
}

/* Of `size` positions those, begin to end - 1, that still lie inside when moved by tap - P. */
struct bm_inside {
    size_t begin, end;
};
static inline struct bm_inside bm_inside(size_t size, size_t tap, size_t P)
{
    const size_t begin = tap < P ? P - tap : 0, cut = tap > P ? tap - P : 0;
    const size_t end = cut < size ? size - cut : 0;
    return (struct bm_inside){ begin, end > begin ? end : begin };
}

#endif
