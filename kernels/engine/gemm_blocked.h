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
 *
 * Threads that have the same columns and a cache in common share B's copy. Each takes its first row panel through its part
 * of the columns and keeps the copy of them; after a barrier all read all of it, and the next block goes to a second buffer.
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
    float *a; /* NULL, or where A's rows are packed */
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

/* One panel of columns [j, j + cols): its row panels in `rows`. `fresh`: the panel of B is not in `kept` yet; `again`:
 * other rows than these will want it there. */
static void gemm_columns(const struct gemm_block *b, struct bm_range rows, size_t j, size_t cols, size_t nv, float *kept,
                         bool fresh, bool again)
{
    const struct bm_gemm *g = b->g;
    struct gemm_tile t = gemm_tile_of(g, b->k.end - b->k.begin, b->k.begin == 0, b->k.end == g->K);
    bool in_place = fresh && !g->tb;
    t.cols = cols;
    t.ldb = nv * VF;
    t.b = kept;
    if (in_place) {
        t.b = g->B + b->k.begin * g->ldb + j;
        t.ldb = g->ldb;
        t.keep = BM_HAS(COPY) && (again || rows.end - rows.begin > b->mr) ? kept : NULL;
    } else if (fresh)
        gemm_pack_transposed(kept, t.ldb, g->B + j * g->ldb + b->k.begin, g->ldb, cols, t.k);
    for (size_t i = rows.begin; i < rows.end; i += b->mr) {
        size_t mr = gemm_min(b->mr, rows.end - i);
        gemm_tile_at(&t, g, i, j);
        if (b->a) {
            t.a = b->a + (i - b->rows.begin) * t.k;
            t.lda = mr;
        } else
            t.a = g->ta ? g->A + b->k.begin * g->lda + i : g->A + i * g->lda + b->k.begin;
        gemm_micros[in_place && cols < nv * VF ? GEMM_MASKED : GEMM_WHOLE][!b->a && !g->ta][nv][mr](&t);
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

/* How a thread goes through its tile of C. */
struct gemm_nest {
    const struct bm_gemm *g;
    struct gemm_part part;
    size_t mr, mc, nc, wide; /* rows of a panel; rows, columns of a block; most columns of a panel */
    bool shared;             /* the group has one copy of B */
    float *a, *b;            /* scratch; a is NULL if A is read in place */
};

/* Whether the panel `at` columns into a block of `cols` is one that this member of the group copies. */
static inline bool gemm_is_mine(const struct gemm_nest *n, size_t at, size_t cols)
{
    return at / n->wide * (size_t)n->part.group / gemm_ceil(cols, n->wide) == (size_t)n->part.member;
}

enum gemm_phase { GEMM_ALONE, GEMM_COPYING, GEMM_COPIED };

/* The column panels of a block. If B is shared, of the first rows: at first the first panel of them, for the columns that
 * this thread copies; then all that is left. */
static void gemm_block_panels(const struct gemm_nest *n, const struct gemm_block *b, enum gemm_phase phase)
{
    const size_t jc = b->cols.begin, jend = b->cols.end;
    const bool top = b->rows.begin == n->part.rows.begin;
    /* With one block of rows no panel is wanted twice: all use the same place, which stays in L1. */
    const bool all_kept = n->shared || n->part.rows.end - n->part.rows.begin > n->mc;
    const bool fresh = phase != GEMM_COPIED && (top || (!BM_HAS(COPY) && !n->g->tb));
    for (size_t j = jc, cols; j < jend; j += cols) {
        const size_t nv = jend - j >= n->wide ? n->wide / VF : jend - j > VF ? 2 : 1;
        float *kept = all_kept ? n->b + (j - jc) * (b->k.end - b->k.begin) : n->b;
        struct bm_range rows = b->rows;
        cols = gemm_min(jend - j, nv * VF);
        if (phase != GEMM_ALONE && top) {
            const bool mine = gemm_is_mine(n, j - jc, jend - jc);
            if (phase == GEMM_COPIED && mine)
                rows.begin = gemm_min(rows.begin + n->mr, rows.end);
            else if (phase == GEMM_COPYING)
                rows.end = mine ? gemm_min(rows.begin + n->mr, rows.end) : rows.begin;
        }
        if (rows.begin < rows.end)
            gemm_columns(b, rows, j, cols, nv, kept, fresh, top && all_kept);
    }
}

/* A block of columns, a block of K: all rows of the tile. */
static void gemm_rows(const struct gemm_nest *n, struct bm_range cols, struct bm_range k, int team)
{
    struct bm_range rows = n->part.rows;
    if (cols.begin == cols.end)
        rows.end = rows.begin;
    if (n->shared && rows.begin == rows.end)
        BM_TEAM_BARRIER(team);
    for (size_t ic = rows.begin; ic < rows.end; ic += n->mc) {
        const struct gemm_block block = { n->g, { ic, gemm_min(ic + n->mc, rows.end) }, cols, k, n->mr, n->a };
        if (n->a)
            gemm_pack_a(&block);
        if (n->shared && ic == rows.begin) {
            gemm_block_panels(n, &block, GEMM_COPYING);
            BM_TEAM_BARRIER(team);
        }
        gemm_block_panels(n, &block, n->shared ? GEMM_COPIED : GEMM_ALONE);
    }
}

/* Most columns of a panel, for as many rows. */
static inline size_t gemm_wide(size_t rows)
{
    return (BM_HAS(WIDE) && gemm_panel(rows, GEMM_MR) <= GEMM_WIDE_MR ? 4 : 2) * VF;
}

/* Columns of a tile from which A is copied. Rows a power of two apart share their cache sets: 14 of them would evict each
 * other. */
static inline size_t gemm_copied_from(const struct bm_gemm *g)
{
    return !BM_HAS(PACK) ? SIZE_MAX : g->ta ? GEMM_TRANSPOSED_IN_PLACE : gemm_rows_collide(g->caches, 4 * g->lda) ? 0 : GEMM_IN_PLACE;
}

/* For thread `me` of a team; up to `sharers` threads share a copy of B, and then the whole team must be here. */
static void gemm_blocked(const struct bm_gemm *g, int me, int team, int sharers)
{
    const size_t copied_from = gemm_copied_from(g);
    const struct gemm_grid grid = gemm_grid(g, VF, team, (struct gemm_copies){ copied_from, sharers });
    const struct gemm_part part = gemm_part(g, VF, &grid, me);
    const size_t M = part.rows.end - part.rows.begin, N = part.cols.end - part.cols.begin;
    /* A copy is worth the barrier if it is large, and read by more panels of rows than one. */
    const bool shared = grid.group > 1 && grid.rows > GEMM_MR + 1 && grid.cols * g->K >= gemm_worth_sharing(g->caches, g->threads);
    if (g->M == 0 || g->N == 0 || (!shared && (M == 0 || N == 0)))
        return;
    struct bm_gemm none;
    g = gemm_valid(g, &none);
    struct gemm_nest n = { .g = g, .part = part, .mr = M ? gemm_panel(M, GEMM_MR) : 1, .wide = gemm_wide(M), .shared = shared };
    n.mc = gemm_mc(g) / n.mr * n.mr;
    n.nc = gemm_nc(g);
    const size_t K = g->K, kc = gemm_kc(g);
    float *scratch = (float *)g->scratch + gemm_stats_bytes(g) / sizeof(float);
    if (K > 0 && N > copied_from)
        n.a = scratch + (size_t)me * gemm_scratch_a(g);
    scratch += (size_t)team * gemm_scratch_a(g);
    n.b = scratch + (size_t)me * gemm_scratch_b(g);
    float *next = n.b;
    if (shared) { /* two buffers in place of a group's, each of half their columns; panels as wide for all */
        n.wide = gemm_min(gemm_wide(g->M / (size_t)grid.down), gemm_wide(grid.rows));
        n.nc = n.nc * (size_t)grid.group / 2 / (4 * VF) * (4 * VF);
        n.b = scratch + (size_t)(me - part.member) * gemm_scratch_b(g);
        next = n.b + gemm_min(grid.cols, n.nc) * gemm_min(K, kc);
    }
    for (size_t at = 0; at < grid.cols; at += n.nc) {
        const size_t jc = gemm_min(part.cols.begin + at, part.cols.end), jend = gemm_min(jc + n.nc, part.cols.end);
        size_t pc = 0;
        do {
            const size_t pend = gemm_min(pc + kc, K);
            gemm_rows(&n, (struct bm_range){ jc, jend }, (struct bm_range){ pc, pend }, team);
            float *b = n.b;
            n.b = next;
            next = b;
            pc = pend;
        } while (pc < K);
    }
    if (!BM_HAS(EPILOGUE))
        gemm_epilogue(g, part);
    gemm_stats_finish(g, part.cols);
}

/* All of a product by one team. */
static void gemm_by_team(const struct bm_gemm *g, int me, int team)
{
    gemm_blocked(g, me, team, BM_OMP && BM_HAS(COPY) ? gemm_sharers(g->caches) : 1);
}

#endif
