/* SPDX-License-Identifier: MIT */
/*
 * bias_grad.c - the op: oracle, fills, bound.
 *
 * Every kernel promises f32 chains of at most 256 rows, continued in double and rounded once: with h = min(N, 256),
 *   |got - want| <= (h - 1) u sum_n |dy_nc| + u |want|   (Higham, section 4.2), stated as h u sum |dy|.
 * Sums do not underflow, so there is no term for tiny values.
 */
#include "training_op.h"

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "dy", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[1] = (struct bm_operand){ "db", BM_OUT, 1, shape->C, shape->C, BM_F32 };
    return 2;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    struct bm_bias_grad *a = args;
    a->N = shape->N, a->C = shape->C, a->lddy = shape->C + shape->pad;
    a->dy = array[0], a->db = array[1];
}

static const char *refuses(const void *args)
{
    const struct bm_bias_grad *a = args;
    return a->lddy < a->C ? "lddy is less than C" : NULL;
}

static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    if (fill == BM_EXACT && shape->N > (1u << 20)) /* a sum could pass 2^24 */
        return false;
    bm_fill_matrix(fill, seed, 96, array[0], shape->N, shape->C, shape->C + shape->pad);
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const float *dy = array[0];
    const size_t N = shape->N, C = shape->C, ld = C + shape->pad;
    const double chain = N < 256 ? (double)N : 256;
    double *sum = want[1], *size = bound[1];
    for (size_t c = 0; c < C; c++)
        sum[c] = size[c] = 0;
    for (size_t n = 0; n < N; n++)
        for (size_t c = 0; c < C; c++) {
            sum[c] += (double)dy[n * ld + c];
            size[c] += fabs((double)dy[n * ld + c]);
        }
    for (size_t c = 0; c < C; c++)
        size[c] = bm_bound_of(sum[c], chain * BM_U * size[c]);
}

static double flops(const struct bm_shape *shape) { return (double)shape->N * (double)shape->C; }

const struct bm_op bias_grad = {
    .name = "bias_grad",
    .summary = "db_c = sum over rows n of dy_nc",
    .args_bytes = sizeof(struct bm_bias_grad),
    .family = &rows_family,
    .ignores = "slope",
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
