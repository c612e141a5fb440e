/* SPDX-License-Identifier: MIT */
/* gemm_op.h - what the ops gemm, gemm_bf16 and gemm_s8 share: sizes, rules, fills, and the sums and
 * statistics of the oracle. A and B are of any of their types; in a struct bm_gemm they are then pointers to elements of that
 * type. Never timed. */
#ifndef BATCHMARK_GEMM_OP_H
#define BATCHMARK_GEMM_OP_H

#include "gemm_keys.h"
#include "oracle.h"
#include "team.h"

static inline void gemm_put(enum bm_type type, void *array, size_t at, float v)
{
    switch (type) {
    case BM_BF16: ((uint16_t *)array)[at] = bm_bf16_round(v); break;
    case BM_U8: ((uint8_t *)array)[at] = (uint8_t)v; break;
    case BM_S8: ((int8_t *)array)[at] = (int8_t)v; break;
    default: ((float *)array)[at] = v;
    }
}

/* A, B and C. */
static inline void gemm_operands(const struct bm_shape *s, enum bm_type a, enum bm_type b, struct bm_operand operand[3])
{
    const size_t a_rows = s->ta ? s->K : s->M, a_cols = s->ta ? s->M : s->K;
    const size_t b_rows = s->tb ? s->N : s->K, b_cols = s->tb ? s->K : s->N;
    operand[0] = (struct bm_operand){ "A", BM_IN, a_rows, a_cols, a_cols + s->pad, a };
    operand[1] = (struct bm_operand){ "B", BM_IN, b_rows, b_cols, b_cols + s->pad, b };
    operand[2] = (struct bm_operand){ "C", s->beta == 0 ? BM_OUT : BM_INOUT, s->M, s->N, s->N + s->pad, BM_F32 };
}

/* The product of a shape into any of the argument structures, whose members have the same names. */
#define GEMM_BIND(g, s, o, array)                                                                                   \
    do {                                                                                                            \
        (g)->M = (s)->M, (g)->N = (s)->N, (g)->K = (s)->K;                                                          \
        (g)->ta = (s)->ta, (g)->tb = (s)->tb;                                                                       \
        (g)->A = (array)[0], (g)->lda = (o)[0].ld;                                                                  \
        (g)->B = (array)[1], (g)->ldb = (o)[1].ld;                                                                  \
        (g)->C = (array)[2], (g)->ldc = (o)[2].ld;                                                                  \
    } while (0)

static inline const char *gemm_refuses(const struct bm_gemm *g)
{
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
    return NULL;
}

/* With what the epilogue needs. */
static inline const char *gemm_refuses_with_epilogue(const struct bm_gemm *g)
{
    const char *why = gemm_refuses(g);
    if (why)
        return why;
    if (g->M > 0 && g->N > 0 && bm_epilogue_bias(g->epilogue) && !g->bias)
        return "the epilogue needs a bias and bias is NULL";
    if (bm_epilogue_stats(g->epilogue) && (g->M == 0 || (g->N > 0 && (!g->mean || !g->var))))
        return "BN statistics need a row of C at least (M), and mean and var";
    return NULL;
}

/* A factor that keeps small integers exact: 0 and 1 remain, so that their special paths are taken. */
static inline float gemm_exact_factor(float v) { return v == 0 || v == 1 ? v : v < 0 ? -0.5f : 2; }

/* False: K is so large that the exact fill would not be. Else every partial sum is a multiple of 1/8 below 2^21. */
static inline bool gemm_exact_scales(struct bm_shape *s)
{
    s->alpha = gemm_exact_factor(s->alpha);
    s->beta = gemm_exact_factor(s->beta);
    return s->K <= 1u << 19;
}

/* The same with an epilogue: statistics divide by M, so that they are never exact. */
static inline bool gemm_exact_fits(struct bm_shape *s)
{
    if (!gemm_exact_scales(s) || bm_epilogue_stats(s->epilogue))
        return false;
    s->slope = s->slope == 0 || s->slope == 1 ? s->slope : s->slope < 0 ? -0.5f : 0.25f;
    return true;
}

/* The extreme fill: rows of A and columns of B of one order each, so that products of small ones are seen; bf16's
 * elements are normal (gemm.h). */
static inline float gemm_extreme(const struct bm_operand *o, unsigned k, uint64_t stream, size_t i, size_t j)
{
    static const int orders[] = { 50, 0, -60, -149 };
    const uint64_t at = i * o->cols + j;
    if (k >= 2)
        return bm_extreme(stream, at, 100);
    const int order = orders[bm_integer(stream + 2, k == 0 ? i : j, 0, 3)], least = o->type == BM_BF16 ? -126 : -149;
    const float u = bm_uniform(stream, at), away = u < 0 ? u - 1 : u + 1;
    return ldexpf(away, order < least ? least : order);
}

/* Fills operand k of a product of K steps; outputs stay as they are. */
static inline void gemm_fill(const struct bm_operand *o, unsigned k, size_t K, enum bm_fill kind, uint64_t seed,
                             void *array)
{
    const uint64_t stream = seed * BM_MAX_OPERANDS + k;
    const int limit = K <= 1u << 16 ? 3 : 1;
    float scale = bm_fill_scale(kind);
    if (k >= 2)
        scale *= scale; /* C and bias are of the size of a product */
    if (o->role == BM_OUT)
        return;
    for (size_t i = 0; i < o->rows; i++)
        for (size_t j = 0; j < o->cols; j++) {
            const uint64_t at = i * o->cols + j;
            float v;
            if (kind == BM_EXACT)
                v = (float)bm_integer(stream, at, -limit, limit);
            else if (kind == BM_EXTREME)
                v = gemm_extreme(o, k, stream, i, j);
            else
                v = bm_uniform(stream, kind == BM_CONSTANT ? j : at) * scale + (kind == BM_OFFSET ? 1e4f : 0);
            gemm_put(o->type, array, i * o->ld + j, v);
        }
    /* One NaN and two infinities an array: each spoils a row or a column of C, and most of C stays finite. */
    const float odd[3] = { NAN, INFINITY, -INFINITY };
    for (uint64_t m = 0; kind == BM_SPECIAL && m < 3 && o->rows * o->cols > 0; m++) {
        const uint64_t at = bm_hash(stream + 1, m) % (o->rows * o->cols);
        gemm_put(o->type, array, at / o->cols * o->ld + at % o->cols, odd[m]);
    }
}

enum { GEMM_TILE_M = 64, GEMM_TILE_N = 128, GEMM_TILE_K = 64 };

/* For one tile of C: sum_k a_ik b_kj, and the norms of A's rows and B's columns, which bound the sum of absolute values
 * (Cauchy-Schwarz) at less than the cost of a second product. */
struct gemm_sums {
    double sum[GEMM_TILE_M][GEMM_TILE_N], row_norm[GEMM_TILE_M], col_norm[GEMM_TILE_N];
};

static inline void gemm_tile_sums(const struct bm_gemm *g, enum bm_type a_type, enum bm_type b_type, struct bm_range rows,
                                  struct bm_range cols, struct gemm_sums *s)
{
    const size_t K = g->alpha == 0 ? 0 : g->K, m = rows.end - rows.begin, n = cols.end - cols.begin;
    double b[GEMM_TILE_K][GEMM_TILE_N];
    *s = (struct gemm_sums){ .row_norm = { 0 } };
    for (size_t k0 = 0; k0 < K; k0 += GEMM_TILE_K) {
        const size_t kn = K - k0 < GEMM_TILE_K ? K - k0 : GEMM_TILE_K;
        for (size_t k = 0; k < kn; k++)
            for (size_t j = 0; j < n; j++) {
                size_t at = g->tb ? (cols.begin + j) * g->ldb + k0 + k : (k0 + k) * g->ldb + cols.begin + j;
                b[k][j] = bm_element(b_type, g->B, at);
                s->col_norm[j] += b[k][j] * b[k][j];
            }
        for (size_t i = 0; i < m; i++)
            for (size_t k = 0; k < kn; k++) {
                size_t at = g->ta ? (k0 + k) * g->lda + rows.begin + i : (rows.begin + i) * g->lda + k0 + k;
                const double a = bm_element(a_type, g->A, at);
                s->row_norm[i] += a * a;
                for (size_t j = 0; j < n; j++)
                    s->sum[i][j] += a * b[k][j];
            }
    }
    for (size_t i = 0; i < m; i++)
        s->row_norm[i] = sqrt(s->row_norm[i]);
    for (size_t j = 0; j < n; j++)
        s->col_norm[j] = sqrt(s->col_norm[j]);
}

/* Calls tile() for every tile of C, in parallel. */
static inline void gemm_each_tile(const struct bm_gemm *g, double *want, double *bound,
                                  void tile(const struct bm_gemm *, struct bm_range rows, struct bm_range cols,
                                            double *want, double *bound))
{
    const size_t down = (g->M + GEMM_TILE_M - 1) / GEMM_TILE_M, across = (g->N + GEMM_TILE_N - 1) / GEMM_TILE_N;
#pragma omp parallel for schedule(dynamic)
    for (size_t t = 0; t < down * across; t++) {
        const size_t i = t / across * GEMM_TILE_M, j = t % across * GEMM_TILE_N;
        tile(g, (struct bm_range){ i, i + GEMM_TILE_M < g->M ? i + GEMM_TILE_M : g->M },
             (struct bm_range){ j, j + GEMM_TILE_N < g->N ? j + GEMM_TILE_N : g->N }, want, bound);
    }
}

/* Mean and variance of column j of C, and how far off they may be, from C and its bounds. */
static inline void gemm_oracle_stats(const struct bm_gemm *g, const double *c, const double *c_bound, size_t j,
                                     double want[2], double bound[2])
{
    const double rows = (double)g->M, first = c[j];
    double sum = 0, apart = 0, squares = 0, error = 0, error_squares = 0;
    bool finite = true, overflows = false;
    for (size_t i = 0; i < g->M; i++) {
        const double v = c[i * g->N + j], e = c_bound[i * g->N + j];
        sum += v;
        apart += fabs(v - first);
        error += e;
        error_squares += e * e;
        finite &= (bool)isfinite(v);
        overflows |= !(2 * rows * (v - first) * (v - first) < FLT_MAX);
    }
    const double mean = sum / rows;
    for (size_t i = 0; i < g->M; i++)
        squares += (c[i * g->N + j] - mean) * (c[i * g->N + j] - mean);
    const double var = squares / rows, deviation = sqrt(var), rms = sqrt(error_squares / rows);
    const double step = error > 0 || apart > 0 || mean != 0 ? BM_TINY_STEP : 0; /* of zeros there is nothing to round */
    want[0] = mean;
    want[1] = finite ? var : NAN;
    bound[0] = !finite ? INFINITY
                       : error / rows + 4 * BM_U * fabs(mean) + 300 * BM_U * (apart / rows + deviation) + step;
    bound[1] = !finite ? 0 : overflows ? INFINITY
                                       : 2 * deviation * rms + rms * rms + 600 * BM_U * var + 2 * step;
}

/* Of all columns, where the epilogue makes them: mean and var follow C, or the bias. */
static inline void gemm_oracle_each_stats(const struct bm_gemm *g, double *const want[], double *const bound[])
{
    const unsigned mean = bm_epilogue_bias(g->epilogue) ? 4 : 3;
    for (size_t j = 0; j < g->N && bm_epilogue_stats(g->epilogue); j++) {
        double w[2], b[2];
        gemm_oracle_stats(g, want[2], bound[2], j, w, b);
        for (unsigned k = 0; k < 2; k++)
            want[mean + k][j] = w[k], bound[mean + k][j] = b[k];
    }
}

static inline double gemm_flops(const struct bm_shape *s)
{
    return 2.0 * (double)s->M * (double)s->N * (double)s->K;
}

#endif
