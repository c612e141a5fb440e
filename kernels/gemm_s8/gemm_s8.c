/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8.c - the op: operands, fills, double-precision oracle, error bound and FLOPs of gemm_s8.h's product. Never timed.
 *
 * The sums are integers below 2^31, exact in s32 and in double. Four roundings follow, each of at most u: of the sum to f32, of
 * scale times that, of the bias added, and of slope times that. They multiply scale s by (1 + u)^4 - 1 < 5u, and the bias by
 * (1 + u)^2 - 1 < 3u, and slope multiplies all. Products near zero lose a least subnormal each: scale s, and slope times the sum.
 *
 * Fills: a sum of small integers would hide most mistakes, so A and B have all of their values in every fill but the exact one:
 * saturated pairs (255 * 127 + 255 * 127 > 2^15), a wrong sign and wrapped sums are seen. tiny, huge and extreme are for the
 * scales and biases; integers have no such values. In the exact fill scales are powers of two and |s| <= 9 K < 2^20.
 */
#include "gemm_op.h"
#include "gemm_s8.h"
#include "gemm_s8_as_gemm.h"

static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])
{
    gemm_operands(s, BM_U8, BM_S8, operand);
    operand[2].role = BM_OUT;
    operand[3] = (struct bm_operand){ "scale", BM_IN, 1, s->N, s->N, BM_F32 };
    operand[4] = (struct bm_operand){ "bias", BM_IN, 1, s->N, s->N, BM_F32 };
    return bm_epilogue_bias(s->epilogue) ? 5 : 4;
}

static void bind(const struct bm_shape *s, void *const array[], void *args)
{
    struct bm_operand o[BM_MAX_OPERANDS];
    struct bm_gemm_s8 *g = args;
    operands(s, o);
    GEMM_BIND(g, s, o, array);
    g->scale = array[3];
    g->epilogue = s->epilogue;
    g->slope = s->slope;
    g->bias = bm_epilogue_bias(s->epilogue) ? array[4] : NULL;
}

static const char *refuses(const void *args)
{
    const struct bm_gemm_s8 *g = args;
    const struct bm_gemm sizes = gemm_s8_as_gemm(g);
    const bool any = g->M > 0 && g->N > 0;
    if (bm_epilogue_stats(g->epilogue))
        return "inference makes no BN statistics";
    if (g->K > BM_GEMM_S8_MOST_K)
        return "K is so large that a sum may not fit 32 bits";
    if (any && !g->scale)
        return "scale is NULL";
    if (any && bm_epilogue_bias(g->epilogue) && !g->bias)
        return "the epilogue needs a bias and bias is NULL";
    return gemm_refuses(&sizes);
}

/* Scale k = 3 or bias k = 4 of column j. */
static float vector_value(unsigned k, size_t j, enum bm_fill kind, uint64_t stream)
{
    const float u = bm_uniform(stream, kind == BM_CONSTANT ? 0 : j), scale = bm_fill_scale(kind);
    if (kind == BM_EXACT)
        return k == 3 ? ldexpf(u < 0 ? -1 : 1, bm_integer(stream + 1, j, -2, 1)) : (float)bm_integer(stream, j, -9, 9);
    if (kind == BM_EXTREME)
        return bm_extreme(stream, j, k == 3 ? 90 : 120);
    return k == 3 ? u * scale : u * scale * 0x1p16f; /* products of 8 bits by 8 bits */
}

static void fill_vector(const struct bm_operand *o, unsigned k, enum bm_fill kind, uint64_t stream, float *v)
{
    const float odd[3] = { NAN, INFINITY, -INFINITY };
    for (size_t j = 0; j < o->cols; j++)
        v[j] = vector_value(k, j, kind, stream);
    for (uint64_t m = 0; kind == BM_SPECIAL && m < 3 && o->cols > 0; m++)
        v[bm_hash(stream + 1, m) % o->cols] = odd[m];
}

/* Elements of A are least + [0, range], of B alike. */
static void fill_matrix(const struct bm_operand *o, enum bm_fill kind, uint64_t stream, void *array)
{
    const bool is_signed = o->type == BM_S8;
    const int most = is_signed ? 127 : 255, least = kind == BM_EXACT    ? (is_signed ? -3 : 0)
                                                    : kind == BM_OFFSET ? most - 40
                                                                        : most - 255;
    for (size_t i = 0; i < o->rows; i++)
        for (size_t j = 0; j < o->cols; j++) {
            const uint64_t at = kind == BM_CONSTANT ? j : i * o->cols + j;
            int v = bm_integer(stream, at, least, kind == BM_EXACT ? 3 : most);
            if (kind == BM_EXTREME)
                v = v % 2 ? most : most - 255;
            gemm_put(o->type, array, i * o->ld + j, (float)v);
        }
}

static bool fill(struct bm_shape *s, enum bm_fill kind, uint64_t seed, void *const array[])
{
    struct bm_operand o[BM_MAX_OPERANDS];
    const unsigned n = operands(s, o);
    if (s->alpha != 1 || s->beta != 0 || s->result != BM_RESULT_F32) /* this op has none */
        return false;
    if (kind == BM_EXACT)
        s->slope = s->slope == 0 || s->slope == 1 ? s->slope : s->slope < 0 ? -0.5f : 0.25f;
    for (unsigned k = 0; k < n; k++)
        if (k < 2)
            fill_matrix(&o[k], kind, seed * BM_MAX_OPERANDS + k, array[k]);
        else if (k > 2)
            fill_vector(&o[k], k, kind, seed * BM_MAX_OPERANDS + 2 * k, array[k]);
    return true;
}

/* The sums of a tile of C. */
static void sums_of_tile(const struct bm_gemm *g, struct bm_range rows, struct bm_range cols, double *sum, double *unused)
{
    struct gemm_sums s;
    gemm_tile_sums(g, BM_U8, BM_S8, rows, cols, &s);
    (void)unused;
    for (size_t i = rows.begin; i < rows.end; i++)
        for (size_t j = cols.begin; j < cols.end; j++)
            sum[i * g->N + j] = s.sum[i - rows.begin][j - cols.begin];
}

static void oracle(const struct bm_shape *s, void *const array[], double *const want[], double *const bound[])
{
    struct bm_gemm_s8 args = { .threads = 1 }, *g = &args;
    bind(s, array, g);
    const struct bm_gemm sizes = gemm_s8_as_gemm(g);
    const bool act = g->epilogue == BM_EPILOGUE_BIAS_RELU;
    const double most = act ? fmax(1, fabs((double)g->slope)) : 1;
    gemm_each_tile(&sizes, want[2], bound[2], sums_of_tile);
    for (size_t i = 0; i < g->M; i++)
        for (size_t j = 0; j < g->N; j++) {
            const size_t at = i * g->N + j;
            const double product = g->scale[j] * want[2][at], bias = g->bias ? g->bias[j] : 0, v = product + bias;
            double error = (5 * BM_U * fabs(product) + 3 * BM_U * fabs(bias) + 2 * BM_TINY_STEP) * most;
            if (!isfinite(v))
                error = 0; /* the same NaN or infinity in every order; act(-Inf) = 0 has no error either */
            else if (!((fabs(product) + fabs(bias)) * most < FLT_MAX))
                error = INFINITY; /* f32 may overflow on the way */
            want[2][at] = act ? bm_act(v, g->slope) : v;
            bound[2][at] = error;
        }
}

extern const struct bm_op gemm_s8;
const struct bm_op gemm_s8 = {
    .name = "gemm_s8",
    .summary = "inference's product: C = act(scale (op(A) op(B)) + bias), A u8, B s8, sums s32, C f32, row-major",
    .args_bytes = sizeof(struct bm_gemm_s8),
    .family = &gemm_family,
    .ignores = "alpha beta result",
    .operands = operands,
    .bind = bind,
    .refuses = refuses,
    .fill = fill,
    .oracle = oracle,
    .flops = gemm_flops,
};
