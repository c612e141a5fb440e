/* SPDX-License-Identifier: MIT */
/*
 * softmax_xent.c - the op: oracle, fills, bounds. scale is 1 / N.
 *
 * With d_c = z_c - max z, e_c = exp(d_c) and s = sum e:
 *   d_c is rounded once, which exp turns into a relative error of u |d_c|; exp adds E u (E = 4: two units in the last
 *   place);
 *   the sum of C positive terms in any order adds (C - 1) u, so s has r_s = u (sum_c p_c |d_c| + E + C - 1);
 *   p_c = e_c / s and the scaling add 3u at most: r_c = u (|d_c| + E + 3) + r_s.
 *   dz_c = scale (p_c - [c = label])     error scale p_c r_c / (1 - r_c) + 2u |dz_c| + what underflow of e_c, p_c loses
 *   loss = log s - d_label               error r_s / (1 - r_s) + u (2 log s + |d_label| + |loss|)
 * In a row with a NaN, "the first largest" has no meaning: hit is left unchecked there.
 */
#include "training_op.h"

#define BM_EXP_ERROR 4

static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[0] = (struct bm_operand){ "z", BM_IN, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[1] = (struct bm_operand){ "label", BM_IN, 1, shape->N, shape->N, BM_I32 };
    operand[2] = (struct bm_operand){ "dz", BM_OUT, shape->N, shape->C, shape->C + shape->pad, BM_F32 };
    operand[3] = (struct bm_operand){ "loss", BM_OUT, 1, shape->N, shape->N, BM_F32 };
    operand[4] = (struct bm_operand){ "hit", BM_OUT, 1, shape->N, shape->N, BM_F32 };
    return 5;
}

static float scale_of(const struct bm_shape *shape) { return shape->N ? 1 / (float)shape->N : 1; }

static void bind(const struct bm_shape *shape, void *const array[], void *args)
{
    struct bm_softmax_xent *a = args;
    a->N = shape->N, a->C = shape->C;
    a->ldz = a->lddz = shape->C + shape->pad;
    a->z = array[0], a->label = array[1], a->dz = array[2], a->loss = array[3], a->hit = array[4];
    a->scale = scale_of(shape);
}

static const char *refuses(const void *args)
{
    const struct bm_softmax_xent *a = args;
    if (a->C == 0 && a->N > 0)
        return "rows without a class have no softmax";
    return a->ldz < a->C || a->lddz < a->C ? "a leading dimension is less than C" : NULL;
}

static size_t first_largest(const float *z, size_t C)
{
    size_t first = 0;
    for (size_t c = 1; c < C; c++)
        if (z[c] > z[first])
            first = c;
    return first;
}

/* Exact: one integer far above the others, so that p is 1 there and 0 elsewhere in any arithmetic, and the loss an
 * integer. */
static bool fill(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[])
{
    const size_t C = shape->C, ld = C + shape->pad;
    float *z = array[0];
    int32_t *label = array[1];
    if (C == 0)
        return false;
    bm_fill_matrix(fill, seed, 126, z, shape->N, C, ld);
    for (size_t n = 0; n < shape->N; n++) {
        float *row = z + n * ld;
        if (fill == BM_EXACT)
            row[bm_integer(seed + 1, n, 0, (int)C - 1)] += 1000;
        /* the largest is right half of the time, so that hits and misses are both seen however large C is */
        const bool right = bm_integer(seed + 2, n, 0, 1);
        label[n] = right ? (int32_t)first_largest(row, C) : bm_integer(seed + 3, n, 0, (int)C - 1);
    }
    return true;
}

static void oracle(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[])
{
    const int32_t *labels = array[1];
    const size_t C = shape->C, ld = C + shape->pad;
    const double scale = scale_of(shape), E = BM_EXP_ERROR;
    for (size_t n = 0; n < shape->N; n++) {
        const float *z = (const float *)array[0] + n * ld;
        const size_t label = (size_t)labels[n], first = first_largest(z, C);
        double *p = want[2] + n * C, *error = bound[2] + n * C, max = z[first], s = 0, spread = 0;
        bool nan = false;
        for (size_t c = 0; c < C; c++) {
            const double d = z[c] - max;
            p[c] = exp(d);
            s += p[c];
            spread += p[c] > 0 ? p[c] * -d : 0;
            nan |= isnan(z[c]);
        }
        const double r_s = BM_U * (spread / s + E + (double)C - 1), d_label = z[label] - max, loss = log(s) - d_label;
        for (size_t c = 0; c < C; c++) {
            const double d = z[c] - max, pc = p[c] / s, r = BM_U * (fabs(d) + E + 3) + r_s;
            p[c] = scale * (pc - (c == label));
            error[c] = 2 * BM_U * fabs(p[c]) + 2 * BM_TINY_STEP + (pc > 0 ? scale * pc * r / (1 - r) : 0);
            error[c] = bm_bound_of(p[c], error[c]);
        }
        want[3][n] = loss;
        bound[3][n] = bm_bound_of(loss, r_s / (1 - r_s) + BM_U * (2 * log(s) + fabs(d_label) + fabs(loss)));
        want[4][n] = label == first;
        bound[4][n] = nan ? INFINITY : 0;
    }
}

/* Subtraction, comparison, sum and scaling, and the exponential counted as one. */
static double flops(const struct bm_shape *shape) { return 5 * (double)shape->N * (double)shape->C; }

const struct bm_op softmax_xent = {
    .name = "softmax_xent",
    .summary = "dz = scale * (softmax(z) - onehot(label)), loss_n = -log softmax(z_n)[label_n], hit_n",
    .args_bytes = sizeof(struct bm_softmax_xent),
    .family = &rows_family,
    .ignores = "slope",
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
