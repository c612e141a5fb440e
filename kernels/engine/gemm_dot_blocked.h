/* SPDX-License-Identifier: MIT */
/*
 * gemm_dot_blocked.h - the loop nest of the tuned gemm_bf16 and gemm_s8 around their microkernels; that of gemm_blocked.h with
 * steps of GEMM_DOT_K k, since an instruction adds as many products to a lane.
 *
 *   for each thread's tile of C                                  gemm_grid.h
 *     for blocks of nc columns, blocks of kc steps, blocks of mc rows
 *       for panels of nv vectors, for panels of mr rows          gemm_dot_micro.h
 *
 * B is always packed, a panel at a time, just before its first use: rows of k have to be interleaved. A row-major A has
 * its groups side by side and is read in place when too few columns would use a copy; A^T is always packed.
 * The blocks of K depend on K alone, so that the bits of the result do not depend on the threads.
 */
#ifndef BATCHMARK_GEMM_DOT_BLOCKED_H
#define BATCHMARK_GEMM_DOT_BLOCKED_H

#include "cache_sizes.h"
#include "gemm_block_sizes.h"
#include "gemm_dot_micro.h"
#include "gemm_dot_pack.h"
#include "gemm_grid.h"

/* Rows of A in a block stay in the L2 cache, columns of B in L3. Up to GEMM_DOT_IN_PLACE columns a row-major A is read in
 * place. */
#define GEMM_DOT_IN_PLACE 768

/* Of a block of K: the steps of K in equal parts. */
static inline size_t gemm_dot_steps(const gemm_dot_args *g)
{
    return g->K ? gemm_even(gemm_ceil(g->K, GEMM_DOT_K), gemm_dot_most_steps(g)) : 0;
}

static inline size_t gemm_dot_mc(const gemm_dot_args *g)
{
    return gemm_block_rows(g->caches, g->threads, gemm_dot_steps(g) * 16 / 3 + 1, 224); /* 3/4 of what f32 would fill */
}
static inline size_t gemm_dot_nc(const gemm_dot_args *g)
{
    return gemm_block_columns(g->caches, g->threads, 4 * gemm_dot_steps(g) + 1);
}

/* Upper bounds for any part of C, in groups: both buffers start at a cache line, A's has room for a vector more. */
static inline size_t gemm_dot_scratch_a(const gemm_dot_args *g)
{
    return gemm_ceil(gemm_min(g->M, gemm_dot_mc(g)) * gemm_dot_steps(g) + VF, 16) * 16;
}
static inline size_t gemm_dot_scratch_b(const gemm_dot_args *g)
{
    return gemm_min(gemm_ceil(g->N, VF) * VF, gemm_dot_nc(g)) * gemm_dot_steps(g);
}

/* Where C is bf16, the sums of all but the last block of K: rows so long. One block needs none. */
static inline size_t gemm_dot_sums_ld(const gemm_dot_args *g)
{
    const bool some = gemm_dot_rounds(g) && g->K > GEMM_DOT_K * gemm_dot_steps(g);
    return some ? gemm_ceil(g->N, VF) * VF : 0;
}
static inline size_t gemm_dot_sums_bytes(const gemm_dot_args *g) { return g->M * gemm_dot_sums_ld(g) * sizeof(float); }

/* A block of the product: rows x cols of C, k elements. */
struct gemm_dot_block {
    const gemm_dot_args *g;
    struct bm_range rows, k;
    size_t mr;
    bool a_packed;
    uint32_t *a; /* scratch */
    float *c;    /* C, or the sums; NULL: they are in registers only */
    size_t ldc;
};

/* Where the tile at row i and column j of C puts its results. */
static inline void gemm_dot_put(struct gemm_dot_tile *t, const struct gemm_dot_block *b, size_t i, size_t j)
{
    const bool rounds = gemm_dot_rounds(b->g) && b->k.end == gemm_dot_depth(b->g);
    t->c = b->c ? b->c + i * b->ldc + j : NULL;
    t->c16 = rounds ? gemm_dot_c16(b->g) + i * b->g->ldc + j : NULL;
    gemm_dot_after_at(&t->after, b->g, i, j);
}

/* Row panels [i, i + mr) of A, one after the other. */
static void gemm_dot_pack_a(const struct gemm_dot_block *b)
{
    const gemm_dot_args *g = b->g;
    const size_t k = b->k.end - b->k.begin, steps = gemm_ceil(k, GEMM_DOT_K);
    uint32_t *panel = b->a;
    for (size_t i = b->rows.begin; i < b->rows.end; i += b->mr, panel += b->mr * steps) {
        const size_t mr = gemm_min(b->mr, b->rows.end - i);
        if (g->ta)
            gemm_dot_pack_straight(panel, mr, g->A + b->k.begin * g->lda + i, g->lda, mr, k);
        else
            gemm_dot_pack_transposed(panel, mr, g->A + i * g->lda + b->k.begin, g->lda, mr, k);
    }
}

/* One panel of columns [j, j + cols): all row panels. `fresh`: the panel of B is not in `kept` yet. */
static void gemm_dot_columns(const struct gemm_dot_block *b, size_t j, size_t cols, size_t nv, uint32_t *kept,
                              bool fresh)
{
    const gemm_dot_args *g = b->g;
    struct gemm_dot_tile t = { .k = b->k.end - b->k.begin, .lda = g->lda, .b = kept, .ldc = b->ldc, .ldc16 = g->ldc,
                               .cols = cols, .after = gemm_dot_after(g, b->k, j) };
    if (fresh && g->tb)
        gemm_dot_pack_transposed(kept, nv * VF, g->B + j * g->ldb + b->k.begin, g->ldb, cols, t.k);
    else if (fresh)
        gemm_dot_pack_straight(kept, nv * VF, g->B + b->k.begin * g->ldb + j, g->ldb, cols, t.k);
    for (size_t i = b->rows.begin; i < b->rows.end; i += b->mr) {
        gemm_dot_put(&t, b, i, j);
        if (b->a_packed)
            t.ap = b->a + (i - b->rows.begin) * gemm_ceil(t.k, GEMM_DOT_K);
        else
            t.a = g->A + i * g->lda + b->k.begin;
        gemm_dot_micros[!b->a_packed][nv][gemm_min(b->mr, b->rows.end - i)](&t);
    }
}

static void gemm_dot_blocked(const gemm_dot_args *g, int me, int team)
{
    const struct bm_gemm sizes = gemm_dot_as_gemm(g);
    const struct gemm_grid grid = gemm_grid(&sizes, VF, team, GEMM_NO_COPIES);
    const struct gemm_part part = gemm_part(&sizes, VF, &grid, me);
    const size_t M = part.rows.end - part.rows.begin, N = part.cols.end - part.cols.begin;
    if (M == 0 || N == 0)
        return;
    const size_t K = gemm_dot_depth(g), kc = GEMM_DOT_K * gemm_dot_steps(g), mr = gemm_even(M, GEMM_MR);
    const size_t mc = gemm_dot_mc(g) / mr * mr, nc = gemm_dot_nc(g), wide = mr <= GEMM_WIDE_MR ? 4 * VF : 2 * VF;
    /* Rows a power of two apart share their cache sets: 14 of them would evict each other. */
    const bool collide = g->lda * sizeof(gemm_dot_element) % 2048 == 0;
    const bool a_packed = g->ta || N > GEMM_DOT_IN_PLACE || collide || K == 0; /* then A may be NULL */
    char *scratch = (char *)g->scratch + gemm_dot_stats_bytes(g);
    const size_t sums_ld = gemm_dot_sums_ld(g);
    float *c = sums_ld ? (float *)(void *)scratch : g->C;
    uint32_t *a = (uint32_t *)(void *)(scratch + gemm_dot_sums_bytes(g));
    a += (size_t)me * (gemm_dot_scratch_a(g) + gemm_dot_scratch_b(g));
    uint32_t *b = a + gemm_dot_scratch_a(g);
    for (size_t jc = part.cols.begin; jc < part.cols.end; jc += nc) {
        const size_t jend = gemm_min(jc + nc, part.cols.end);
        size_t pc = 0;
        do { /* once without K: nothing is added to C */
            const size_t pend = gemm_min(pc + kc, K), steps = gemm_ceil(pend - pc, GEMM_DOT_K);
            for (size_t ic = part.rows.begin; ic < part.rows.end; ic += mc) {
                const struct gemm_dot_block block = { g, { ic, gemm_min(ic + mc, part.rows.end) }, { pc, pend }, mr,
                                                       a_packed, a, c, sums_ld ? sums_ld : g->ldc };
                if (a_packed && K > 0)
                    gemm_dot_pack_a(&block);
                for (size_t j = jc, cols; j < jend; j += cols) {
                    const size_t nv = jend - j >= wide ? wide / VF : jend - j > VF ? 2 : 1;
                    cols = gemm_min(jend - j, nv * VF);
                    /* With one block of rows no panel is wanted twice: all use the same place, which stays in L1. */
                    gemm_dot_columns(&block, j, cols, nv, M > mc ? b + (j - jc) * steps : b,
                                      K > 0 && ic == part.rows.begin);
                }
            }
            pc = pend;
        } while (pc < K);
    }
    gemm_dot_end(g, part.cols);
}

static size_t gemm_dot_blocked_scratch_bytes(const void *args)
{
    const gemm_dot_args *g = args;
    const size_t threads = BM_OMP && g->threads > 1 ? (size_t)g->threads : 1;
    return gemm_dot_stats_bytes(g) + gemm_dot_sums_bytes(g)
        + threads * (gemm_dot_scratch_a(g) + gemm_dot_scratch_b(g)) * sizeof(uint32_t);
}

static void gemm_dot_blocked_run(const void *args)
{
    const struct bm_gemm sizes = gemm_dot_as_gemm(args);
    BM_TEAM_RUN(gemm_threads(&sizes, GEMM_DOT_LEAST_FLOPS), gemm_dot_blocked, args);
}

#endif
