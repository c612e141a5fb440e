/* SPDX-License-Identifier: MIT */
/*
 * gemm_direct.h - the loop nest of gemm_<ISA>_direct and their _omp files: nothing is copied.
 *
 *   for each thread's tile of C                                  gemm_grid.h
 *     for blocks of kc steps, for strips of columns
 *       for panels of mr rows, for panels of nv vectors          gemm_micro.h
 *
 * Every row panel reads the strip of B again. If a block of B fits half the L2 cache, there is one strip, and C is
 * written along its rows; else strips are as wide as the widest panel. The blocks of K depend on K alone, so that the
 * bits of the result do not depend on the threads.
 */
#ifndef BATCHMARK_GEMM_DIRECT_H
#define BATCHMARK_GEMM_DIRECT_H

#define GEMM_COPIES 0
#include "cache_sizes.h"
#include "gemm_after.h"
#include "gemm_block_sizes.h"
#include "gemm_grid.h"
#include "gemm_micro.h"

/* Steps of k in a block, and rows of a tile: beside a short K the end of a tile of 13 or 14 rows costs more than its
 * fewer loads of B save. */
enum { GEMM_DIRECT_KC = 1024, GEMM_DIRECT_MR = GEMM_MR < 12 ? GEMM_MR : 12 };

/* Up to half a vector of last columns is taken in parts of a vector; of A by columns there must be the rows for one.
 * What is left beyond whole vectors is always taken alone, so that its sums do not depend on where a thread's tile
 * begins. */
static inline enum gemm_kind gemm_direct_kind(size_t cols, bool rows, size_t nv, size_t mr)
{
    if (!BM_HAS(PARTS) || cols > VF / 2)
        return cols < nv * VF ? GEMM_MASKED : GEMM_WHOLE;
    const size_t width = cols <= 4 ? 4 : 8;
    return !rows && mr < VF / width ? GEMM_MASKED : width == 4 ? GEMM_FOUR : GEMM_EIGHT;
}

/* The tiles of rows x cols for steps [k, k + t.k). */
static void gemm_direct_strip(const struct bm_gemm *g, struct gemm_tile t, size_t k, struct bm_range rows,
                              struct bm_range cols)
{
    const size_t most = gemm_panel(rows.end - rows.begin, GEMM_DIRECT_MR);
    for (size_t i = rows.begin, mr; i < rows.end; i += mr) {
        mr = gemm_min(most, rows.end - i);
        const size_t wide = BM_HAS(WIDE) && mr <= GEMM_WIDE_MR ? 4 : 2;
        t.a = g->ta ? g->A + k * g->lda + i : g->A + i * g->lda + k;
        for (size_t j = cols.begin; j < cols.end; j += t.cols) {
            const size_t left = cols.end - j, nv = left >= wide * VF ? wide : left > VF + VF / 2 ? 2 : 1;
            t.cols = gemm_min(left, nv * VF);
            t.b = g->B + k * g->ldb + j;
            gemm_tile_at(&t, g, i, j);
            gemm_micros[gemm_direct_kind(t.cols, !g->ta, nv, mr)][!g->ta][nv][mr](&t);
        }
    }
}

static void gemm_direct(const struct bm_gemm *g, int me, int team)
{
    const struct gemm_grid grid = gemm_grid(g, VF, team, GEMM_NO_COPIES);
    const struct gemm_part part = gemm_part(g, VF, &grid, me);
    const size_t N = part.cols.end - part.cols.begin;
    struct bm_gemm none;
    if (part.rows.begin == part.rows.end || N == 0)
        return;
    g = gemm_valid(g, &none);
    const size_t K = g->K, kc = K ? gemm_even(K, GEMM_DIRECT_KC) : 1;
    const size_t strip = BM_HAS(STRIPS) && kc * N > gemm_strip_floats(g->caches, g->threads) ? 4 * VF : N;
    size_t pc = 0;
    do {
        const size_t pend = gemm_min(pc + kc, K);
        const struct gemm_tile t = gemm_tile_of(g, pend - pc, pc == 0, pend == K);
        for (size_t j = part.cols.begin; j < part.cols.end; j += strip)
            gemm_direct_strip(g, t, pc, part.rows, (struct bm_range){ j, gemm_min(j + strip, part.cols.end) });
        pc = pend;
    } while (pc < K);
    if (!BM_HAS(EPILOGUE))
        gemm_epilogue(g, part);
    gemm_stats_finish(g, part.cols);
}

static inline const char *gemm_direct_refuses(const void *args)
{
    const struct bm_gemm *g = args;
    return g->tb ? "B transposed is read across its rows: use a kernel that packs it" : NULL;
}

static inline size_t gemm_direct_scratch_bytes(const void *args) { return gemm_stats_bytes(args); }

static inline void gemm_direct_run(const void *args)
{
    const struct bm_gemm *g = args;
    BM_TEAM_RUN(gemm_threads(g, gemm_least_flops(g->caches)), gemm_direct, args);
}

#endif
