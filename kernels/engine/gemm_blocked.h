/* SPDX-License-Identifier: MIT */
/*
 * gemm_blocked.h - the loop nest of gemm_<ISA>_tuned and their _omp files around the microkernels.
 *
 *   for each thread's tile of C                                  gemm_grid.h
 *     for blocks of nc columns, blocks of kc steps, blocks of mc rows
 *       for panels of nv vectors, for panels of mr rows          gemm_micro.h
 *
 * A row-major B need not be packed in advance: the first row panel reads it in place and keeps a copy for the others; the
 * second fetches the next panel's rows to L2. A is read in place when too few columns would use a copy.
 * The blocks of K depend on K alone, so that the bits of the result do not depend on the threads.
 */
#ifndef BATCHMARK_GEMM_BLOCKED_H
#define BATCHMARK_GEMM_BLOCKED_H

#define GEMM_COPIES 1
#include "cache_sizes.h"
#include "gemm_after.h"
#include "gemm_block_sizes.h"
#include "gemm_grid.h"
#include "gemm_micro.h"
#include "gemm_pack.h"

/* Steps of k in a block; rows of A in a block (A's block stays in the L2 cache); columns of B in a block (in L3). Without
 * blocks: more than any matrix has. */
#define GEMM_ALL ((size_t)1 << 40)
#define GEMM_KC  (BM_HAS(BLOCKS) ? (size_t)GEMM_STEPS : GEMM_ALL)
static inline size_t gemm_kc(const struct bm_gemm *g) { return g->K ? gemm_even(g->K, GEMM_KC) : 1; }
static inline size_t gemm_mc(const struct bm_gemm *g)
{
    return BM_HAS(BLOCKS) ? gemm_block_rows(g->caches, g->threads, 4 * gemm_kc(g), 112) : GEMM_ALL;
}
static inline size_t gemm_nc(const struct bm_gemm *g)
{
    return BM_HAS(BLOCKS) ? gemm_block_columns(g->caches, g->threads, 4 * gemm_kc(g)) : GEMM_ALL;
}
/* Up to this many columns A is read in place: a copy would not be read often enough. Transposed A with AVX2: a panel
 * of 6 uses little of each cache line that it touches, and a copy, which needs no transposition, pays much sooner. */
#define GEMM_IN_PLACE 768
#define GEMM_TRANSPOSED_IN_PLACE (GEMM_MR >= 14 ? GEMM_IN_PLACE : 64)

/* Upper bounds for any part of C, in floats: both buffers start at a cache line and have room for a vector more. */
static inline size_t gemm_scratch_a(const struct bm_gemm *g)
{
    return gemm_ceil(gemm_min(g->M, gemm_mc(g)) * gemm_min(g->K, GEMM_KC) + VF, 16) * 16;
}
static inline size_t gemm_scratch_b(const struct bm_gemm *g)
{
    return gemm_min(gemm_ceil(g->N, VF) * VF, gemm_nc(g)) * gemm_min(g->K, GEMM_KC);
}

static inline size_t gemm_scratch(const struct bm_gemm *g) { return gemm_scratch_a(g) + gemm_scratch_b(g); }

/* A block of the product: rows x cols of C, k steps. */
struct gemm_block {
    const struct bm_gemm *g;
    struct bm_range rows, cols, k;
    size_t mr;
    bool a_packed, first, last; /* whether A is packed here; this is the first, the last block of K */
    float *a, *b;               /* scratch */
};

/* Row panels [i, i + mr) of A, one after the other, mr * k floats apart. */
static void gemm_pack_a(const struct gemm_block *b)
{
    const struct bm_gemm *g = b->g;
    const size_t k = b->k.end - b->k.begin, rows = b->rows.end - b->rows.begin;
    if (g->ta)
        gemm_pack_straight(b->a, b->mr, g->A + b->k.begin * g->lda + b->rows.begin, g->lda, rows, k);
    else
        for (size_t i = 0; i < rows; i += b->mr)
            gemm_pack_transposed(b->a + i * k, gemm_min(b->mr, rows - i),
                                 g->A + (b->rows.begin + i) * g->lda + b->k.begin, g->lda, gemm_min(b->mr, rows - i),
                                 k);
}

/* One panel of columns [j, j + cols): all row panels. `fresh`: the panel of B is not in `kept` yet; `again`: blocks
 * of rows below this one will want it there. */
static void gemm_columns(const struct gemm_block *b, size_t j, size_t cols, size_t nv, float *kept, bool fresh,
                         bool again)
{
    const struct bm_gemm *g = b->g;
    struct gemm_tile t = gemm_tile_of(g, b->k.end - b->k.begin, b->first, b->last);
    bool in_place = fresh && !g->tb;
    t.cols = cols;
    t.ldb = nv * VF;
    t.b = kept;
    if (in_place) {
        t.b = g->B + b->k.begin * g->ldb + j;
        t.ldb = g->ldb;
        t.keep = BM_HAS(COPY) && (again || b->rows.end - b->rows.begin > b->mr) ? kept : NULL;
    } else if (fresh)
        gemm_pack_transposed(kept, t.ldb, g->B + j * g->ldb + b->k.begin, g->ldb, cols, t.k);
    for (size_t i = b->rows.begin; i < b->rows.end; i += b->mr) {
        size_t mr = gemm_min(b->mr, b->rows.end - i);
        gemm_tile_at(&t, g, i, j);
        if (b->a_packed) {
            t.a = b->a + (i - b->rows.begin) * t.k;
            t.lda = mr;
        } else
            t.a = g->ta ? g->A + b->k.begin * g->lda + i : g->A + i * g->lda + b->k.begin;
        gemm_micros[in_place && cols < nv * VF ? GEMM_MASKED : GEMM_WHOLE][!b->a_packed && !g->ta][nv][mr](&t);
        t.next = NULL;
        if (t.keep) {
            in_place = false;
            t.b = kept;
            t.ldb = nv * VF;
            t.keep = NULL;
            if (BM_HAS(PANEL) && j + cols < b->cols.end) {
                t.next = g->B + b->k.begin * g->ldb + j + cols;
                t.next_ld = g->ldb;
            }
        }
    }
}

static void gemm_blocked(const struct bm_gemm *g, int me, int team)
{
    const struct gemm_part part = gemm_part(g, VF, me, team);
    const size_t M = part.rows.end - part.rows.begin, N = part.cols.end - part.cols.begin;
    if (M == 0 || N == 0)
        return;
    struct bm_gemm none;
    g = gemm_valid(g, &none);
    const size_t K = g->K, kc = gemm_kc(g), mr = gemm_panel(M, GEMM_MR);
    const size_t mc = gemm_mc(g) / mr * mr, nc = gemm_nc(g), wide = BM_HAS(WIDE) && mr <= GEMM_WIDE_MR ? 4 * VF : 2 * VF;
    /* Rows a power of two apart share their cache sets: 14 of them would evict each other. */
    const bool a_packed = BM_HAS(PACK) && K > 0 &&
        (g->ta ? N > GEMM_TRANSPOSED_IN_PLACE : N > GEMM_IN_PLACE || gemm_rows_collide(g->caches, 4 * g->lda));
    float *a = (float *)g->scratch + gemm_stats_bytes(g) / sizeof(float) + (size_t)me * gemm_scratch(g);
    float *b = a + gemm_scratch_a(g);
    for (size_t jc = part.cols.begin; jc < part.cols.end; jc += nc) {
        const size_t jend = gemm_min(jc + nc, part.cols.end);
        size_t pc = 0;
        do {
            const size_t pend = gemm_min(pc + kc, K);
            for (size_t ic = part.rows.begin; ic < part.rows.end; ic += mc) {
                const bool first = ic == part.rows.begin, fresh = first || (!BM_HAS(COPY) && !g->tb);
                struct gemm_block block = { g, { ic, gemm_min(ic + mc, part.rows.end) }, { jc, jend }, { pc, pend },
                    mr, a_packed, pc == 0, pend == K, a, b };
                if (a_packed)
                    gemm_pack_a(&block);
                for (size_t j = jc, cols; j < jend; j += cols) {
                    const size_t nv = jend - j >= wide ? wide / VF : jend - j > VF ? 2 : 1;
                    cols = gemm_min(jend - j, nv * VF);
                    /* With one block of rows no panel is wanted twice: all use the same place, which stays in L1. */
                    gemm_columns(&block, j, cols, nv, M > mc ? b + (j - jc) * (pend - pc) : b, fresh,
                                 first && M > mc);
                }
            }
            pc = pend;
        } while (pc < K);
    }
    if (!BM_HAS(EPILOGUE))
        gemm_epilogue(g, part);
    gemm_stats_finish(g, part.cols);
}

static size_t gemm_blocked_scratch_bytes(const void *args)
{
    const struct bm_gemm *g = args;
    size_t threads = BM_OMP && g->threads > 1 ? (size_t)g->threads : 1;
    return gemm_stats_bytes(g) + threads * gemm_scratch(g) * sizeof(float);
}

static void gemm_blocked_run(const void *args)
{
    BM_TEAM_RUN(gemm_threads(args, GEMM_LEAST_FLOPS), gemm_blocked, args);
}

#endif
