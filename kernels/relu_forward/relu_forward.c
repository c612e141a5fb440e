/* SPDX-License-Identifier: MIT */
/* relu_forward.c - the op: oracle, fills, bound. A positive x is copied, ReLU's zero is exact, slope * x is rounded
 * once. */
#include "training_op.h"

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "x", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[1] = (struct bm_operand){ "y", BM_OUT, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    return 2;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    struct bm_relu *a = args;
    a->N = shape->N, a->C = shape->C;
    a->ldx = a->ldy = a->lddy = a->lddx = shape->C + shape->pad;
    a->x = array[0], a->dy = NULL, a->y = array[1], a->dx = NULL;
    a->slope = shape->slope;
}

static const char *refuses(const void *args)
{
    const struct bm_relu *a = args;
    return a->ldx < a->C || a->ldy < a->C ? "a leading dimension is less than C" : NULL;
}

static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    if (fill == BM_OFFSET || fill == BM_CONSTANT) /* no element depends on another */
        return false;
    if (fill == BM_EXACT && shape->slope != 0)
        shape->slope = 0.25f;
    bm_fill_matrix(fill, seed, 128, array[0], shape->N, shape->C, shape->C + shape->pad);
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const float *x = array[0];
    const size_t C = shape->C, ld = C + shape->pad;
    for (size_t n = 0; n < shape->N; n++)
        for (size_t c = 0; c < C; c++) {
            const double v = x[n * ld + c], y = bm_act(v, shape->slope);
            const bool exact = v > 0 || shape->slope == 0 || (double)(float)y == y;
            want[1][n * C + c] = y;
            bound[1][n * C + c] = bm_bound_of(y, exact ? 0 : BM_U * fabs(y) + BM_TINY_STEP);
        }
}

static double flops(const struct bm_shape *shape) { return (double)shape->N * (double)shape->C; }

const struct bm_op relu_forward = {
    .name = "relu_forward",
    .summary = "y = x > 0 ? x : slope * x",
    .args_bytes = sizeof(struct bm_relu),
    .family = &rows_family,
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
