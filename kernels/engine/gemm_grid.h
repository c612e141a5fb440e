/* SPDX-License-Identifier: MIT */
/*
 * gemm_grid.h - how the threads of gemm share C: a grid of tiles, one a thread. K is never divided, so that every
 * element of C is summed by one thread in one order, and the result has the same bits for every number of threads.
 */
#ifndef BATCHMARK_GEMM_GRID_H
#define BATCHMARK_GEMM_GRID_H

#include "gemm.h"
#include "kernel.h"
#include "team.h"

/* A thread's tile of C. Threads of a group have the same columns and share a copy of B; `member` is this one's place. */
struct gemm_part { struct bm_range rows, cols; int group, member; };

/* How C is cut, for parts of at most `rows` x `cols`; threads that share a copy of B. */
struct gemm_grid { int down, across, group; size_t rows, cols; };

/* Of `down` threads with the same columns, those that a cache has in common: equal groups of `most` at most. */
static inline int gemm_group(int down, int most)
{
    int group = down < most ? down : most;
    while (down % group)
        group--;
    return group;
}

/* Where rows of C begin with cache lines, columns are cut between lines, so that no two threads write one; else between
 * vectors. */
static inline size_t gemm_cut(const struct bm_gemm *g, size_t lanes)
{
    const size_t line = 64 / sizeof(float);
    return lanes < line && g->ldc % line == 0 ? line : lanes;
}

/* What a loop nest copies: A, if a tile has more columns than these; B once for as many threads as have a cache in common. */
struct gemm_copies { size_t a_from; int sharers; };
#define GEMM_NO_COPIES ((struct gemm_copies){ SIZE_MAX, 1 })

/*
 * Of all grids the one with the cheapest tile is taken: a tile of m rows and v vectors costs m v multiplications per
 * step of K, brings v vectors of B from a farther cache (about 4 each) and m elements of A (about 1/2 each, 9/4 with a copy).
 * BN statistics of a column are summed by one thread: then only columns are shared.
 */
static inline struct gemm_grid gemm_grid(const struct bm_gemm *g, size_t lanes, int team, struct gemm_copies copies)
{
    if (team == 1) /* the divisions below would show in a small product */
        return (struct gemm_grid){ 1, 1, 1, g->M, g->N };
    const size_t cut = gemm_cut(g, lanes), cuts = (g->N + cut - 1) / cut;
    struct gemm_grid best = { 1, 1, 1, 0, 0 };
    double least = 0;
    for (int down = 1; down <= (bm_epilogue_stats(g->epilogue) ? 1 : team) && (size_t)down <= g->M; down++) {
        const int across = team / down;
        const size_t rows = (g->M + (size_t)down - 1) / (size_t)down;
        const size_t wide = (cuts + (size_t)across - 1) / (size_t)across * (cut / lanes);
        const double m = (double)rows, v = (double)wide, cost = m * v + 4 * v + (wide * lanes > copies.a_from ? 2.25 : 0.5) * m;
        if (down == 1 || cost < least) {
            least = cost;
            best = (struct gemm_grid){ down, across, gemm_group(down, copies.sharers), rows, wide * lanes };
        }
    }
    return best;
}

/* The tile of thread `me`; empty for threads that the grid has no place for. Neighbours have the same columns. */
static inline struct gemm_part gemm_part(const struct bm_gemm *g, size_t lanes, const struct gemm_grid *grid, int me)
{
    const int row = me % grid->down, column = me / grid->down;
    if (grid->down == 1 && grid->across == 1)
        return (struct gemm_part){ { 0, g->M }, { 0, g->N }, 1, 0 };
    if (column >= grid->across)
        return (struct gemm_part){ { 0, 0 }, { 0, 0 }, 1, 0 };
    const struct bm_range cols = bm_share(g->N, gemm_cut(g, lanes), column, grid->across);
    return (struct gemm_part){ bm_share(g->M, 1, row, grid->down), cols, grid->group, row % grid->group };
}

/* Work that pays for one more thread with vector kernels, unless it was measured: about 2 us of one. */
#define GEMM_LEAST_FLOPS 2.5e5

static inline double gemm_least_flops(const struct bm_caches *c)
{
    return c && c->thresholds.gemm_flops > 0 ? c->thresholds.gemm_flops : GEMM_LEAST_FLOPS;
}

/* Threads worth starting: one for every `least_flops` of work, at least one, at most those asked for. */
static inline int gemm_threads(const struct bm_gemm *g, double least_flops)
{
    if (g->threads <= 1)
        return 1;
    const double worth = 2.0 * (double)g->M * (double)g->N * (double)g->K / least_flops;
    return worth < 2 ? 1 : worth < g->threads ? (int)worth : g->threads;
}

#endif
