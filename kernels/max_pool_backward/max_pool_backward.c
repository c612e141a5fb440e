/* SPDX-License-Identifier: MIT */
/* max_pool_backward - the gradient of the largest of 2 x 2 pixels (conv.h). Operands: x in, dy in, dx out. Exact. */
#include "pool_op.h"

static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = pool_images(s, "x", BM_IN, false);
    operand[1] = pool_images(s, "dy", BM_IN, true);
    operand[2] = pool_images(s, "dx", BM_OUT, false);
    return 3;
}

static void bind(const struct bm_shape *s, void *const array[], void *args)
{
    struct bm_pool *a = args;
    pool_bind(s, a);
    a->x = array[0], a->dy = array[1], a->dx = array[2];
}

static bool fill(struct bm_shape *s, enum bm_fill fill, uint64_t seed, void *const array[])
{
    const struct bm_operand x = pool_images(s, "x", BM_IN, false), dy = pool_images(s, "dy", BM_IN, true);
    pool_fill(&x, fill, seed, array[0]);
    bm_fill_matrix(fill, seed + 1, 127, array[1], dy.rows, dy.cols, dy.ld);
    return true;
}

static void oracle(const struct bm_shape *s, void *const array[], double *const want[], double *const bound[])
{
    struct bm_pool a;
    bind(s, array, &a);
    pool_oracle(&a, true, want[2], bound[2]);
}

const struct bm_op max_pool_backward = {
    .name = "max_pool_backward",
    .summary = "dx = dy at the largest of 2 x 2 pixels of x, else 0",
    .args_bytes = sizeof(struct bm_pool),
    .family = &pool_family,
    .operands = operands, .bind = bind, .refuses = pool_refuses, .fill = fill, .oracle = oracle, .flops = pool_flops,
};
