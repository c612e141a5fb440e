/* SPDX-License-Identifier: MIT */
/*
 * momentum.c - the op: oracle, fills, bounds. Fused or not,
 *   m' = beta1 m + g     e_m = u |beta1 m| + u |m'|
 *   w' = w - lr m'       lr e_m + u |lr m'| + u |w'|, and half a subnormal for each rounding near zero.
 */
#include "training_op.h"

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "w", BM_INOUT, 1, shape->N, shape->N, BM_F32 };
    operand[1] = (struct bm_operand){ "g", BM_IN, 1, shape->N, shape->N, BM_F32 };
    operand[2] = (struct bm_operand){ "m", BM_INOUT, 1, shape->N, shape->N, BM_F32 };
    return 3;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    bm_bind_optimizer(shape, array[0], array[1], array[2], NULL, args);
}

static const char *refuses(const void *args)
{
    const struct bm_optimizer *a = args;
    return a->N && (!a->w || !a->g || !a->m) ? "w, g or m is missing" : NULL;
}

static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    if (fill == BM_OFFSET || fill == BM_CONSTANT) /* no element depends on another */
        return false;
    bm_fill_matrix(fill, seed, 126, array[0], 1, shape->N, shape->N);
    bm_fill_matrix(fill, seed + 1, 126, array[1], 1, shape->N, shape->N);
    bm_fill_matrix(fill, seed + 2, 126, array[2], 1, shape->N, shape->N);
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const float *w = array[0], *g = array[1], *m = array[2];
    const double lr = (double)BM_LR;
    for (size_t i = 0; i < shape->N; i++) {
        const double old = (double)BM_BETA1 * m[i], mean = old + g[i], after = w[i] - lr * mean;
        const double u = BM_U * (1 + 4 * BM_U); /* products of roundings */
        const double e_m = u * (fabs(old) + fabs(mean)) + BM_TINY_STEP;
        want[2][i] = mean;
        bound[2][i] = bm_bound_of(mean, e_m);
        want[0][i] = after;
        bound[0][i] = bm_bound_of(after, lr * e_m + u * (fabs(lr * mean) + fabs(after)) + BM_TINY_STEP);
    }
}

static double flops(const struct bm_shape *shape) { return 4 * (double)shape->N; }

const struct bm_op momentum = {
    .name = "momentum",
    .summary = "m = beta1 * m + g, w -= lr * m",
    .args_bytes = sizeof(struct bm_optimizer),
    .family = &params_family,
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
