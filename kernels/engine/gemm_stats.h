/* SPDX-License-Identifier: MIT */
/*
 * gemm_stats.h - BN statistics of C's columns, summed while C's tiles are still in registers.
 *
 * A tile gives, of each column, the sums of the distances and of their squares from its first row: at most GEMM_MR
 * terms in f32, whose common offset is gone. Here they are moved to the distance from C's first row, which all tiles
 * share, and added in double: the offset cancels before anything is squared, and the number of tiles does no harm.
 * (Shifted data; Chan, Golub & LeVeque, "Algorithms for Computing the Sample Variance", The American Statistician
 * 37(3), 1983.)
 *
 * The sums of all columns lie at the beginning of the scratch. A column is summed from the top by one thread.
 */
#ifndef BATCHMARK_GEMM_STATS_H
#define BATCHMARK_GEMM_STATS_H

#include "gemm_block_sizes.h"
#include "gemm.h"
#include "kernel.h"
#include "team.h"

/* Where the sums of the tile's columns are. */
struct gemm_stats {
    double *sum, *square;
    const float *origin; /* C's first row */
    bool fresh;          /* this tile is the first */
};

/* Bytes of the scratch that the sums take, a multiple of a cache line. */
static inline size_t gemm_stats_bytes(const struct bm_gemm *g)
{
    return bm_epilogue_stats(g->epilogue) ? gemm_ceil(2 * g->N * sizeof(double), 64) * 64 : 0;
}

static inline struct gemm_stats gemm_stats_at(const struct bm_gemm *g, size_t i, size_t j)
{
    double *sum = (double *)g->scratch + j;
    return (struct gemm_stats){ .sum = sum, .square = sum + g->N, .origin = g->C + j, .fresh = i == 0 };
}

/* Adds a tile of `rows` rows: its first row, the sums of the others' distances from it, and of their squares. Not
 * inlined: once for all microkernels. */
static __attribute__((noinline, unused)) void gemm_stats_add(const struct gemm_stats *s, size_t rows, size_t cols,
                                                     const float *first, const float *sum, const float *square)
{
    for (size_t j = 0; j < cols; j++) {
        const double shift = (double)first[j] - s->origin[j];
        const double all = sum[j] + (double)rows * shift, squares = square[j] + shift * (sum[j] + all);
        s->sum[j] = s->fresh ? all : s->sum[j] + all;
        s->square[j] = s->fresh ? squares : s->square[j] + squares;
    }
}

/* Mean and variance of some columns, after all their rows. */
static inline void gemm_stats_finish(const struct bm_gemm *g, struct bm_range cols)
{
    const double *restrict sum = (const double *)g->scratch, *restrict square = sum + g->N;
    const double each = 1 / (double)g->M;
    for (size_t j = cols.begin; j < cols.end && bm_epilogue_stats(g->epilogue); j++) {
        const double mean = sum[j] * each, var = square[j] * each - mean * mean;
        g->mean[j] = (float)(g->C[j] + mean);
        g->var[j] = (float)(var < 0 ? 0 : var);
    }
}

#endif
