/* SPDX-License-Identifier: MIT */
/* weight_decay.c - the op: oracle, fills, bound. The product and the sum are rounded: u |decay w| + u |g'|, fused or not. */
#include "training_op.h"

/* Near the usual 5e-4, and a power of two, so that an exact fill exists. */
#define BM_DECAY 0x1p-11f

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "w", BM_IN, 1, shape->N, shape->N, BM_F32 };
    operand[1] = (struct bm_operand){ "g", BM_INOUT, 1, shape->N, shape->N, BM_F32 };
    return 2;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    struct bm_weight_decay *a = args;
    a->N = shape->N;
    a->w = array[0], a->g = array[1];
    a->decay = BM_DECAY;
}

static const char *refuses(const void *args)
{
    const struct bm_weight_decay *a = args;
    return a->N && (!a->w || !a->g) ? "w or g is missing" : NULL;
}

static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    if (fill == BM_OFFSET || fill == BM_CONSTANT) /* no element depends on another */
        return false;
    bm_fill_matrix(fill, seed, 126, array[0], 1, shape->N, shape->N);
    bm_fill_matrix(fill, seed + 1, 126, array[1], 1, shape->N, shape->N);
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const float *w = array[0], *g = array[1];
    for (size_t i = 0; i < shape->N; i++) {
        const double part = (double)BM_DECAY * w[i], after = g[i] + part;
        want[1][i] = after;
        bound[1][i] = bm_bound_of(after, BM_U * (1 + BM_U) * (fabs(part) + fabs(after)) + BM_TINY_STEP);
    }
}

static double flops(const struct bm_shape *shape) { return 2 * (double)shape->N; }

const struct bm_op weight_decay = {
    .name = "weight_decay",
    .summary = "g += decay * w",
    .args_bytes = sizeof(struct bm_weight_decay),
    .family = &params_family,
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
