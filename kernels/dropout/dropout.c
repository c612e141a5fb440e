/* SPDX-License-Identifier: MIT */
/* dropout.c - the op: oracle, fills, bound. Which elements are kept is exact; the scale 1 / (1 - rate) is rounded twice, and the
 * product once: 3u. */
#include "dropout_mask.h"
#include "training_op.h"

static const uint32_t key = 0x2545f491; /* of verification and benchmarks */

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "x", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[1] = (struct bm_operand){ "y", BM_OUT, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    return 2;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    struct bm_dropout *a = args;
    a->N = shape->N, a->C = shape->C;
    a->ldx = a->ldy = shape->C + shape->pad;
    a->x = array[0], a->y = array[1];
    a->rate = shape->rate, a->key = key;
}

static const char *refuses(const void *args)
{
    const struct bm_dropout *a = args;
    if (!(a->rate >= 0 && a->rate < 1))
        return "the rate is not from 0 to below 1";
    return a->ldx < a->C || a->ldy < a->C ? "a leading dimension is less than C" : NULL;
}

static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    if (fill == BM_OFFSET || fill == BM_CONSTANT) /* no element depends on another */
        return false;
    if (fill == BM_EXACT)
        shape->rate = shape->rate == 0 ? 0 : shape->rate < 0.7f ? 0.5f : 0.75f;
    bm_fill_matrix(fill, seed, 124, array[0], shape->N, shape->C, shape->C + shape->pad);
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const float *x = array[0];
    const size_t C = shape->C, ld = C + shape->pad;
    const uint32_t least = bm_dropout_least(shape->rate);
    const double scale = 1 / (1 - (double)shape->rate);
    for (size_t n = 0; n < shape->N; n++)
        for (size_t c = 0; c < C; c++) {
            const bool kept = bm_dropout_draw((uint32_t)(n * C + c), key) >= least;
            const double y = kept ? scale * x[n * ld + c] : 0, error = 3.01 * BM_U * fabs(y) + BM_TINY_STEP;
            want[1][n * C + c] = y;
            bound[1][n * C + c] = bm_bound_of(y, !kept || (double)(float)y == y ? 0 : error);
        }
}

/* Draws are not counted. */
static double flops(const struct bm_shape *shape) { return (double)shape->N * (double)shape->C; }

const struct bm_op dropout = {
    .name = "dropout",
    .summary = "y = x / (1 - rate) where the hash of an element's number says so, else 0",
    .args_bytes = sizeof(struct bm_dropout),
    .family = &dropout_family,
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
