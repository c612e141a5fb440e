/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_forward.c - the op: its shapes, operands, fills, oracle and error bounds. Never timed.
 *
 * Error bounds, with u = 2^-24 and k = (C / 8 + 16) u. A sum of f32 terms in chains of C / 8 is off by (C / 8) u sum
 * |term| at most; the 16u pay for a tail, for adding the chains up, and for what makes the terms.
 *
 * The terms of the mean are x - x_0, x_0 being the row's first element (or x itself in double, which is better). With
 * the addition of x_0 and the rounding to f32:
 *
 *   E_mean = k (average |x - x_0|) + 2u |mean|, and 0 where all elements are equal
 *
 * The terms of the variance are squares, never negative, about a mean that is off by E_mean:
 *
 *   E_var = k (var + E_mean^2) + E_mean^2,  and r, the relative error of rstd, as in bn_forward.c
 *
 * and y likewise: (x - mean) first, then times rstd and gamma in either order, at most four roundings, and one of beta:
 *
 *   E_y = |gamma| rstd (1 + r) E_mean + |gamma xhat| (r + 5u) + 2u |beta|
 *
 * A few least subnormals are added everywhere. A NaN or an infinity makes its whole row NaN, all but the mean of a row
 * with an infinity, which is left open: x - x_0 is NaN where x_0 is it, and a plain sum is not.
 */
#include <float.h>

#include "norm.h"
#include "oracle.h"

// clang-format off
static const struct bm_key keys[] = {
    { "N", BM_KEY_SIZE, offsetof(struct bm_shape, N), .most = BM_MOST_SIZE, .drawn_most = 500,
      .meaning = "rows (batch)" },
    { "C", BM_KEY_SIZE, offsetof(struct bm_shape, C), .most = BM_MOST_SIZE, .drawn_most = 300,
      .meaning = "columns" },
    { "eps", BM_KEY_NUMBER, offsetof(struct bm_shape, eps), "1e-5", .most = FLT_MAX, .drawn = "1e-5 1e-3 1e-12",
      .meaning = "added to the variance" },
    { "pad", BM_KEY_SIZE, offsetof(struct bm_shape, pad), "0", .most = BM_MOST_SIZE, .drawn_most = 9,
      .meaning = "elements added to every leading dimension" },
    { 0 },
};
// clang-format on
static const struct bm_family norm_family = { "norm", "normalisation of rows, N x C", keys, 150000, NULL };

enum { X, Y, GAMMA, BETA, MEAN, RSTD, ARRAYS };

static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])
{
    operand[X] = (struct bm_operand){ "x", BM_IN, s->N, s->C, s->C + s->pad, BM_F32 };
    operand[Y] = (struct bm_operand){ "y", BM_OUT, s->N, s->C, s->C + s->pad, BM_F32 };
    operand[GAMMA] = (struct bm_operand){ "gamma", BM_IN, 1, s->C, s->C, BM_F32 };
    operand[BETA] = (struct bm_operand){ "beta", BM_IN, 1, s->C, s->C, BM_F32 };
    operand[MEAN] = (struct bm_operand){ "mean", BM_OUT, 1, s->N, s->N, BM_F32 };
    operand[RSTD] = (struct bm_operand){ "rstd", BM_OUT, 1, s->N, s->N, BM_F32 };
    return ARRAYS;
}

static void bind(const struct bm_shape *s, void *const array[], void *args)
{
    *(struct bm_layer_norm *)args = (struct bm_layer_norm){
        .threads = 1, .N = s->N, .C = s->C, .ldx = s->C + s->pad, .ldy = s->C + s->pad, .eps = s->eps,
        .x = array[X], .y = array[Y], .gamma = array[GAMMA], .beta = array[BETA],
        .mean = array[MEAN], .rstd = array[RSTD],
    };
}

static const char *refuses(const void *args)
{
    const struct bm_layer_norm *a = args;
    if (a->N && !a->C)
        return "a row without elements has no mean";
    if (a->ldx < a->C || a->ldy < a->C)
        return "a leading dimension is less than C";
    if (!(a->eps >= 0))
        return "eps must not be negative";
    if (a->N && (!a->x || !a->y || !a->gamma || !a->beta || !a->mean || !a->rstd))
        return "an array is NULL";
    return a->N && a->x == a->y ? "y may not be x" : NULL;
}

/* Exact: elements 2i and 2i + 1 of a row are m + 2 and m - 2 in either order, so that mean and variance are m and 4,
 * and eps = 12 makes rstd 1/4. */
static float exact_x(uint64_t seed, size_t n, size_t c)
{
    const bool up = bm_integer(seed + 1, n * 8191 + c / 2, 0, 1);
    return (float)(bm_integer(seed, n, -8, 8) + (up == (c % 2 == 0) ? 2 : -2));
}

/* Rows of large deviations, of subnormal ones, of one large value, and of all orders; the sum of squares is below
 * 2^126 (norm.h). */
static float extreme_x(uint64_t seed, size_t n, size_t i, size_t C)
{
    int top = 62;
    for (size_t squares = 1; squares < C; squares *= 4)
        top--;
    switch (n % 4) {
    case 0: return ldexpf(bm_uniform(seed + 1, i), top);
    case 1: return ldexpf(bm_uniform(seed + 1, i), -126);
    case 2: return ldexpf(bm_uniform(seed, n), 126);
    default: return bm_extreme(seed + 1, i, top);
    }
}

static float any_x(enum bm_fill fill, uint64_t seed, size_t n, size_t i, size_t C)
{
    if (fill == BM_EXTREME)
        return extreme_x(seed, n, i, C);
    const float scale = bm_fill_scale(fill), centre = scale * bm_uniform(seed, n);
    if (fill == BM_CONSTANT)
        return centre;
    return (fill == BM_OFFSET ? 5774 : centre) + scale * bm_uniform(seed + 1, i); /* deviation scale / sqrt(3) */
}

/* Three rows of four have one element that is no number. */
static void fill_special(const struct bm_shape *s, uint64_t seed, float *x)
{
    static const float special[] = { 0, NAN, INFINITY, -INFINITY };
    for (size_t n = 0; n < s->N; n++)
        if (n % 4)
            x[n * (s->C + s->pad) + bm_hash(seed + 4, n) % s->C] = special[n % 4];
}

static bool fill(struct bm_shape *s, enum bm_fill fill, uint64_t seed, void *const array[])
{
    float *x = array[X], *gamma = array[GAMMA], *beta = array[BETA];
    const bool exact = fill == BM_EXACT;
    if (s->C == 0 || (exact && (s->C % 2 || s->C > 1 << 20)))
        return false;
    s->eps = exact ? 12 : s->eps;
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = 0; c < s->C; c++)
            x[n * (s->C + s->pad) + c] = exact ? exact_x(seed, n, c) : any_x(fill, seed, n, n * s->C + c, s->C);
    if (fill == BM_SPECIAL)
        fill_special(s, seed, x);
    for (size_t c = 0; c < s->C; c++) {
        gamma[c] = exact ? (float)bm_integer(seed + 2, c, -4, 4) : 1 + 0.5f * bm_uniform(seed + 2, c);
        beta[c] = exact ? (float)bm_integer(seed + 3, c, -4, 4) : bm_uniform(seed + 3, c);
    }
    return true;
}

struct row {
    double mean, var, spread, mean_error, rstd, rstd_error; /* rstd_error is relative */
};

static struct row row_of(const float *x, size_t C, double eps)
{
    struct row r = { 0 };
    const double k = BM_U * ((double)C / 8 + 16);
    for (size_t c = 0; c < C; c++) {
        r.mean += x[c];
        r.spread += fabs((double)x[c] - x[0]);
    }
    r.mean /= (double)C;
    r.spread /= (double)C;
    for (size_t c = 0; c < C; c++)
        r.var += (x[c] - r.mean) * (x[c] - r.mean);
    r.var /= (double)C;
    r.mean_error = r.spread == 0 ? 0 : k * r.spread + 2 * BM_U * fabs(r.mean) + 2 * BM_TINY_STEP;
    const double square = r.mean_error * r.mean_error;
    r.rstd = 1 / sqrt(r.var + eps);
    r.rstd_error = bm_rstd_error(r.var, eps, k * (r.var + square) + square + (r.spread == 0 ? 0 : 2 * BM_TINY_STEP));
    return r;
}

static void oracle(const struct bm_shape *s, void *const array[], double *const want[], double *const bound[])
{
    const float *gamma = array[GAMMA], *beta = array[BETA];
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < s->N; n++) {
        const float *x = (const float *)array[X] + n * (s->C + s->pad);
        const struct row r = row_of(x, s->C, s->eps);
        want[MEAN][n] = r.mean;
        bound[MEAN][n] = isinf(r.mean) ? INFINITY : bm_bound_of(r.mean, r.mean_error);
        want[RSTD][n] = r.rstd;
        bound[RSTD][n] = bm_bound_of(r.rstd, r.rstd * r.rstd_error + BM_TINY_STEP);
        for (size_t c = 0; c < s->C; c++) {
            const double d = x[c] - r.mean, scaled = gamma[c] * d * r.rstd, y = scaled + beta[c];
            const double error = fabs((double)gamma[c]) * r.rstd * (1 + r.rstd_error) * r.mean_error +
                                 fabs(scaled) * (r.rstd_error + 5 * BM_U) + 2 * BM_U * fabs((double)beta[c]) +
                                 2 * BM_TINY_STEP * (1 + fabs((double)gamma[c]) + fabs(d));
            want[Y][n * s->C + c] = y;
            bound[Y][n * s->C + c] = bm_bound_of(y, error);
        }
    }
}

/* Mean 1, variance 3 (difference, square, sum), y 3 (difference, scale, shift), as bn_forward counts them. */
static double flops(const struct bm_shape *s) { return 7 * (double)s->N * (double)s->C; }

extern const struct bm_op layer_norm_forward;
const struct bm_op layer_norm_forward = {
    .name = "layer_norm_forward",
    .summary = "y = gamma (x - mean) rstd + beta by each row's mean and variance, saved",
    .args_bytes = sizeof(struct bm_layer_norm),
    .family = &norm_family,
    .operands = operands,
    .bind = bind,
    .refuses = refuses,
    .fill = fill,
    .oracle = oracle,
    .flops = flops,
};
