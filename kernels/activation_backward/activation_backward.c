/* SPDX-License-Identifier: MIT */
/*
 * activation_backward.c - the op: oracle, fills, bound. Sigmoid's y (1 - y) and tanh's (1 - y) (1 + y) are two roundings
 * and a product, dy a product more: 4u, and for a subnormal y, a step of these times dy.
 */
#include "training_op.h"

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "y", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[1] = (struct bm_operand){ "dy", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[2] = (struct bm_operand){ "dx", BM_OUT, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    return 3;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    struct bm_activation *a = args;
    a->N = shape->N, a->C = shape->C;
    a->ldx = a->ldy = a->lddy = a->lddx = shape->C + shape->pad;
    a->x = NULL, a->y = array[0], a->dy = array[1], a->dx = array[2];
    a->act = shape->act;
}

static const char *refuses(const void *args)
{
    const struct bm_activation *a = args;
    return a->ldy < a->C || a->lddy < a->C || a->lddx < a->C ? "a leading dimension is less than C" : NULL;
}

/* y as a forward pass makes it: between 0 and 1, or -1 and 1, both ends too, and near 0 down to the subnormals. */
static float result(enum bm_fill fill, enum bm_act act, uint64_t seed, uint64_t i)
{
    const float least = act == BM_SIGMOID ? 0 : -1;
    float y;
    switch (fill) {
    case BM_EXACT: return 0.25f * (float)bm_integer(seed, i, act == BM_SIGMOID ? 0 : -4, 4);
    case BM_SPECIAL: return bm_integer(~seed, i, 0, 31) == 0 ? NAN : act == BM_SIGMOID ? 0.75f : -0.75f;
    case BM_EXTREME: y = bm_extreme(seed, i, 0); break;
    default: y = bm_fill_scale(fill) * bm_uniform(seed, i);
    }
    y = fill == BM_HUGE ? bm_uniform(seed, i) : y;
    return fminf(fmaxf(act == BM_SIGMOID ? fabsf(y) : y, least), 1);
}

static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    const size_t C = shape->C, ld = C + shape->pad;
    if (fill == BM_OFFSET || fill == BM_CONSTANT) /* no element depends on another */
        return false;
    for (size_t n = 0; n < shape->N; n++)
        for (size_t c = 0; c < C; c++)
            ((float *)array[0])[n * ld + c] = result(fill, shape->act, seed, n * C + c);
    bm_fill_matrix(fill, seed + 1, 128, array[1], shape->N, C, ld);
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const float *y = array[0], *dy = array[1];
    const size_t C = shape->C, ld = C + shape->pad;
    for (size_t n = 0; n < shape->N; n++)
        for (size_t c = 0; c < C; c++) {
            const double v = y[n * ld + c], d = dy[n * ld + c],
                         dx = d * (shape->act == BM_SIGMOID ? v * (1 - v) : (1 - v) * (1 + v));
            const bool exact = fmod(8 * v, 1) == 0 && fmod(d, 1) == 0 && fabs(d) < 0x1p16;
            want[2][n * C + c] = dx;
            bound[2][n * C + c] = bm_bound_of(dx, exact ? 0 : 4 * BM_U * fabs(dx) + BM_TINY_STEP * (1 + fabs(d)));
        }
}

static double flops(const struct bm_shape *shape) { return 3 * (double)shape->N * (double)shape->C; }

const struct bm_op activation_backward = {
    .name = "activation_backward",
    .summary = "dx = dy y (1 - y) of y = sigmoid x, or dx = dy (1 - y) (1 + y) of y = tanh x",
    .args_bytes = sizeof(struct bm_activation),
    .family = &activation_family,
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
