/* SPDX-License-Identifier: MIT */
/* pool_op.h - what max_pool_forward.c and max_pool_backward.c share: arrays, fills, oracle. Never timed. */
#ifndef BATCHMARK_POOL_OP_H
#define BATCHMARK_POOL_OP_H

#include "conv.h"
#include "conv_keys.h"
#include "training_op.h"

/* x or dx; or of half the height and width y or dy. */
static inline struct bm_operand pool_images(const struct bm_shape *s, const char *name, enum bm_role role, bool half)
{
    const size_t pixels = half ? s->height / 2 * (s->width / 2) : s->height * s->width;
    const bool first = s->layout == BM_CHANNELS_FIRST;
    const size_t cols = first ? s->C * pixels : s->C;
    return (struct bm_operand){ name, role, first ? s->N : s->N * pixels, cols, cols + s->pad, BM_F32 };
}

static inline void pool_bind(const struct bm_shape *s, struct bm_pool *a)
{
    *a = (struct bm_pool){ .threads = 1,
                           .N = s->N,
                           .H = s->height,
                           .W = s->width,
                           .C = s->C,
                           .layout = s->layout,
                           .ldx = pool_images(s, "", BM_IN, false).ld,
                           .ldy = pool_images(s, "", BM_IN, true).ld };
}

static inline const char *pool_refuses(const void *args)
{
    const struct bm_pool *a = args;
    const bool first = a->layout == BM_CHANNELS_FIRST;
    if (!first && a->layout != BM_CHANNELS_LAST)
        return "pooling is in channels-last and channels-first only";
    return a->ldx < a->C * (first ? a->H * a->W : 1) || a->ldy < a->C * (first ? a->H / 2 * (a->W / 2) : 1)
               ? "a leading dimension is too small"
               : NULL;
}

/* x: values of which many are equal, for ties; else as all fills. */
static inline void pool_fill(const struct bm_operand *o, enum bm_fill fill, uint64_t seed, float *array)
{
    bm_fill_matrix(fill, seed, 127, array, o->rows, o->cols, o->ld);
    for (size_t i = 0; fill == BM_RANDOM && i < o->rows; i++)
        for (size_t j = 0; j < o->cols; j += 2)
            array[i * o->ld + j] = (float)bm_integer(seed, i * o->cols + j, -2, 2);
}

/* Where the one that is taken of the four at output pixel (h, v) lies, in pixels of x: conv.h. */
static inline size_t pool_taken(const struct bm_pool *a, const float *x, size_t pixel, size_t h, size_t v)
{
    const size_t at[4] = { 2 * h * a->W + 2 * v, 2 * h * a->W + 2 * v + 1, (2 * h + 1) * a->W + 2 * v,
                           (2 * h + 1) * a->W + 2 * v + 1 };
    size_t best = at[0];
    for (int i = 1; i < 4; i++)
        if (!isnan(x[best * pixel]) && (isnan(x[at[i] * pixel]) || x[at[i] * pixel] > x[best * pixel]))
            best = at[i];
    return best;
}

/* y, or with `back` dx, dense. */
static inline void pool_oracle(const struct bm_pool *a, bool back, double *want, double *bound)
{
    const size_t H = a->H / 2, W = a->W / 2, all = a->H * a->W, some = H * W;
    const bool first = a->layout == BM_CHANNELS_FIRST;
    const struct bm_image_steps x = bm_image_steps(a->layout, all, a->ldx), y = bm_image_steps(a->layout, some, a->ldy);
    const struct bm_image_steps to =
        bm_image_steps(a->layout, back ? all : some, first ? a->C * (back ? all : some) : a->C);
    for (size_t i = 0; i < a->N * a->C * (back ? all : some); i++)
        want[i] = bound[i] = 0;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < a->N; n++)
        for (size_t c = 0; c < a->C; c++)
            for (size_t i = 0; i < some; i++) {
                const float *image = a->x + n * x.image + c * x.channel;
                const size_t taken = pool_taken(a, image, x.pixel, i / W, i % W);
                want[n * to.image + c * to.channel + (back ? taken : i) * to.pixel] =
                    back ? a->dy[n * y.image + c * y.channel + i * y.pixel] : image[taken * x.pixel];
            }
}

/* Three comparisons for each output. */
static inline double pool_flops(const struct bm_shape *s)
{
    return 3 * (double)(s->N * s->C) * (double)(s->height / 2 * (s->width / 2));
}

#endif
