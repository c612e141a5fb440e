/* SPDX-License-Identifier: MIT */
/*
 * gemm.c - the op: operands, fills, double-precision oracle, error bound and FLOPs of gemm.h. Never timed.
 *
 * The bound is (K + 4) u (sum_k |alpha a_ik b_kj| + |beta c_ij|) + 4u |bias_j|: beta c_ij may be the first term of the
 * sum, and then takes part in all its roundings. The sum of absolute values is replaced by its upper bound
 * ||a_i|| ||b_j|| (Cauchy-Schwarz), which costs a norm per row and column instead of a second product. Near zero each
 * rounding loses a least subnormal, and where alpha is multiplied with a_ik or b_kj first, that is multiplied with the
 * other: sqrt(K) (||a_i|| + ||b_j||) of them at most.
 *
 * BN statistics of a column whose elements are off by e_i: the mean is off by their average, and the variance by 2
 * deviation rms(e) + rms(e)^2 (the triangle inequality); the summing itself is allowed what bn.h allows any kernel,
 * 4u |mean| + 300u (average |c_i - c_0| + deviation) and 600u var. With an infinity in a column the mean is left open,
 * as in bn, and the variance is NaN.
 */
#include <float.h>

#include "gemm_op.h"

static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])
{
    unsigned count = 3;
    gemm_operands(s, BM_F32, BM_F32, operand);
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
    struct bm_gemm *g = args;
    operands(s, o);
    GEMM_BIND(g, s, o, array);
    g->alpha = s->alpha;
    g->beta = s->beta;
    g->epilogue = s->epilogue;
    g->slope = s->slope;
    unsigned next = 3;
    g->bias = bm_epilogue_bias(s->epilogue) ? array[next++] : NULL;
    g->mean = bm_epilogue_stats(s->epilogue) ? array[next++] : NULL;
    g->var = bm_epilogue_stats(s->epilogue) ? array[next] : NULL;
}

static const char *refuses(const void *args) { return gemm_refuses_with_epilogue(args); }

static bool fill(struct bm_shape *s, enum bm_fill kind, uint64_t seed, void *const array[])
{
    struct bm_operand o[BM_MAX_OPERANDS];
    unsigned n = operands(s, o);
    if (s->result != BM_RESULT_F32)
        return false;
    if (kind == BM_EXACT && !gemm_exact_fits(s))
        return false;
    for (unsigned k = 0; k < n; k++)
        gemm_fill(&o[k], k, s->K, kind, seed, array[k]);
    return true;
}

/* The oracle of one tile of C, at most GEMM_TILE_M x GEMM_TILE_N. */
static void oracle_tile(const struct bm_gemm *g, struct bm_range rows, struct bm_range cols, double *want,
                        double *bound)
{
    struct gemm_sums s;
    gemm_tile_sums(g, BM_F32, BM_F32, rows, cols, &s);
    const size_t K = g->alpha == 0 ? 0 : g->K, m = rows.end - rows.begin, n = cols.end - cols.begin;
    const bool nothing = K == 0 && g->beta == 0 && !bm_epilogue_bias(g->epilogue); /* to round: C = 0 */
    const double u = BM_U * (double)(K + 4);
    const double step = nothing ? 0 : BM_TINY_STEP * (double)(K + 4) * fmax(1, fabs((double)g->alpha));
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            const double old = g->beta == 0 ? 0 : (double)g->beta * g->C[(rows.begin + i) * g->ldc + cols.begin + j];
            const double bias = bm_epilogue_bias(g->epilogue) ? g->bias[cols.begin + j] : 0;
            const double product = K == 0 ? 0 : g->alpha * s.sum[i][j];
            const double v = product + old + bias;
            /* Largest size of any intermediate result, |alpha| before or after the sum. */
            const double size = fmax(1, fabs((double)g->alpha)) * s.row_norm[i] * s.col_norm[j]
                + fabs(old) + fabs(bias);
            const double terms = K == 0 ? 0 : fabs((double)g->alpha) * s.row_norm[i] * s.col_norm[j];
            const double slope = g->epilogue == BM_EPILOGUE_BIAS_RELU ? g->slope : 1;
            const double scaled = g->alpha == 1 ? 0 : BM_TINY_STEP * sqrt((double)K) * (s.row_norm[i] + s.col_norm[j]);
            double error = (u * (terms + fabs(old)) + 4 * BM_U * fabs(bias) + step + scaled) * fmax(1, fabs(slope));
            if (!isfinite(v))
                error = 0; /* the same NaN or infinity in every order of summation; act(-Inf) = 0 has no error either */
            else if (!(size * fmax(1, fabs(slope)) < FLT_MAX))
                error = INFINITY; /* f32 may overflow on the way */
            const size_t at = (rows.begin + i) * g->N + cols.begin + j;
            want[at] = g->epilogue == BM_EPILOGUE_BIAS_RELU ? bm_act(v, g->slope) : v;
            bound[at] = error;
        }
}

static void oracle(const struct bm_shape *s, void *const array[], double *const want[], double *const bound[])
{
    struct bm_gemm args, *g = &args;
    bind(s, array, g);
    gemm_each_tile(g, want[2], bound[2], oracle_tile);
    gemm_oracle_each_stats(g, want, bound);
}

extern const struct bm_op gemm;
const struct bm_op gemm = {
    .name = "gemm",
    .summary = "matrix product: C = epilogue(alpha op(A) op(B) + beta C), f32, row-major",
    .args_bytes = sizeof(struct bm_gemm),
    .family = &gemm_family,
    .ignores = "result",
    .operands = operands,
    .bind = bind,
    .refuses = refuses,
    .fill = fill,
    .oracle = oracle,
    .flops = gemm_flops,
};
