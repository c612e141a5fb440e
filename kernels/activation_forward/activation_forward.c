/* SPDX-License-Identifier: MIT */
/*
 * activation_forward.c - the op: oracle, fills, bound. With exp good to E u (E = 4: two units in the last place):
 *   sigmoid  e = exp(-|x|) adds at most E u to 1 + e, whose sum and reciprocal are rounded; for x < 0 another E u and a
 *            rounding: (2E + 3) u
 *   tanh     from |x| = 0.625 on, (1 - e) / (1 + e) with e = exp(-2|x|) <= 0.29 errs by 0.63 E u and three roundings; below,
 *            the polynomial by three: 6u
 * and where e is subnormal, by a step of these.
 */
#include "training_op.h"

#define BM_EXP_ERROR 4

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "x", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[1] = (struct bm_operand){ "y", BM_OUT, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    return 2;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    struct bm_activation *a = args;
    a->N = shape->N, a->C = shape->C;
    a->ldx = a->ldy = a->lddy = a->lddx = shape->C + shape->pad;
    a->x = array[0], a->y = array[1], a->dy = NULL, a->dx = NULL;
    a->act = shape->act;
}

static const char *refuses(const void *args)
{
    const struct bm_activation *a = args;
    return a->ldx < a->C || a->ldy < a->C ? "a leading dimension is less than C" : NULL;
}

/* Exact: where the exponential is 0 or 1 in any arithmetic. */
static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    const size_t C = shape->C, ld = C + shape->pad;
    float *x = array[0];
    if (fill == BM_OFFSET || fill == BM_CONSTANT) /* no element depends on another */
        return false;
    bm_fill_matrix(fill, seed, 128, x, shape->N, C, ld);
    for (size_t n = 0; n < shape->N; n++)
        for (size_t c = 0; c < C; c++)
            if (fill == BM_EXACT)
                x[n * ld + c] = 1000.0f * (float)bm_integer(seed, n * C + c, -1, 1);
            else if (fill == BM_RANDOM) /* from one end of both functions to the other */
                x[n * ld + c] *= 10;
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const float *x = array[0];
    const size_t C = shape->C, ld = C + shape->pad;
    const bool sigmoid = shape->act == BM_SIGMOID;
    for (size_t n = 0; n < shape->N; n++)
        for (size_t c = 0; c < C; c++) {
            const double v = x[n * ld + c], y = sigmoid ? 1 / (1 + exp(-v)) : tanh(v);
            const bool exact = v == 0 || fabs(v) >= 1000;
            want[1][n * C + c] = y;
            bound[1][n * C + c] =
                bm_bound_of(y, exact ? 0 : (sigmoid ? 2 * BM_EXP_ERROR + 3 : 6) * BM_U * fabs(y) + 2 * BM_TINY_STEP);
        }
}

/* The exponential counts as one, as in softmax_xent. */
static double flops(const struct bm_shape *shape) { return 4 * (double)shape->N * (double)shape->C; }

const struct bm_op activation_forward = {
    .name = "activation_forward",
    .summary = "y = 1 / (1 + e^-x), or y = tanh x",
    .args_bytes = sizeof(struct bm_activation),
    .family = &activation_family,
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
