/* SPDX-License-Identifier: MIT */
/* relu_backward_bf16.c - the op: oracle, fills, bound. A positive x copies dy, ReLU's zero is exact, slope * dy is rounded to
 * f32 and then to bf16, and below 2^-126 zero will do. */
#include "training_bf16.h"
#include "training_op.h"

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "x", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_BF16 };
    operand[1] = (struct bm_operand){ "dy", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_BF16 };
    operand[2] = (struct bm_operand){ "dx", BM_OUT, shape->N, shape->C, shape->C + shape->pad, BM_BF16 };
    return 3;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    struct bm_relu_bf16 *a = args;
    a->N = shape->N, a->C = shape->C;
    a->ldx = a->lddy = a->lddx = shape->C + shape->pad;
    a->x = array[0], a->dy = array[1], a->dx = array[2];
    a->slope = shape->slope;
}

static const char *refuses(const void *args)
{
    const struct bm_relu_bf16 *a = args;
    return a->ldx < a->C || a->lddy < a->C || a->lddx < a->C ? "a leading dimension is less than C" : NULL;
}

static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    const size_t ld = shape->C + shape->pad;
    if (fill == BM_OFFSET || fill == BM_CONSTANT) /* no element depends on another */
        return false;
    if (fill == BM_EXACT && shape->slope != 0)
        shape->slope = 0.25f;
    for (unsigned k = 0; k < 2; k++)
        for (size_t n = 0; n < shape->N; n++)
            for (size_t c = 0; c < shape->C; c++)
                ((uint16_t *)array[k])[n * ld + c] = bm_bf16_round(bm_fill_value(fill, seed + k, n * shape->C + c, 127));
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const uint16_t *x = array[0], *dy = array[1];
    const size_t C = shape->C, ld = C + shape->pad;
    for (size_t n = 0; n < shape->N; n++)
        for (size_t c = 0; c < C; c++) {
            const double at = bm_bf16_value(x[n * ld + c]), dx = bm_act_grad(bm_bf16_value(dy[n * ld + c]), at, shape->slope);
            const bool exact = at > 0 || shape->slope == 0 || (double)(float)dx == dx;
            want[2][n * C + c] = dx;
            bound[2][n * C + c] = bm_bf16_bound(dx, bm_bound_of(dx, exact ? 0 : BM_U * fabs(dx) + BM_TINY_STEP));
        }
}

static double flops(const struct bm_shape *shape) { return (double)shape->N * (double)shape->C; }

extern const struct bm_op relu_backward_bf16;
const struct bm_op relu_backward_bf16 = {
    .name = "relu_backward_bf16",
    .summary = "dx = x > 0 ? dy : slope * dy, in bf16",
    .args_bytes = sizeof(struct bm_relu_bf16),
    .family = &rows_family,
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
