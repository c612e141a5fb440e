/* SPDX-License-Identifier: MIT */
/* round_bf16.c - the op: oracle, fills, bound. The nearest bf16 is allowed, of a tie both; that it goes to the even one is
 * asked by the exact fill, whose integers beyond 256 have ties. Below 2^-126 zero will do. */
#include "training_bf16.h"
#include "training_op.h"

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "x", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[1] = (struct bm_operand){ "y", BM_OUT, shape->N, shape->C, shape->C + shape->pad, BM_BF16 };
    return 2;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    struct bm_round_bf16 *a = args;
    a->N = shape->N, a->C = shape->C;
    a->ldx = a->ldy = shape->C + shape->pad;
    a->x = array[0], a->y = array[1];
}

static const char *refuses(const void *args)
{
    const struct bm_round_bf16 *a = args;
    return a->ldx < a->C || a->ldy < a->C ? "a leading dimension is less than C" : NULL;
}

static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    float *x = array[0];
    if (fill == BM_OFFSET || fill == BM_CONSTANT) /* no element depends on another */
        return false;
    bm_fill_matrix(fill, seed, 128, x, shape->N, shape->C, shape->C + shape->pad);
    for (size_t n = 0; n < shape->N && fill == BM_EXACT; n++)
        for (size_t c = 0; c < shape->C; c++)
            x[n * (shape->C + shape->pad) + c] = (float)bm_integer(seed, n * shape->C + c, -2000, 2000);
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const float *x = array[0];
    const size_t C = shape->C, ld = C + shape->pad;
    for (size_t n = 0; n < shape->N; n++)
        for (size_t c = 0; c < C; c++) {
            want[1][n * C + c] = x[n * ld + c];
            bound[1][n * C + c] = bm_bf16_bound(x[n * ld + c], 0);
        }
}

static double flops(const struct bm_shape *shape) { return (double)shape->N * (double)shape->C; }

extern const struct bm_op round_bf16;
const struct bm_op round_bf16 = {
    .name = "round_bf16",
    .summary = "y = x as bf16, to nearest, ties to even",
    .args_bytes = sizeof(struct bm_round_bf16),
    .family = &rows_family,
    .ignores = "slope",
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
