/* SPDX-License-Identifier: MIT */
/* max_pool_forward - the largest of 2 x 2 pixels (conv.h). Operands: x in, y out. Exact. */
#include "pool_op.h"

static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = pool_images(s, "x", BM_IN, false);
    operand[1] = pool_images(s, "y", BM_OUT, true);
    return 2;
}

static void bind(const struct bm_shape *s, void *const array[], void *args)
{
    struct bm_pool *a = args;
    pool_bind(s, a);
    a->x = array[0], a->y = array[1];
}

static bool fill(struct bm_shape *s, enum bm_fill fill, uint64_t seed, void *const array[])
{
    const struct bm_operand x = pool_images(s, "x", BM_IN, false);
    pool_fill(&x, fill, seed, array[0]);
    return true;
}

static void oracle(const struct bm_shape *s, void *const array[], double *const want[], double *const bound[])
{
    struct bm_pool a;
    bind(s, array, &a);
    pool_oracle(&a, false, want[1], bound[1]);
}

const struct bm_op max_pool_forward = {
    .name = "max_pool_forward",
    .summary = "y = the largest of 2 x 2 pixels of x",
    .args_bytes = sizeof(struct bm_pool),
    .family = &pool_family,
    .operands = operands, .bind = bind, .refuses = pool_refuses, .fill = fill, .oracle = oracle, .flops = pool_flops,
};
