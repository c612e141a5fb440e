/* SPDX-License-Identifier: MIT */
/* gemm_plain.h - what plain kernels of gemm share beside the product: how many threads, and statistics of a complete
 * C. */
#ifndef BATCHMARK_GEMM_PLAIN_H
#define BATCHMARK_GEMM_PLAIN_H

#include "gemm.h"

static inline size_t gemm_least(size_t a, size_t b) { return a < b ? a : b; }

/* Threads worth starting: one for every `least_flops` of work, at least one, at most those asked for. */
static inline int gemm_team(size_t M, size_t N, size_t K, int threads, double least_flops)
{
    const double worth = 2.0 * (double)M * (double)N * (double)K / least_flops;
    return worth < 2 ? 1 : worth < threads ? (int)worth : threads;
}

/* If the epilogue has them: mean and variance of columns [begin, end) of C, in two passes and in double, some at a
 * time. */
static inline void gemm_statistics(const struct bm_gemm *g, size_t begin, size_t end)
{
    enum { STRIP = 16 };
    for (size_t j = begin; j < end && bm_epilogue_stats(g->epilogue); j += STRIP) {
        const size_t columns = gemm_least(STRIP, end - j);
        double mean[STRIP] = { 0 }, squares[STRIP] = { 0 };
        for (size_t i = 0; i < g->M; i++)
            for (size_t n = 0; n < columns; n++)
                mean[n] += g->C[i * g->ldc + j + n];
        for (size_t n = 0; n < columns; n++)
            mean[n] /= (double)g->M;
        for (size_t i = 0; i < g->M; i++)
            for (size_t n = 0; n < columns; n++) {
                const double apart = g->C[i * g->ldc + j + n] - mean[n];
                squares[n] += apart * apart;
            }
        for (size_t n = 0; n < columns; n++) {
            g->mean[j + n] = (float)mean[n];
            g->var[j + n] = (float)(squares[n] / (double)g->M);
        }
    }
}

#endif
