/* SPDX-License-Identifier: MIT */
/*
 * gemm_outer.h - the loop nest of gemm_<ISA>_outer and their _omp files: K is so short that C is a sum of few outer products,
 * and what takes the time is writing it. A row of C is written from end to end, a few rows side by side.
 *
 *   for each thread's rows of C (with BN statistics: columns), some at a time
 *     for vectors of columns: their elements of A are in registers
 *
 * B transposed is copied by rows first. The bits of the result do not depend on the threads.
 */
#ifndef BATCHMARK_GEMM_OUTER_H
#define BATCHMARK_GEMM_OUTER_H

#include "gemm_after.h"
#include "gemm_block_sizes.h"
#include "gemm_grid.h"
#include "simd.h"

/* Steps of K, at most; elements of A that are in registers, of which AVX2 has 16, others 32. */
enum { GEMM_OUTER_MOST = 8, GEMM_OUTER_FACTORS = VF == 8 ? 8 : 24 };

#define GEMM_OUTER_INLINE static inline __attribute__((always_inline))
#define GEMM_OUTER_EIGHT(X, base) \
    X((base)) X(((base) + 1)) X(((base) + 2)) X(((base) + 3)) X(((base) + 4)) X(((base) + 5)) X(((base) + 6)) X(((base) + 7))
#define GEMM_OUTER_EACH_FACTOR(X) GEMM_OUTER_EIGHT(X, 0) GEMM_OUTER_EIGHT(X, 8) GEMM_OUTER_EIGHT(X, 16)

/* Rows of C that are written side by side. */
#define GEMM_OUTER_ROWS(depth) (GEMM_OUTER_FACTORS / (depth) > 4 ? 4 : GEMM_OUTER_FACTORS / (depth))

/* A part of the product; element (i, k) of A lies at a[i * down + k * along]. */
struct gemm_outer {
    const float *a, *b;
    size_t down, along, ldb;
    float *c;
    size_t ldc, cols;
    float alpha, beta;
};

/* A vector of a row of A B. */
GEMM_OUTER_INLINE vf gemm_outer_sum(int depth, const vf s[], const vf v[])
{
    vf c = vf_mul(s[0], v[0]);
#define GEMM_OUTER_ADD(k) \
    if (k > 0 && k < depth) \
        c = vf_fma(s[k], v[k], c);
    GEMM_OUTER_EIGHT(GEMM_OUTER_ADD, 0)
    return c;
}

GEMM_OUTER_INLINE void gemm_outer_vector(int rows, int depth, const vf s[], const struct gemm_outer *p, size_t j, bool masked,
                                         vmask some)
{
    vf v[GEMM_OUTER_MOST];
#define GEMM_OUTER_LOAD(k) \
    if (k < depth)         \
        v[k] = masked ? vf_load_first(p->b + k * p->ldb + j, some) : vf_load(p->b + k * p->ldb + j);
    GEMM_OUTER_EIGHT(GEMM_OUTER_LOAD, 0)
#define GEMM_OUTER_PUT(r)                                                                           \
    if (r < rows) {                                                                                 \
        float *c = p->c + r * p->ldc + j;                                                           \
        vf sum = gemm_outer_sum(depth, s + r * depth, v);                                           \
        if (p->alpha != 1)                                                                          \
            sum = vf_mul(vf_set1(p->alpha), sum);                                                   \
        if (p->beta != 0)                                                                           \
            sum = vf_fma(vf_set1(p->beta), masked ? vf_load_first(c, some) : vf_load(c), sum);      \
        if (masked)                                                                                 \
            vf_store_first(c, some, sum);                                                           \
        else                                                                                        \
            vf_store(c, sum);                                                                       \
    }
    GEMM_OUTER_PUT(0)
    GEMM_OUTER_PUT(1)
    GEMM_OUTER_PUT(2)
    GEMM_OUTER_PUT(3)
}

GEMM_OUTER_INLINE void gemm_outer_rows(int rows, int depth, const struct gemm_outer *part)
{
    const struct gemm_outer p = *part;
    vf s[GEMM_OUTER_FACTORS];
#define GEMM_OUTER_SET(e)                                \
    if (e < rows * depth && e < GEMM_OUTER_FACTORS) \
        s[e] = vf_set1(p.a[(size_t)(e / depth) * p.down + (size_t)(e % depth) * p.along]);
    GEMM_OUTER_EACH_FACTOR(GEMM_OUTER_SET)
    size_t j = 0;
    for (; j + VF <= p.cols; j += VF)
        gemm_outer_vector(rows, depth, s, &p, j, false, vf_first(VF));
    if (j < p.cols)
        gemm_outer_vector(rows, depth, s, &p, j, true, vf_first(p.cols - j));
}

typedef void gemm_outer_fn(const struct gemm_outer *p);
#define GEMM_OUTER_DEPTHS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define GEMM_OUTER_DEFINE(depth)                                                                                       \
    static __attribute__((noinline)) void gemm_outer_some_##depth(const struct gemm_outer *p)                          \
    {                                                                                                                  \
        gemm_outer_rows(GEMM_OUTER_ROWS(depth), depth, p);                                                             \
    }                                                                                                                  \
    static __attribute__((noinline)) void gemm_outer_one_##depth(const struct gemm_outer *p)                           \
    {                                                                                                                  \
        gemm_outer_rows(1, depth, p);                                                                                  \
    }
#define GEMM_OUTER_NAME(depth) [depth] = { gemm_outer_one_##depth, gemm_outer_some_##depth },
GEMM_OUTER_DEPTHS(GEMM_OUTER_DEFINE)
static gemm_outer_fn *const gemm_outer_fns[GEMM_OUTER_MOST + 1][2] = { GEMM_OUTER_DEPTHS(GEMM_OUTER_NAME) };

/* Rows of C with K > 0. */
static void gemm_outer_product(const struct bm_gemm *g, const float *b, size_t ldb, struct gemm_part part)
{
    const size_t most = (size_t)GEMM_OUTER_ROWS(g->K), i = part.rows.begin, rows = part.rows.end - i;
    struct gemm_outer p = { .a = g->A + (g->ta ? i : i * g->lda), .down = g->ta ? 1 : g->lda, .along = g->ta ? g->lda : 1,
                            .b = b + part.cols.begin, .ldb = ldb, .c = g->C + i * g->ldc + part.cols.begin, .ldc = g->ldc,
                            .cols = part.cols.end - part.cols.begin, .alpha = g->alpha, .beta = g->beta };
    for (size_t row = 0, few; row < rows; row += few) {
        few = rows - row < most ? 1 : most;
        gemm_outer_fns[g->K][few > 1](&p);
        p.a += few * p.down;
        p.c += few * p.ldc;
    }
}

/* Without a product: rows of beta C, or of zeros. */
static void gemm_outer_none(const struct bm_gemm *g, struct gemm_part part)
{
    for (size_t i = part.rows.begin; i < part.rows.end; i++)
        for (size_t j = part.cols.begin; j < part.cols.end; j += VF) {
            const vmask some = vf_first(gemm_min(part.cols.end - j, VF));
            float *c = g->C + i * g->ldc + j;
            vf_store_first(c, some, g->beta == 0 ? vf_zero() : vf_mul(vf_set1(g->beta), vf_load_first(c, some)));
        }
}

/* The rows of C and columns of a thread, in blocks of rows that stay in L1 until their epilogue. */
static void gemm_outer_part(const struct bm_gemm *g, const float *b, size_t ldb, struct gemm_part part)
{
    const size_t block = 4 * (1 + 1024 / (part.cols.end - part.cols.begin + 1));
    for (size_t i = part.rows.begin; i < part.rows.end; i += block) {
        const struct gemm_part some = { { i, gemm_min(i + block, part.rows.end) }, part.cols, 1, 0 };
        if (g->K == 0 || g->alpha == 0)
            gemm_outer_none(g, some);
        else
            gemm_outer_product(g, b, ldb, some);
        gemm_epilogue(g, some);
    }
}

static inline size_t gemm_outer_ld(const struct bm_gemm *g) { return gemm_ceil(g->N, 16) * 16; }
static inline bool gemm_outer_copies(const struct bm_gemm *g) { return g->tb && g->alpha != 0; }

static void gemm_by_outer(const struct bm_gemm *g, int me, int team)
{
    const struct bm_range rows = { 0, g->M }, cols = { 0, g->N }, some = bm_share(g->N, 16, me, team);
    const struct gemm_part part = bm_epilogue_stats(g->epilogue) /* a column is summed by one thread */
                                      ? (struct gemm_part){ rows, some, 1, 0 }
                                      : (struct gemm_part){ bm_share(g->M, 1, me, team), cols, 1, 0 };
    const float *b = g->B;
    size_t ldb = g->ldb;
    if (gemm_outer_copies(g)) {
        float *copy = (float *)g->scratch + gemm_stats_bytes(g) / sizeof(float);
        b = copy, ldb = gemm_outer_ld(g);
        for (size_t j = some.begin; j < some.end; j++)
            for (size_t k = 0; k < g->K; k++)
                copy[k * ldb + j] = g->B[j * g->ldb + k];
        BM_TEAM_BARRIER(team);
    }
    gemm_outer_part(g, b, ldb, part);
    gemm_stats_finish(g, part.cols);
}

static const char *gemm_outer_refuses(const void *args)
{
    const struct bm_gemm *g = args;
    return g->K > GEMM_OUTER_MOST ? "K is more than 8" : NULL;
}

static size_t gemm_outer_scratch_bytes(const void *args)
{
    const struct bm_gemm *g = args;
    return gemm_stats_bytes(g) + (gemm_outer_copies(g) ? g->K * gemm_outer_ld(g) * sizeof(float) : 0);
}

static void gemm_outer_run(const void *args)
{
    const struct bm_gemm *g = args;
    if (g->M > 0 && g->N > 0)
        BM_TEAM_RUN(gemm_threads(g, gemm_least_flops(g->caches)), gemm_by_outer, g);
}

#endif
