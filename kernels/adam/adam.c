/* SPDX-License-Identifier: MIT */
/*
 * adam.c - the op: oracle, fills, bounds. With n1 = 1 - beta1, n2 = 1 - beta2, fused or not,
 *   m' = m + n1 (g - m)           e_m = 2u n1 (|g| + |m|) + u |m'|
 *   v' = v + n2 (g^2 - v)         e_v = 3u n2 (g^2 + v) + u v', and two subnormals: g^2 may be one
 *   q = sqrt(v') + eps            e_q = sqrt(v') - sqrt(v' - e_v) + u sqrt(v') + u q
 *   w' = w - lr m' / q            lr ((|m'| + e_m) / (q - e_q) - |m'| / q) + 2u |lr m' / q| + u |w'|, and a subnormal / q:
 *                                 lr m' may be one
 */
#include "training_op.h"

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "w", BM_INOUT, 1, shape->N, shape->N, BM_F32 };
    operand[1] = (struct bm_operand){ "g", BM_IN, 1, shape->N, shape->N, BM_F32 };
    operand[2] = (struct bm_operand){ "m", BM_INOUT, 1, shape->N, shape->N, BM_F32 };
    operand[3] = (struct bm_operand){ "v", BM_INOUT, 1, shape->N, shape->N, BM_F32 };
    return 4;
}

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    bm_bind_optimizer(shape, array[0], array[1], array[2], array[3], args);
}

static const char *refuses(const void *args)
{
    const struct bm_optimizer *a = args;
    return a->N && (!a->w || !a->g || !a->m || !a->v) ? "w, g, m or v is missing" : NULL;
}

/*
 * Exact: v = g^2 stays, q = |g| + eps, and m is such that m' = 2q in the sign of g: 7/8 m + 1/8 g = 2q asks for
 * m = (16 q - g) / 7. With g = k 2^10 eps that is ((15 k 2^10) + 16) / 7 eps, an integer of them for k = 6, 13, 20. So
 * w moves by lr * 2 exactly, or not at all where g = m = v = 0.
 */
static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    float *w = array[0], *g = array[1], *m = array[2], *v = array[3];
    if (fill == BM_OFFSET || fill == BM_CONSTANT) /* no element depends on another */
        return false;
    for (size_t i = 0; i < shape->N; i++) {
        /* of order 1 in the huge fill, where a step of lr would be lost in a weight of 2^50 */
        w[i] = bm_fill_value(fill == BM_HUGE ? BM_RANDOM : fill, seed, i, 126);
        if (fill == BM_EXACT) {
            const int k = 7 * bm_integer(seed + 1, i, 0, 3) - 1; /* -1: nothing here */
            const float sign = bm_integer(seed + 2, i, 0, 1) ? 1 : -1;
            g[i] = k < 0 ? 0 : sign * (float)k * 1024 * BM_EPS;
            m[i] = k < 0 ? 0 : sign * (float)((15 * k * 1024 + 16) / 7) * BM_EPS;
            v[i] = g[i] * g[i];
        } else {
            g[i] = bm_fill_value(fill, seed + 1, i, 60);
            m[i] = bm_fill_value(fill, seed + 2, i, 60);
            v[i] = fabsf(bm_fill_value(fill, seed + 3, i, 120)) * bm_fill_scale(fill); /* a mean of squares */
        }
    }
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const float *w = array[0], *g = array[1], *m = array[2], *v = array[3];
    const double lr = (double)BM_LR, n1 = 1 - (double)BM_BETA1, n2 = 1 - (double)BM_BETA2, eps = (double)BM_EPS;
    const double u = BM_U * (1 + 8 * BM_U); /* products of roundings */
    for (size_t i = 0; i < shape->N; i++) {
        const double gi = g[i], mi = m[i], vi = v[i], square = gi * gi;
        const double mean = mi + n1 * (gi - mi), var = vi + n2 * (square - vi), root = sqrt(var), q = root + eps;
        const double step = lr * mean / q, after = w[i] - step;
        const double e_m = 2 * u * n1 * (fabs(gi) + fabs(mi)) + u * fabs(mean) + BM_TINY_STEP;
        const double e_v = 3 * u * n2 * (square + vi) + u * var + 2 * BM_TINY_STEP;
        const double e_q = root - sqrt(var > e_v ? var - e_v : 0) + u * root + u * q;
        const double e_step = lr * ((fabs(mean) + e_m) / (q - e_q) - fabs(mean) / q) + 2 * u * fabs(step) + BM_TINY_STEP / (q - e_q);
        want[2][i] = mean;
        bound[2][i] = bm_bound_of(mean, e_m);
        want[3][i] = var;
        bound[3][i] = bm_bound_of(var, e_v);
        want[0][i] = after;
        bound[0][i] = bm_bound_of(after, e_step + u * fabs(after) + 2 * BM_TINY_STEP);
    }
}

static double flops(const struct bm_shape *shape) { return 12 * (double)shape->N; }

const struct bm_op adam = {
    .name = "adam",
    .summary = "m += (1 - beta1) (g - m), v += (1 - beta2) (g^2 - v), w -= lr * m / (sqrt(v) + eps)",
    .args_bytes = sizeof(struct bm_optimizer),
    .family = &params_family,
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
