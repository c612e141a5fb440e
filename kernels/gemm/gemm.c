/*
 * gemm.c - the op: operands, fills, double-precision oracle, error bound and FLOPs of gemm.h. Never timed.
 *
 * The bound is (K + 4) u (sum_k |alpha a_ik b_kj| + |beta c_ij|) + 4u |bias_j|: beta c_ij may be the first term of the
 * sum, and then takes part in all its roundings. The sum of absolute values is replaced by its upper bound
 * ||a_i|| ||b_j|| (Cauchy-Schwarz), which costs a norm per row and column instead of a second product.
 */
#include <float.h>

#include "gemm_op.h"

static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])
{
    gemm_operands(s, BM_F32, operand);
    if (s->epilogue == BM_EPILOGUE_NONE)
        return 3;
    operand[3] = (struct bm_operand){ "bias", BM_IN, 1, s->N, s->N, BM_F32 };
    return 4;
}

static void bind(const struct bm_shape *s, void *const array[], union bm_args *args)
{
    struct bm_operand o[BM_MAX_OPERANDS];
    unsigned n = operands(s, o);
    struct bm_gemm *g = &args->gemm;
    g->M = s->M, g->N = s->N, g->K = s->K;
    g->ta = s->ta, g->tb = s->tb;
    g->alpha = s->alpha, g->beta = s->beta;
    g->A = array[0], g->lda = o[0].ld;
    g->B = array[1], g->ldb = o[1].ld;
    g->C = array[2], g->ldc = o[2].ld;
    g->epilogue = s->epilogue;
    g->bias = n > 3 ? array[3] : NULL;
    g->slope = s->slope;
}

static const char *refuses(const union bm_args *args)
{
    const struct bm_gemm *g = &args->gemm;
    const char *why = gemm_refuses(g);
    if (why)
        return why;
    if (g->M > 0 && g->N > 0 && g->epilogue != BM_EPILOGUE_NONE && !g->bias)
        return "the epilogue needs a bias and bias is NULL";
    return NULL;
}

static bool fill(struct bm_shape *s, enum bm_fill kind, uint64_t seed, void *const array[])
{
    struct bm_operand o[BM_MAX_OPERANDS];
    unsigned n = operands(s, o);
    if (kind == BM_EXACT) {
        if (!gemm_exact_scales(s))
            return false;
        s->slope = s->slope == 0 || s->slope == 1 ? s->slope : s->slope < 0 ? -0.5f : 0.25f;
    }
    for (unsigned k = 0; k < n; k++)
        gemm_fill(&o[k], k, s->K, kind, seed, array[k]);
    return true;
}

/* The oracle of one tile of C, at most GEMM_TILE_M x GEMM_TILE_N. */
static void oracle_tile(const struct bm_gemm *g, struct bm_range rows, struct bm_range cols, double *want,
                        double *bound)
{
    struct gemm_sums s;
    gemm_tile_sums(g, BM_F32, rows, cols, &s);
    const size_t K = g->alpha == 0 ? 0 : g->K, m = rows.end - rows.begin, n = cols.end - cols.begin;
    const bool nothing = K == 0 && g->beta == 0 && g->epilogue == BM_EPILOGUE_NONE; /* to round: C = 0 */
    const double u = BM_U * (double)(K + 4);
    const double step = nothing ? 0 : BM_TINY_STEP * (double)(K + 4) * fmax(1, fabs((double)g->alpha));
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            const double old = g->beta == 0 ? 0 : (double)g->beta * g->C[(rows.begin + i) * g->ldc + cols.begin + j];
            const double bias = g->epilogue == BM_EPILOGUE_NONE ? 0 : g->bias[cols.begin + j];
            const double product = K == 0 ? 0 : g->alpha * s.sum[i][j];
            const double v = product + old + bias;
            /* Largest size of any intermediate result, |alpha| before or after the sum. */
            const double size = fmax(1, fabs((double)g->alpha)) * s.row_norm[i] * s.col_norm[j]
                + fabs(old) + fabs(bias);
            const double terms = K == 0 ? 0 : fabs((double)g->alpha) * s.row_norm[i] * s.col_norm[j];
            const double slope = g->epilogue == BM_EPILOGUE_BIAS_RELU ? g->slope : 1;
            double error = (u * (terms + fabs(old)) + 4 * BM_U * fabs(bias) + step) * fmax(1, fabs(slope));
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
    union bm_args args;
    bind(s, array, &args);
    gemm_each_tile(&args.gemm, want[2], bound[2], oracle_tile);
}

extern const struct bm_op gemm;
const struct bm_op gemm = {
    .name = "gemm",
    .summary = "matrix product: C = epilogue(alpha op(A) op(B) + beta C), f32, row-major",
    .family = "gemm",
    .operands = operands,
    .bind = bind,
    .refuses = refuses,
    .fill = fill,
    .oracle = oracle,
    .flops = gemm_flops,
};
