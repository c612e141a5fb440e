/* SPDX-License-Identifier: MIT */
/*
 * conv_input_gradient_sve - gradient of a convolution by its input in SVE vectors of any length.
 *     dx_nhwc = sum_rsk dy_n,h-r+P,w-s+P,k w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: channels-last: w once for every pixel; channels-first: planes of dx once for every tap and four channels
 *          of dy.
 * Idea:    channels-last: four sums along vectors of output channels; channels-first: a row of a plane from four
 *          channels at a time.
 * Error:   (R R K + 4) u sum |dy w|: conv.h.
 * Tail:    masked vectors.
 * Loses:   to the products of the tuned kernels; and where channels, or in channels-first rows of pixels, are fewer
 *          than a vector has lanes.
 */
#include "conv.h"
#include "kernel.h"
#include "simd.h"

/* Channels-last: `count` elements of a pixel from channel c on, one or four, each a sum along vectors of output channels. */
static inline __attribute__((always_inline)) void elements(const struct bm_conv *a, size_t n, size_t h, size_t v,
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
                const vf d = vf_get(dy + k, lanes);
                s0 = vf_fma(d, vf_get(w + k, lanes), s0);
                if (count == 4) {
                    s1 = vf_fma(d, vf_get(w + ld + k, lanes), s1);
                    s2 = vf_fma(d, vf_get(w + 2 * ld + k, lanes), s2);
                    s3 = vf_fma(d, vf_get(w + 3 * ld + k, lanes), s3);
                }
            }
        }
    dx[0] = vf_sum(s0);
    if (count == 4)
        dx[1] = vf_sum(s1), dx[2] = vf_sum(s2), dx[3] = vf_sum(s3);
}

static inline void row_of_pixels(const struct bm_conv *a, size_t n, size_t h)
{
    for (size_t v = 0; v < a->W; v++) {
        size_t c = 0;
        for (; a->C - c >= 4; c += 4)
            elements(a, n, h, v, c, 4);
        for (; c < a->C; c++)
            elements(a, n, h, v, c, 1);
    }
}

/* out += sum of f_i in_i, of `count` planes, one or four, `apart` from each other; n pixels. */
static inline __attribute__((always_inline)) void add(float *out, const float *in, size_t apart, const float *f,
                                                      size_t n, const size_t count)
{
    const bool four = count == 4;
    const vf f0 = vf_set1(f[0]), f1 = vf_set1(f[four]), f2 = vf_set1(f[four ? 2 : 0]), f3 = vf_set1(f[four ? 3 : 0]);
    for (size_t i = 0; i < n; i += VF) {
        vf sum = vf_fma(f0, vf_get(in + i, n - i), vf_get(out + i, n - i));
        if (four) {
            sum = vf_fma(f1, vf_get(in + apart + i, n - i), sum);
            sum = vf_fma(f2, vf_get(in + 2 * apart + i, n - i), sum);
            sum = vf_fma(f3, vf_get(in + 3 * apart + i, n - i), sum);
        }
        vf_put(out + i, n - i, sum);
    }
}

/* Channels-first: plane c of dx, to which four planes of dy at a time, moved back by each tap, are added. */
static inline void plane(const struct bm_conv *a, size_t n, size_t c)
{
    const size_t P = a->R / 2, pixels = a->H * a->W;
    float *dx = a->dx + n * a->ldx + c * pixels;
    for (size_t p = 0; p < pixels; p++)
        dx[p] = 0;
    for (size_t k = 0, step; k < a->K; k += step) {
        step = a->K - k >= 4 ? 4 : 1;
        for (size_t tap = 0; tap < a->R * a->R; tap++) {
            const size_t down = a->R - 1 - tap / a->R, right = a->R - 1 - tap % a->R;
            const struct bm_inside rows = bm_inside(a->H, down, P), cols = bm_inside(a->W, right, P);
            float w[4];
            for (size_t j = 0; j < step; j++)
                w[j] = a->w[(tap * a->C + c) * a->ldw + k + j];
            for (size_t h = rows.begin; h < rows.end; h++) {
                float *to = dx + h * a->W + cols.begin;
                const float *from = a->dy + n * a->ldy + k * pixels + (h + down - P) * a->W + cols.begin + right - P;
                if (step == 4)
                    add(to, from, pixels, w, cols.end - cols.begin, 4);
                else
                    add(to, from, pixels, w, cols.end - cols.begin, 1);
            }
        }
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

BM_KERNEL(.idea = "channels-last: four sums along vectors of output channels; channels-first: a row of a plane "
                  "from four channels at a time",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "to the products of the tuned kernels; and where channels, or in channels-first rows of "
                   "pixels, are fewer than a vector has lanes",
          .run = run);
