/* SPDX-License-Identifier: MIT */
/* relu_backward.c - the op: oracle, fills, bound. A positive x copies dy, ReLU's zero is exact, slope * dy is
 * rounded once. */
#include "training_op.h"

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "x", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[1] = (struct bm_operand){ "dy", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[2] = (struct bm_operand){ "dx", BM_OUT, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    return 3;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    struct bm_relu *a = args;
    a->N = shape->N, a->C = shape->C;
    a->ldx = a->ldy = a->lddy = a->lddx = shape->C + shape->pad;
    a->x = array[0], a->dy = array[1], a->y = NULL, a->dx = array[2];
    a->slope = shape->slope;
}

static const char *refuses(const void *args)
{
    const struct bm_relu *a = args;
    return a->ldx < a->C || a->lddy < a->C || a->lddx < a->C ? "a leading dimension is less than C" : NULL;
}

static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    if (fill == BM_OFFSET || fill == BM_CONSTANT) /* no element depends on another */
        return false;
    if (fill == BM_EXACT && shape->slope != 0)
        shape->slope = 0.25f;
    bm_fill_matrix(fill, seed, 128, array[0], shape->N, shape->C, shape->C + shape->pad);
    bm_fill_matrix(fill, seed + 1, 128, array[1], shape->N, shape->C, shape->C + shape->pad);
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const float *x = array[0], *dy = array[1];
    const size_t C = shape->C, ld = C + shape->pad;
    for (size_t n = 0; n < shape->N; n++)
        for (size_t c = 0; c < C; c++) {
            const double dx = bm_act_grad(dy[n * ld + c], x[n * ld + c], shape->slope);
            const bool exact = x[n * ld + c] > 0 || shape->slope == 0 || (double)(float)dx == dx;
            want[2][n * C + c] = dx;
            bound[2][n * C + c] = bm_bound_of(dx, exact ? 0 : BM_U * fabs(dx) + BM_TINY_STEP);
        }
}

static double flops(const struct bm_shape *shape) { return (double)shape->N * (double)shape->C; }

const struct bm_op relu_backward = {
    .name = "relu_backward",
    .summary = "dx = x > 0 ? dy : slope * dy",
    .args_bytes = sizeof(struct bm_relu),
    .family = &rows_family,
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
