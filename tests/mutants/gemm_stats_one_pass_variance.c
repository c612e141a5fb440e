/* SPDX-License-Identifier: MIT */
/*
 * gemm_stats_one_pass_variance - gemm whose BN statistics take E[c^2] - E[c]^2 in f32.
 *
 * Defect: the squares of a common offset leave nothing of the deviations.
 * Caught by: the offset fill, whose products have means of 1e4 deviations.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_gemm *g = args;
    gemm_naive.run(args);
    for (size_t j = 0; j < g->N && bm_epilogue_stats(g->epilogue); j++) {
        float sum = 0, squares = 0;
        for (size_t i = 0; i < g->M; i++) {
            sum += g->C[i * g->ldc + j];
            squares += g->C[i * g->ldc + j] * g->C[i * g->ldc + j];
        }
        g->mean[j] = sum / (float)g->M;
        g->var[j] = squares / (float)g->M - g->mean[j] * g->mean[j];
    }
}

BM_MUTANT_OF(gemm_naive);
