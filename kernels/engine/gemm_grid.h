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

struct gemm_part { struct bm_range rows, cols; };

/*
 * The tile of thread `me` of `team`; empty for threads that the grid has no place for. Columns are cut at multiples of
 * `lanes`, the vector's width. Of all grids the one with the cheapest tile is taken: a tile of m rows and v vectors
 * costs m v multiplications per step of K, brings v vectors of B from a farther cache (about 4 each) and m elements
 * of A (about 1/2 each). BN statistics of a column are summed by one thread: then only columns are shared.
 */
static inline struct gemm_part gemm_part(const struct bm_gemm *g, size_t lanes, int me, int team)
{
    if (team == 1) /* the divisions below would show in a small product */
        return (struct gemm_part){ { 0, g->M }, { 0, g->N } };
    size_t vectors = (g->N + lanes - 1) / lanes;
    double least = 0;
    int down = 1, across = 1;
    for (int d = 1; d <= (bm_epilogue_stats(g->epilogue) ? 1 : team); d++) {
        int a = team / d;
        double m = (double)((g->M + (size_t)d - 1) / (size_t)d), v = (double)((vectors + (size_t)a - 1) / (size_t)a);
        double cost = m * v + 4 * v + m / 2;
        if (d == 1 || cost < least)
            least = cost, down = d, across = a;
    }
    if (me >= down * across)
        return (struct gemm_part){ { 0, 0 }, { 0, 0 } };
    return (struct gemm_part){ bm_share(g->M, 1, me / across, down), bm_share(g->N, lanes, me % across, across) };
}

/* Work that pays for one more thread with vector kernels: about 2 us of one. */
#define GEMM_LEAST_FLOPS 2.5e5

/* Threads worth starting: one for every `least_flops` of work, at least one, at most those asked for. */
static inline int gemm_threads(const struct bm_gemm *g, double least_flops)
{
    if (g->threads <= 1)
        return 1;
    const double worth = 2.0 * (double)g->M * (double)g->N * (double)g->K / least_flops;
    return worth < 2 ? 1 : worth < g->threads ? (int)worth : g->threads;
}

#endif
