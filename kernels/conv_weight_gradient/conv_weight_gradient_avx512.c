/* SPDX-License-Identifier: MIT */
/*
 * conv_weight_gradient_avx512 - gradients of a convolution by its filters and bias in AVX-512 vectors of 16 floats.
 *     dw_rsck = sum_nhw x_n,h+r-P,w+s-P,c dy_nhwk, db_k = sum_nhw dy_nhwk: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: dy once for every tap and four input channels.
 * Idea:    channels-last: four input channels by a vector of output channels in registers; channels-first: four sums
 *          along rows of pixels.
 * Error:   (W + H + N + N H / 32 + 192) u sum |x dy|: conv.h.
 * Tail:    masked vectors.
 * Loses:   to the products of the tuned kernels; and where channels, or in channels-first rows of pixels, are fewer
 *          than a vector has lanes.
 */
#include "conv.h"
#include "kernel.h"
#include "simd.h"

/* Channels-last: a vector of `count` rows of dw, one or four input channels from x on, down the pixels that the tap reaches;
 * with x = NULL of db. */
static inline __attribute__((always_inline)) void vectors(const struct bm_conv *a, const float *x, size_t r, size_t s,
                                                          size_t k, float *out, const size_t count)
{
    const size_t P = a->R / 2, lanes = a->K - k;
    const struct bm_inside rows = bm_inside(a->H, r, P), cols = bm_inside(a->W, s, P);
    vf t0 = vf_zero(), t1 = t0, t2 = t0, t3 = t0;
    for (size_t n = 0; n < a->N; n++) {
        vf i0 = vf_zero(), i1 = i0, i2 = i0, i3 = i0; /* of an image */
        for (size_t h = rows.begin; h < rows.end; h++) {
            vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0; /* of a row */
            for (size_t v = cols.begin; v < cols.end; v++) {
                const vf d = vf_get(a->dy + ((n * a->H + h) * a->W + v) * a->ldy + k, lanes);
                const float *at = x ? x + ((n * a->H + h + r - P) * a->W + v + s - P) * a->ldx : NULL;
                s0 = at ? vf_fma(vf_set1(at[0]), d, s0) : vf_add(s0, d);
                if (count == 4) {
                    s1 = vf_fma(vf_set1(at[1]), d, s1);
                    s2 = vf_fma(vf_set1(at[2]), d, s2);
                    s3 = vf_fma(vf_set1(at[3]), d, s3);
                }
            }
            i0 = vf_add(i0, s0), i1 = vf_add(i1, s1), i2 = vf_add(i2, s2), i3 = vf_add(i3, s3);
        }
        t0 = vf_add(t0, i0), t1 = vf_add(t1, i1), t2 = vf_add(t2, i2), t3 = vf_add(t3, i3);
    }
    vf_put(out, lanes, t0);
    if (count == 4) {
        vf_put(out + a->ldw, lanes, t1);
        vf_put(out + 2 * a->ldw, lanes, t2);
        vf_put(out + 3 * a->ldw, lanes, t3);
    }
}

/* Channels-first: `count` elements of a column of dw, one or four planes from x on, along rows; with x = NULL of db. */
static inline __attribute__((always_inline)) void elements(const struct bm_conv *a, const float *x, size_t r, size_t s,
                                                           const float *dy, float *out, const size_t count)
{
    const size_t P = a->R / 2, apart = a->H * a->W;
    const struct bm_inside rows = bm_inside(a->H, r, P), cols = bm_inside(a->W, s, P);
    float t0 = 0, t1 = 0, t2 = 0, t3 = 0;
    for (size_t n = 0; n < a->N; n++) {
        vf i0 = vf_zero(), i1 = i0, i2 = i0, i3 = i0; /* of an image */
        for (size_t h = rows.begin; h < rows.end; h++) {
            vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0; /* of a row */
            for (size_t v = cols.begin; v < cols.end; v += VF) {
                const size_t lanes = cols.end - v;
                const vf d = vf_get(dy + n * a->ldy + h * a->W + v, lanes);
                const float *at = x ? x + n * a->ldx + (h + r - P) * a->W + v + s - P : NULL;
                s0 = at ? vf_fma(vf_get(at, lanes), d, s0) : vf_add(s0, d);
                if (count == 4) {
                    s1 = vf_fma(vf_get(at + apart, lanes), d, s1);
                    s2 = vf_fma(vf_get(at + 2 * apart, lanes), d, s2);
                    s3 = vf_fma(vf_get(at + 3 * apart, lanes), d, s3);
                }
            }
            i0 = vf_add(i0, s0), i1 = vf_add(i1, s1), i2 = vf_add(i2, s2), i3 = vf_add(i3, s3);
        }
        t0 += vf_sum(i0), t1 += vf_sum(i1), t2 += vf_sum(i2), t3 += vf_sum(i3);
    }
    out[0] = t0;
    if (count == 4)
        out[a->ldw] = t1, out[2 * a->ldw] = t2, out[3 * a->ldw] = t3;
}

/* Rows of dw: input channels c to c + count - 1 of a tap. */
static inline __attribute__((always_inline)) void rows_of_dw(const struct bm_conv *a, size_t tap, size_t c,
                                                             const size_t count)
{
    const size_t r = tap / a->R, s = tap % a->R, pixels = a->H * a->W;
    float *dw = a->dw + (tap * a->C + c) * a->ldw;
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t k = 0; k < a->K; k++)
            elements(a, a->x + c * pixels, r, s, a->dy + k * pixels, dw + k, count);
    else
        for (size_t k = 0; k < a->K; k += VF)
            vectors(a, a->x + c, r, s, k, dw + k, count);
}

/* Part i of dw: four rows, or those that a tap has left. */
static inline void part_of_dw(const struct bm_conv *a, size_t i)
{
    const size_t fours = (a->C + 3) / 4;
    size_t c = i % fours * 4;
    if (a->C - c >= 4)
        rows_of_dw(a, i / fours, c, 4);
    else
        for (; c < a->C; c++)
            rows_of_dw(a, i / fours, c, 1);
}

/* A vector of db from output channel k on. */
static inline void vector_of_db(const struct bm_conv *a, size_t k)
{
    const size_t P = a->R / 2;
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t l = k; l < a->K && l < k + VF; l++)
            elements(a, NULL, P, P, a->dy + l * a->H * a->W, a->db + l, 1);
    else
        vectors(a, NULL, P, P, k, a->db + k, 1);
}

static void run(const void *args)
{
    const struct bm_conv *a = args;
    for (size_t i = 0; i < a->R * a->R * ((a->C + 3) / 4); i++)
        part_of_dw(a, i);
    for (size_t k = 0; k < a->K; k += VF)
        vector_of_db(a, k);
}

BM_KERNEL(.idea = "channels-last: four input channels by a vector of output channels in registers; "
                  "channels-first: four sums along rows of pixels",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "to the products of the tuned kernels; and where channels, or in channels-first rows of "
                   "pixels, are fewer than a vector has lanes",
          .run = run);
