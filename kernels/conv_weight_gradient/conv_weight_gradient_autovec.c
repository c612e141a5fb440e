/* SPDX-License-Identifier: MIT */
/*
 * conv_weight_gradient_autovec - gradients of a convolution by its filters and bias by plain loops, left to the
 * compiler.
 *     dw_rsck = sum_nhw x_n,h+r-P,w+s-P,c dy_nhwk, db_k = sum_nhw dy_nhwk: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: dy once for every tap and input channel.
 * Idea:    channels-last: loops along output channels; channels-first: along rows of pixels; the compiler vectorises
 *          them.
 * Error:   (W + H + N + N H / 32 + 192) u sum |x dy|: conv.h.
 * Tail:    the compiler's.
 * Loses:   to the products of the tuned kernels, which use each number that is in a register many times.
 */
#include "conv.h"
#include "kernel.h"

enum { LANES = 16, STRIP = 64 }; /* sums side by side */

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

/* Channels-last: n <= STRIP elements of a row of dw from output channel k on; with x = NULL of db. */
static inline void strip(const struct bm_conv *a, const float *x, size_t r, size_t s, size_t k, size_t n, float *out)
{
    const size_t P = a->R / 2;
    const struct bm_inside rows = bm_inside(a->H, r, P), cols = bm_inside(a->W, s, P);
    float sum[STRIP] = { 0 };
    for (size_t i = 0; i < a->N; i++) {
        float image[STRIP] = { 0 };
        for (size_t h = rows.begin; h < rows.end; h++) {
            float row[STRIP] = { 0 };
            for (size_t v = cols.begin; v < cols.end; v++)
                add(row, a->dy + ((i * a->H + h) * a->W + v) * a->ldy + k,
                    x ? x[((i * a->H + h + r - P) * a->W + v + s - P) * a->ldx] : 1, n);
            add(image, row, 1, n);
        }
        add(sum, image, 1, n);
    }
    for (size_t l = 0; l < n; l++)
        out[l] = sum[l];
}

/* Channels-first: one element of dw; a row of an image goes to the lanes of a sum. */
static inline float weight(const struct bm_conv *a, const float *x, size_t r, size_t s, const float *dy)
{
    const size_t P = a->R / 2;
    const struct bm_inside rows = bm_inside(a->H, r, P), cols = bm_inside(a->W, s, P);
    float sum = 0;
    for (size_t n = 0; n < a->N; n++) {
        float image = 0;
        for (size_t h = rows.begin; h < rows.end; h++) {
            float lane[LANES] = { 0 };
            dot(lane, dy + n * a->ldy + h * a->W + cols.begin, x + n * a->ldx + (h + r - P) * a->W + cols.begin + s - P,
                cols.end - cols.begin);
            image += sum_of(lane);
        }
        sum += image;
    }
    return sum;
}
static inline float bias(const struct bm_conv *a, const float *dy)
{
    float sum = 0;
    for (size_t n = 0; n < a->N; n++) {
        float image = 0;
        for (size_t h = 0; h < a->H; h++) {
            float row = 0;
            for (size_t v = 0; v < a->W; v++)
                row += dy[n * a->ldy + h * a->W + v];
            image += row;
        }
        sum += image;
    }
    return sum;
}

/* Row i of dw: of tap i / C and input channel i % C. */
static inline void row_of_dw(const struct bm_conv *a, size_t i)
{
    const size_t c = i % a->C, r = i / a->C / a->R, s = i / a->C % a->R, pixels = a->H * a->W;
    float *dw = a->dw + i * a->ldw;
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t k = 0; k < a->K; k++)
            dw[k] = weight(a, a->x + c * pixels, r, s, a->dy + k * pixels);
    else
        for (size_t k = 0; k < a->K; k += STRIP)
            strip(a, a->x + c, r, s, k, a->K - k < STRIP ? a->K - k : STRIP, dw + k);
}

/* A strip of db from output channel k on. */
static inline void strip_of_db(const struct bm_conv *a, size_t k)
{
    const size_t n = a->K - k < STRIP ? a->K - k : STRIP;
    if (a->layout == BM_CHANNELS_FIRST)
        for (size_t l = k; l < k + n; l++)
            a->db[l] = bias(a, a->dy + l * a->H * a->W);
    else
        strip(a, NULL, a->R / 2, a->R / 2, k, n, a->db + k);
}

static void run(const void *args)
{
    const struct bm_conv *a = args;
    for (size_t i = 0; i < a->R * a->R * a->C; i++)
        row_of_dw(a, i);
    for (size_t k = 0; k < a->K; k += STRIP)
        strip_of_db(a, k);
}

BM_KERNEL(.idea = "channels-last: loops along output channels; channels-first: along rows of pixels; the "
                  "compiler vectorises them",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "to the products of the tuned kernels, which use each number that is in a register many times",
          .run = run);
