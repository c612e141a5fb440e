/* SPDX-License-Identifier: MIT */
/*
 * conv_forward_avx512_omp - convolution in AVX-512 vectors of 16 floats, on several threads.
 *     y_nhwk = bias_k + sum_rsc x_n,h+r-P,w+s-P,c w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: channels-last: w once for four pixels; channels-first: planes of y once for every tap and four channels of
 *          x.
 * Idea:    channels-last: four pixels by a vector of output channels in registers; channels-first: a row of a plane
 *          from four channels at a time; rows of images, or in channels-first planes of a channel shared.
 * Error:   (R R C + 4) u (|bias| + sum |x w|): conv.h. The same bits for every number of threads.
 * Tail:    masked vectors.
 * Loses:   to the products of the tuned kernels; and where channels, or in channels-first rows of pixels, are fewer
 *          than a vector has lanes.
 */
#include "conv_threads.h"
#include "simd.h"

/* Channels-last: a vector of outputs from channel k on of `count` pixels, one or four; of four all taps must lie inside along
 * the row. */
static inline __attribute__((always_inline)) void outputs(const struct bm_conv *a, size_t n, size_t h, size_t v,
                                                          size_t k, const size_t count)
{
    const size_t P = a->R / 2, lanes = a->K - k, ld = a->ldx;
    float *y = a->y + ((n * a->H + h) * a->W + v) * a->ldy + k;
    vf y0 = vf_get(a->bias + k, lanes), y1 = y0, y2 = y0, y3 = y0;
    for (size_t r = 0; r < a->R; r++)
        for (size_t s = 0; s < a->R; s++) {
            if (h + r < P || h + r - P >= a->H || v + s < P || v + s - P >= a->W)
                continue;
            const float *x = a->x + ((n * a->H + h + r - P) * a->W + v + s - P) * ld;
            const float *w = a->w + (r * a->R + s) * a->C * a->ldw + k;
            for (size_t c = 0; c < a->C; c++, w += a->ldw) {
                const vf weight = vf_get(w, lanes);
                y0 = vf_fma(vf_set1(x[c]), weight, y0);
                if (count == 4) {
                    y1 = vf_fma(vf_set1(x[c + ld]), weight, y1);
                    y2 = vf_fma(vf_set1(x[c + 2 * ld]), weight, y2);
                    y3 = vf_fma(vf_set1(x[c + 3 * ld]), weight, y3);
                }
            }
        }
    vf_put(y, lanes, y0);
    if (count == 4) {
        vf_put(y + a->ldy, lanes, y1);
        vf_put(y + 2 * a->ldy, lanes, y2);
        vf_put(y + 3 * a->ldy, lanes, y3);
    }
}

static inline void row_of_pixels(const struct bm_conv *a, size_t n, size_t h)
{
    const size_t P = a->R / 2;
    for (size_t v = 0, step; v < a->W; v += step) {
        step = v >= P && v + 4 + P <= a->W ? 4 : 1;
        for (size_t k = 0; k < a->K; k += VF)
            if (step == 4)
                outputs(a, n, h, v, k, 4);
            else
                outputs(a, n, h, v, k, 1);
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

/* Channels-first: plane k of y, to which four planes of x at a time, moved by each tap, are added. */
static inline void plane(const struct bm_conv *a, size_t n, size_t k)
{
    const size_t P = a->R / 2, pixels = a->H * a->W;
    float *y = a->y + n * a->ldy + k * pixels;
    for (size_t p = 0; p < pixels; p++)
        y[p] = a->bias[k];
    for (size_t c = 0, step; c < a->C; c += step) {
        step = a->C - c >= 4 ? 4 : 1;
        for (size_t tap = 0; tap < a->R * a->R; tap++) {
            const size_t down = tap / a->R, right = tap % a->R;
            const struct bm_inside rows = bm_inside(a->H, down, P), cols = bm_inside(a->W, right, P);
            float w[4];
            for (size_t j = 0; j < step; j++)
                w[j] = a->w[(tap * a->C + c + j) * a->ldw + k];
            for (size_t h = rows.begin; h < rows.end; h++) {
                float *to = y + h * a->W + cols.begin;
                const float *from = a->x + n * a->ldx + c * pixels + (h + down - P) * a->W + cols.begin + right - P;
                if (step == 4)
                    add(to, from, pixels, w, cols.end - cols.begin, 4);
                else
                    add(to, from, pixels, w, cols.end - cols.begin, 1);
            }
        }
    }
}

/* Planes in channels-first, else rows of images.
 * Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends on it. */
static __attribute__((noinline)) void part(const struct bm_conv *a, size_t begin, size_t end)
{
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t i = begin; i < end; i++)
            plane(a, i / a->K, i % a->K);
    else
        for (size_t i = begin; i < end; i++)
            row_of_pixels(a, i / a->H, i % a->H);
}

static void run(const void *args)
{
    const struct bm_conv *a = args;
    const size_t parts = a->N * (a->layout == BM_CHANNELS_FIRST ? a->K : a->H);
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

BM_KERNEL(.idea = "channels-last: four pixels by a vector of output channels in registers; channels-first: a "
                  "row of a plane from four channels at a time; rows of images, or in channels-first planes of "
                  "a channel shared",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "to the products of the tuned kernels; and where channels, or in channels-first rows of "
                   "pixels, are fewer than a vector has lanes",
          .run = run);
