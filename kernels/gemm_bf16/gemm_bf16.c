/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16.c - the op: operands, fills, double-precision oracle, error bound and FLOPs of gemm.h's bf16 product. Never
 * timed. The oracle sees the inputs after they were rounded to bf16, so the rounding of the data is no error.
 *
 * The product of two bf16 numbers (8 bits of fraction each) fits an f32 exactly unless it underflows, so the sums of K
 * terms round as in gemm, in any order: (K + 4) u (sum_k |alpha a_ik b_kj| + |beta c_ij|). VDPBF16PS adds the two
 * products of a pair one after the other, or first to each other, each time rounded to nearest: K roundings either way.
 *
 * It also flushes to zero, whatever MXCSR says, each subnormal result: the product and the sum of each of K steps lose
 * less than 2^-126 there, and alpha multiplies that: (2K + 4) 2^-126 max(1, |alpha|). A subnormal element of A or B
 * counts as zero there too (Intel SDM, VDPBF16PS: DAZ, FTZ): the bound is for normal inputs, which all fills give.
 */
#include <float.h>

#include "gemm_bf16_as_gemm.h"
#include "gemm_op.h"

static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])
{
    gemm_operands(s, BM_BF16, BM_BF16, operand);
    return 3;
}

static void bind(const struct bm_shape *s, void *const array[], void *args)
{
    struct bm_operand o[BM_MAX_OPERANDS];
    struct bm_gemm_bf16 *g = args;
    operands(s, o);
    GEMM_BIND(g, s, o, array);
    g->alpha = s->alpha;
    g->beta = s->beta;
}

static const char *refuses(const void *args)
{
    const struct bm_gemm g = gemm_bf16_as_gemm(args);
    return gemm_refuses(&g);
}

static bool fill(struct bm_shape *s, enum bm_fill kind, uint64_t seed, void *const array[])
{
    struct bm_operand o[BM_MAX_OPERANDS];
    const unsigned n = operands(s, o);
    if (s->epilogue != BM_EPILOGUE_NONE) /* this op has none */
        return false;
    if (kind == BM_EXACT && !gemm_exact_scales(s))
        return false;
    for (unsigned k = 0; k < n; k++)
        gemm_fill(&o[k], k, s->K, kind, seed, array[k]);
    return true;
}

static void oracle_tile(const struct bm_gemm *g, struct bm_range rows, struct bm_range cols, double *want,
                        double *bound)
{
    struct gemm_sums s;
    gemm_tile_sums(g, BM_BF16, BM_BF16, rows, cols, &s);
    const size_t K = g->alpha == 0 ? 0 : g->K;
    const double u = BM_U * (double)(K + 4), alpha = fabs((double)g->alpha);
    /* Without a product there is at most the one rounding of beta c_ij. */
    const double flushed = K > 0 ? FLT_MIN * (double)(2 * K + 4) * fmax(1, alpha) : g->beta != 0 ? BM_TINY_STEP : 0;
    for (size_t i = rows.begin; i < rows.end; i++)
        for (size_t j = cols.begin; j < cols.end; j++) {
            const double old = g->beta == 0 ? 0 : (double)g->beta * g->C[i * g->ldc + j];
            const double product = K == 0 ? 0 : g->alpha * s.sum[i - rows.begin][j - cols.begin], v = product + old;
            const double terms = s.row_norm[i - rows.begin] * s.col_norm[j - cols.begin];
            double error = u * (alpha * terms + fabs(old)) + flushed;
            if (!isfinite(v))
                error = 0; /* the same NaN or infinity in every order of summation */
            else if (!(fmax(1, alpha) * terms + fabs(old) < FLT_MAX))
                error = INFINITY; /* f32 may overflow on the way */
            want[i * g->N + j] = v;
            bound[i * g->N + j] = error;
        }
}

static void oracle(const struct bm_shape *s, void *const array[], double *const want[], double *const bound[])
{
    struct bm_gemm_bf16 args = { .threads = 1 };
    bind(s, array, &args);
    const struct bm_gemm g = gemm_bf16_as_gemm(&args);
    gemm_each_tile(&g, want[2], bound[2], oracle_tile);
}

extern const struct bm_op gemm_bf16;
const struct bm_op gemm_bf16 = {
    .name = "gemm_bf16",
    .summary = "matrix product: C = alpha op(A) op(B) + beta C, A and B bf16, sums and C f32, row-major",
    .args_bytes = sizeof(struct bm_gemm_bf16),
    .family = &gemm_family,
    .ignores = "epilogue slope",
    .operands = operands,
    .bind = bind,
    .refuses = refuses,
    .fill = fill,
    .oracle = oracle,
    .flops = gemm_flops,
};
