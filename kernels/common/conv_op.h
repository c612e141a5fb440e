/* SPDX-License-Identifier: MIT */
/*
 * conv_op.h - what the <op>.c files of convolutions share: arrays, fills, oracle, bounds (derived in conv.h). Never timed.
 *
 * The bounds have one subnormal for each term, and 2^-126 of the fill `extreme` is kept from overflow by smaller exponents
 * where there are many terms.
 */
#ifndef BATCHMARK_CONV_OP_H
#define BATCHMARK_CONV_OP_H

#include "conv.h"
#include "conv_keys.h"
#include "training_op.h"

enum conv_kind { CONV_FORWARD, CONV_INPUT_GRADIENT, CONV_WEIGHT_GRADIENT };

static inline size_t conv_pixels(const struct bm_shape *s) { return s->height * s->width; }
static inline size_t conv_rows_of_w(const struct bm_shape *s) { return (size_t)(s->filter * s->filter) * s->C; }

static inline struct bm_operand conv_images(const struct bm_shape *s, const char *name, enum bm_role role,
                                            size_t channels)
{
    const bool first = s->layout == BM_CHANNELS_FIRST;
    const size_t cols = first ? channels * conv_pixels(s) : channels;
    return (struct bm_operand){ name, role, first ? s->N : s->N * conv_pixels(s), cols, cols + s->pad, BM_F32 };
}

/* forward: x w bias y; input gradient: dy w dx; weight gradient: x dy dw db */
static inline unsigned conv_operands(enum conv_kind kind, const struct bm_shape *s, struct bm_operand o[])
{
    const struct bm_operand w = { "w", BM_IN, conv_rows_of_w(s), s->K, s->K + s->pad, BM_F32 };
    if (kind == CONV_WEIGHT_GRADIENT) {
        o[0] = conv_images(s, "x", BM_IN, s->C);
        o[1] = conv_images(s, "dy", BM_IN, s->K);
        o[2] = w, o[2].name = "dw", o[2].role = BM_OUT;
        o[3] = (struct bm_operand){ "db", BM_OUT, 1, s->K, s->K, BM_F32 };
        return 4;
    }
    o[0] = kind == CONV_FORWARD ? conv_images(s, "x", BM_IN, s->C) : conv_images(s, "dy", BM_IN, s->K);
    o[1] = w;
    if (kind == CONV_INPUT_GRADIENT) {
        o[2] = conv_images(s, "dx", BM_OUT, s->C);
        return 3;
    }
    o[2] = (struct bm_operand){ "bias", BM_IN, 1, s->K, s->K, BM_F32 };
    o[3] = conv_images(s, "y", BM_OUT, s->K);
    return 4;
}

static inline void conv_bind(enum conv_kind kind, const struct bm_shape *s, void *const array[], void *args)
{
    struct bm_conv *a = args;
    *a = (struct bm_conv){ .threads = 1,
                           .N = s->N,
                           .H = s->height,
                           .W = s->width,
                           .C = s->C,
                           .K = s->K,
                           .R = (size_t)s->filter,
                           .layout = s->layout,
                           .ldx = conv_images(s, "", BM_IN, s->C).ld,
                           .ldy = conv_images(s, "", BM_IN, s->K).ld,
                           .ldw = s->K + s->pad };
    if (kind == CONV_FORWARD)
        a->x = array[0], a->w = array[1], a->bias = array[2], a->y = array[3];
    else if (kind == CONV_INPUT_GRADIENT)
        a->dy = array[0], a->w = array[1], a->dx = array[2];
    else
        a->x = array[0], a->dy = array[1], a->dw = array[2], a->db = array[3];
}

static inline const char *conv_refuses(const void *args)
{
    const struct bm_conv *a = args;
    const size_t area = a->layout == BM_CHANNELS_FIRST ? a->H * a->W : 1;
    if (a->layout != BM_CHANNELS_LAST && a->layout != BM_CHANNELS_FIRST)
        return "convolutions are in channels-last and channels-first only";
    if (a->R % 2 == 0)
        return "the filter's size is even: it has no pixel in its middle";
    return a->ldx < a->C * area || a->ldy < a->K * area || a->ldw < a->K ? "a leading dimension is too small" : NULL;
}

/* Terms of one sum. */
static inline size_t conv_terms(enum conv_kind kind, const struct bm_shape *s)
{
    return kind == CONV_WEIGHT_GRADIENT ? s->N * conv_pixels(s)
                                        : (size_t)(s->filter * s->filter) * (kind == CONV_FORWARD ? s->C : s->K);
}

static inline bool conv_fill(enum conv_kind kind, struct bm_shape *s, enum bm_fill fill, uint64_t seed,
                             void *const array[])
{
    struct bm_operand o[BM_MAX_OPERANDS];
    const unsigned count = conv_operands(kind, s, o);
    int top = 62;
    for (size_t sum = 1; sum < conv_terms(kind, s); sum *= 4)
        top--;
    if (fill == BM_EXACT && conv_terms(kind, s) > 1u << 17) /* a sum could pass 2^24 */
        return false;
    for (unsigned i = 0; i < count; i++)
        if (o[i].role == BM_IN)
            bm_fill_matrix(fill, seed + i, top, array[i], o[i].rows, o[i].cols, o[i].ld);
    return true;
}

/* A sum of products, the sum of their sizes, and whether the padding has met what is not finite. */
struct conv_sum {
    double sum, size;
    bool open;
};

static inline void conv_put_sum(const struct conv_sum *t, double error, size_t at, double *want, double *bound)
{
    want[at] = t->sum;
    bound[at] = t->open ? INFINITY : bm_bound_of(t->sum, error);
}

/* One element of y or dx: over the taps of a pixel, and `count` channels of `in`, w_step apart in the weights. back: a tap
 * lies on the other side. */
static inline struct conv_sum conv_at_pixel(const struct bm_conv *a, bool back, const float *in,
                                            struct bm_image_steps step, const float *w, size_t w_step, size_t count,
                                            size_t row, size_t col)
{
    struct conv_sum t = { 0, 0, false };
    const size_t P = a->R / 2;
    for (size_t r = 0; r < a->R; r++)
        for (size_t s = 0; s < a->R; s++) {
            const size_t h = row + (back ? a->R - 1 - r : r), v = col + (back ? a->R - 1 - s : s);
            const bool inside = h >= P && h - P < a->H && v >= P && v - P < a->W;
            const float *weight = w + (r * a->R + s) * a->C * a->ldw;
            for (size_t i = 0; i < count; i++) {
                const double wv = weight[i * w_step];
                if (!inside) {
                    t.open |= !isfinite(wv);
                    continue;
                }
                const double term = wv * in[((h - P) * a->W + v - P) * step.pixel + i * step.channel];
                t.sum += term;
                t.size += fabs(term);
            }
        }
    return t;
}

/* Row `row` of image n of y or dx, all channels. */
static inline void conv_oracle_row(enum conv_kind kind, const struct bm_conv *a, size_t n, size_t row, double *want,
                                   double *bound)
{
    const bool back = kind == CONV_INPUT_GRADIENT;
    const size_t channels = back ? a->C : a->K, count = back ? a->K : a->C, pixels = a->H * a->W;
    const struct bm_image_steps in = bm_image_steps(a->layout, pixels, back ? a->ldy : a->ldx);
    const struct bm_image_steps out =
        bm_image_steps(a->layout, pixels, a->layout == BM_CHANNELS_FIRST ? channels * pixels : channels);
    const double terms = (double)(a->R * a->R * count);
    for (size_t v = 0; v < a->W; v++)
        for (size_t c = 0; c < channels; c++) {
            struct conv_sum t = conv_at_pixel(a, back, (back ? a->dy : a->x) + n * in.image, in,
                                              a->w + (back ? c * a->ldw : c), back ? 1 : a->ldw, count, row, v);
            if (!back)
                t.sum += a->bias[c], t.size += fabs((double)a->bias[c]);
            conv_put_sum(&t, BM_U * (terms + 4) * t.size + terms * BM_TINY_STEP,
                         n * out.image + (row * a->W + v) * out.pixel + c * out.channel, want, bound);
        }
}

/* Element (tap, c, k) of dw, over all images. */
static inline struct conv_sum conv_oracle_weight(const struct bm_conv *a, size_t r, size_t s, size_t c, size_t k)
{
    struct conv_sum t = { 0, 0, false };
    const size_t P = a->R / 2, pixels = a->H * a->W;
    const struct bm_image_steps x = bm_image_steps(a->layout, pixels, a->ldx),
                                y = bm_image_steps(a->layout, pixels, a->ldy);
    for (size_t n = 0; n < a->N; n++)
        for (size_t h = 0; h < a->H; h++)
            for (size_t v = 0; v < a->W; v++) {
                const double dy = a->dy[n * y.image + (h * a->W + v) * y.pixel + k * y.channel];
                if (h + r < P || h + r - P >= a->H || v + s < P || v + s - P >= a->W) {
                    t.open |= !isfinite(dy);
                    continue;
                }
                const double term = dy * a->x[n * x.image + ((h + r - P) * a->W + v + s - P) * x.pixel + c * x.channel];
                t.sum += term;
                t.size += fabs(term);
            }
    return t;
}

static inline void conv_oracle_weights(const struct bm_conv *a, double *const want[], double *const bound[])
{
    const struct bm_image_steps y = bm_image_steps(a->layout, a->H * a->W, a->ldy);
    const size_t rows = a->R * a->R * a->C;
    const double steps = (double)(a->W + a->H + a->N + a->N * a->H / 32 + 192), terms = (double)(a->N * a->H * a->W);
#pragma omp parallel for schedule(dynamic)
    for (size_t row = 0; row < rows; row++)
        for (size_t k = 0; k < a->K; k++) {
            const size_t tap = row / a->C;
            const struct conv_sum t = conv_oracle_weight(a, tap / a->R, tap % a->R, row % a->C, k);
            conv_put_sum(&t, BM_U * steps * t.size + terms * BM_TINY_STEP, row * a->K + k, want[2], bound[2]);
        }
    for (size_t k = 0; k < a->K; k++) {
        struct conv_sum t = { 0, 0, false };
        for (size_t n = 0; n < a->N; n++)
            for (size_t p = 0; p < a->H * a->W; p++) {
                const double dy = a->dy[n * y.image + p * y.pixel + k * y.channel];
                t.sum += dy;
                t.size += fabs(dy);
            }
        conv_put_sum(&t, BM_U * steps * t.size, k, want[3], bound[3]);
    }
}

static inline void conv_oracle(enum conv_kind kind, const struct bm_shape *s, void *const array[], double *const want[],
                               double *const bound[])
{
    struct bm_conv a;
    conv_bind(kind, s, array, &a);
    if (kind == CONV_WEIGHT_GRADIENT) {
        conv_oracle_weights(&a, want, bound);
        return;
    }
    const unsigned out = kind == CONV_FORWARD ? 3 : 2;
#pragma omp parallel for schedule(dynamic)
    for (size_t row = 0; row < a.N * a.H; row++)
        conv_oracle_row(kind, &a, row / a.H, row % a.H, want[out], bound[out]);
}

/* Taps beyond the border count, too. */
static inline double conv_flops(enum conv_kind kind, const struct bm_shape *s)
{
    const double outputs = (double)s->N * (double)conv_pixels(s) * (double)s->K;
    return 2 * outputs * (double)conv_rows_of_w(s) + (kind == CONV_INPUT_GRADIENT ? 0 : outputs);
}

/* The whole of an <op>.c. */
#define CONV_OP(OP, KIND, SUMMARY)                                                                                     \
    static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])                     \
    {                                                                                                                  \
        return conv_operands(KIND, s, operand);                                                                        \
    }                                                                                                                  \
    static void bind(const struct bm_shape *s, void *const array[], void *args) { conv_bind(KIND, s, array, args); }   \
    static bool fill(struct bm_shape *s, enum bm_fill kind, uint64_t seed, void *const array[])                        \
    {                                                                                                                  \
        return conv_fill(KIND, s, kind, seed, array);                                                                  \
    }                                                                                                                  \
    static void oracle(const struct bm_shape *s, void *const array[], double *const want[], double *const bound[])     \
    {                                                                                                                  \
        conv_oracle(KIND, s, array, want, bound);                                                                      \
    }                                                                                                                  \
    static double flops(const struct bm_shape *s) { return conv_flops(KIND, s); }                                      \
    const struct bm_op OP = {                                                                                          \
        .name = #OP,                                                                                                   \
        .summary = SUMMARY,                                                                                            \
        .args_bytes = sizeof(struct bm_conv),                                                                          \
        .family = &conv_family,                                                                                        \
        .operands = operands,                                                                                          \
        .bind = bind,                                                                                                  \
        .refuses = conv_refuses,                                                                                       \
        .fill = fill,                                                                                                  \
        .oracle = oracle,                                                                                              \
        .flops = flops,                                                                                                \
    }

#endif
