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
 *
 * Bias and activation are f32 arithmetic as in gemm: 4u |bias_j| more, and all of it max(1, |slope|) times. Without a
 * product beta c_ij, the bias and slope lose a least subnormal each.
 *
 * A C in bf16 is what rounding makes of a number that is so far off (bm_bf16_bound: rounding is monotone, so that it lies
 * between the rounded ends of that interval; a subnormal may become zero). The statistics are of the elements before
 * that, so their bound is gemm's, of the errors in f32. A kernel that took them of the rounded elements, rounded before
 * the bias was added, or rounded the sum of each block of K would be off by up to 2^-8 of an element, where the bound has
 * (K + 4) 2^-24 of the terms: seen unless K is thousands and the terms cancel.
 */
#include <float.h>

#include "gemm_bf16_as_gemm.h"
#include "gemm_op.h"

static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])
{
    unsigned count = 3;
    gemm_operands(s, BM_BF16, BM_BF16, operand);
    if (s->result == BM_RESULT_BF16)
        operand[2].type = BM_BF16;
    if (bm_epilogue_bias(s->epilogue))
        operand[count++] = (struct bm_operand){ "bias", BM_IN, 1, s->N, s->N, BM_F32 };
    if (bm_epilogue_stats(s->epilogue)) {
        operand[count++] = (struct bm_operand){ "mean", BM_OUT, 1, s->N, s->N, BM_F32 };
        operand[count++] = (struct bm_operand){ "var", BM_OUT, 1, s->N, s->N, BM_F32 };
    }
    return count;
}

static void bind(const struct bm_shape *s, void *const array[], void *args)
{
    struct bm_operand o[BM_MAX_OPERANDS];
    struct bm_gemm_bf16 *g = args;
    unsigned next = 3;
    operands(s, o);
    GEMM_BIND(g, s, o, array);
    g->alpha = s->alpha;
    g->beta = s->beta;
    g->epilogue = s->epilogue;
    g->slope = s->slope;
    g->bias = bm_epilogue_bias(s->epilogue) ? array[next++] : NULL;
    g->mean = bm_epilogue_stats(s->epilogue) ? array[next++] : NULL;
    g->var = bm_epilogue_stats(s->epilogue) ? array[next] : NULL;
    g->result = s->result;
    g->C16 = NULL;
    if (s->result == BM_RESULT_BF16)
        g->C16 = array[2], g->C = NULL;
}

static const char *refuses(const void *args)
{
    const struct bm_gemm_bf16 *g = args;
    const bool rounds = g->result == BM_RESULT_BF16;
    struct bm_gemm as = gemm_bf16_as_gemm(g);
    if (rounds)
        as.C = (float *)(void *)g->C16; /* to be asked whether it is there */
    if (rounds && g->beta != 0)
        return "C is bf16 and beta is not 0: sums are not kept in bf16";
    return gemm_refuses_with_epilogue(&as);
}

static bool fill(struct bm_shape *s, enum bm_fill kind, uint64_t seed, void *const array[])
{
    struct bm_operand o[BM_MAX_OPERANDS];
    const unsigned n = operands(s, o);
    if (kind == BM_EXACT && !gemm_exact_fits(s))
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
    const bool with_bias = bm_epilogue_bias(g->epilogue), act = g->epilogue == BM_EPILOGUE_BIAS_RELU;
    const double u = BM_U * (double)(K + 4), alpha = fabs((double)g->alpha);
    const double steepest = act ? fmax(1, fabs((double)g->slope)) : 1;
    const double flushed = K > 0 ? FLT_MIN * (double)(2 * K + 4) * fmax(1, alpha)
                         : g->beta != 0 || with_bias ? 3 * BM_TINY_STEP : 0;
    for (size_t i = rows.begin; i < rows.end; i++)
        for (size_t j = cols.begin; j < cols.end; j++) {
            const double old = g->beta == 0 ? 0 : (double)g->beta * g->C[i * g->ldc + j], bias = with_bias ? g->bias[j] : 0;
            const double product = K == 0 ? 0 : g->alpha * s.sum[i - rows.begin][j - cols.begin], v = product + old + bias;
            const double terms = s.row_norm[i - rows.begin] * s.col_norm[j - cols.begin];
            double error = (u * (alpha * terms + fabs(old)) + 4 * BM_U * fabs(bias) + flushed) * steepest;
            if (!isfinite(v))
                error = 0; /* the same NaN or infinity in every order of summation; act(-Inf) = 0 has no error either */
            else if (!((fmax(1, alpha) * terms + fabs(old) + fabs(bias)) * steepest < FLT_MAX))
                error = INFINITY; /* f32 may overflow on the way */
            want[i * g->N + j] = act ? bm_act(v, g->slope) : v;
            bound[i * g->N + j] = error;
        }
}

static void oracle(const struct bm_shape *s, void *const array[], double *const want[], double *const bound[])
{
    struct bm_gemm_bf16 args = { .threads = 1 };
    bind(s, array, &args);
    const struct bm_gemm g = gemm_bf16_as_gemm(&args);
    gemm_each_tile(&g, want[2], bound[2], oracle_tile);
    gemm_oracle_each_stats(&g, want, bound);
    if (s->result == BM_RESULT_BF16)
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < g.M * g.N; i++)
            bound[2][i] = bm_bf16_bound(want[2][i], bound[2][i]);
}

extern const struct bm_op gemm_bf16;
const struct bm_op gemm_bf16 = {
    .name = "gemm_bf16",
    .summary = "matrix product: C = epilogue(alpha op(A) op(B) + beta C), A and B bf16, sums f32, C f32 or bf16, row-major",
    .args_bytes = sizeof(struct bm_gemm_bf16),
    .family = &gemm_family,
    .operands = operands,
    .bind = bind,
    .refuses = refuses,
    .fill = fill,
    .oracle = oracle,
    .flops = gemm_flops,
};
