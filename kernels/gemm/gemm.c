/*
 * gemm.c - the op: operands, fills, double-precision oracle, error bound and FLOPs of gemm.h. Never timed.
 *
 * The bound is (K + 4) u (sum_k |alpha a_ik b_kj| + |beta c_ij|) + 4u |bias_j|: beta c_ij may be the first term of the
 * sum, and then takes part in all its roundings. The sum of absolute values is replaced by its upper bound
 * ||a_i|| ||b_j|| (Cauchy-Schwarz), which costs a norm per row and column instead of a second product.
 */
#include <float.h>

#include "op.h"
#include "team.h"

static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])
{
    size_t a_rows = s->ta ? s->K : s->M, a_cols = s->ta ? s->M : s->K;
    size_t b_rows = s->tb ? s->N : s->K, b_cols = s->tb ? s->K : s->N;
    operand[0] = (struct bm_operand){ "A", BM_IN, a_rows, a_cols, a_cols + s->pad, BM_F32 };
    operand[1] = (struct bm_operand){ "B", BM_IN, b_rows, b_cols, b_cols + s->pad, BM_F32 };
    operand[2] = (struct bm_operand){ "C", s->beta == 0 ? BM_OUT : BM_INOUT, s->M, s->N, s->N + s->pad, BM_F32 };
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
    const bool any = g->M > 0 && g->N > 0, product = any && g->K > 0 && g->alpha != 0;
    if (g->lda < (g->ta ? g->M : g->K))
        return "lda is less than the length of a row of A";
    if (g->ldb < (g->tb ? g->K : g->N))
        return "ldb is less than the length of a row of B";
    if (g->ldc < g->N)
        return "ldc is less than N";
    if (product && (!g->A || !g->B))
        return "A or B is NULL";
    if (any && !g->C)
        return "C is NULL";
    if (any && g->epilogue != BM_EPILOGUE_NONE && !g->bias)
        return "the epilogue needs a bias and bias is NULL";
    return NULL;
}

/* A factor that keeps small integers exact: 0 and 1 remain, so that their special paths are taken. */
static float exact_factor(float v) { return v == 0 || v == 1 ? v : v < 0 ? -0.5f : 2; }

static bool fill(struct bm_shape *s, enum bm_fill kind, uint64_t seed, void *const array[])
{
    struct bm_operand o[BM_MAX_OPERANDS];
    unsigned n = operands(s, o);
    int limit = s->K <= 1u << 16 ? 3 : 1;
    if (kind == BM_EXACT) {
        /* Every partial sum is a multiple of 1/8 and less than 2^21. */
        if (s->K > 1u << 19)
            return false;
        s->alpha = exact_factor(s->alpha);
        s->beta = exact_factor(s->beta);
        s->slope = s->slope == 0 || s->slope == 1 ? s->slope : s->slope < 0 ? -0.5f : 0.25f;
    }
    for (unsigned k = 0; k < n; k++) {
        uint64_t stream = seed * BM_MAX_OPERANDS + k;
        float scale = bm_fill_scale(kind);
        if (k >= 2)
            scale *= scale; /* C and bias are of the size of a product */
        if (o[k].role == BM_OUT)
            continue;
        for (size_t i = 0; i < o[k].rows; i++)
            for (size_t j = 0; j < o[k].cols; j++) {
                uint64_t at = i * o[k].cols + j;
                float *to = (float *)array[k] + i * o[k].ld + j;
                if (kind == BM_EXACT)
                    *to = (float)bm_integer(stream, at, -limit, limit);
                else
                    *to = bm_uniform(stream, kind == BM_CONSTANT ? j : at) * scale + (kind == BM_OFFSET ? 1e4f : 0);
            }
        /* One NaN and two infinities an array: each spoils a row or a column of C, and most of C stays finite. */
        const float odd[3] = { NAN, INFINITY, -INFINITY };
        for (uint64_t m = 0; kind == BM_SPECIAL && m < 3 && o[k].rows * o[k].cols > 0; m++) {
            uint64_t at = bm_hash(stream + 1, m) % (o[k].rows * o[k].cols);
            ((float *)array[k])[at / o[k].cols * o[k].ld + at % o[k].cols] = odd[m];
        }
    }
    return true;
}

enum { TILE_M = 64, TILE_N = 128, TILE_K = 64 };

/* The oracle of one tile of C, at most TILE_M x TILE_N. */
static void oracle_tile(const struct bm_gemm *g, struct bm_range rows, struct bm_range cols, double *want,
                        double *bound)
{
    const size_t K = g->alpha == 0 ? 0 : g->K, m = rows.end - rows.begin, n = cols.end - cols.begin;
    double b[TILE_K][TILE_N], row_norm[TILE_M] = { 0 }, col_norm[TILE_N] = { 0 }, sum[TILE_M][TILE_N] = { { 0 } };
    for (size_t k0 = 0; k0 < K; k0 += TILE_K) {
        const size_t kn = K - k0 < TILE_K ? K - k0 : TILE_K;
        for (size_t k = 0; k < kn; k++)
            for (size_t j = 0; j < n; j++) {
                size_t at = g->tb ? (cols.begin + j) * g->ldb + k0 + k : (k0 + k) * g->ldb + cols.begin + j;
                b[k][j] = g->B[at];
                col_norm[j] += b[k][j] * b[k][j];
            }
        for (size_t i = 0; i < m; i++)
            for (size_t k = 0; k < kn; k++) {
                const double a = g->A[g->ta ? (k0 + k) * g->lda + rows.begin + i : (rows.begin + i) * g->lda + k0 + k];
                row_norm[i] += a * a;
                for (size_t j = 0; j < n; j++)
                    sum[i][j] += a * b[k][j];
            }
    }
    const double u = BM_U * (double)(K + 4), step = BM_TINY_STEP * (double)(K + 4) * fmax(1, fabs((double)g->alpha));
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            const double old = g->beta == 0 ? 0 : (double)g->beta * g->C[(rows.begin + i) * g->ldc + cols.begin + j];
            const double bias = g->epilogue == BM_EPILOGUE_NONE ? 0 : g->bias[cols.begin + j];
            const double product = K == 0 ? 0 : g->alpha * sum[i][j];
            const double v = product + old + bias;
            /* Largest size of any intermediate result, |alpha| before or after the sum. */
            const double size = fmax(1, fabs((double)g->alpha)) * sqrt(row_norm[i]) * sqrt(col_norm[j])
                + fabs(old) + fabs(bias);
            const double terms = K == 0 ? 0 : fabs((double)g->alpha) * sqrt(row_norm[i]) * sqrt(col_norm[j]);
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
    const struct bm_gemm *g = &args.gemm;
    const size_t down = (g->M + TILE_M - 1) / TILE_M, across = (g->N + TILE_N - 1) / TILE_N;
#pragma omp parallel for schedule(dynamic)
    for (size_t tile = 0; tile < down * across; tile++) {
        const size_t i = tile / across * TILE_M, j = tile % across * TILE_N;
        const struct bm_range rows = { i, i + TILE_M < g->M ? i + TILE_M : g->M };
        const struct bm_range cols = { j, j + TILE_N < g->N ? j + TILE_N : g->N };
        oracle_tile(g, rows, cols, want[2], bound[2]);
    }
}

static double flops(const struct bm_shape *s) { return 2.0 * (double)s->M * (double)s->N * (double)s->K; }

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
    .flops = flops,
};
