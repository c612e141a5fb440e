/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_stats_of_rounded - gemm_bf16 whose statistics are those of the elements in bf16.
 *
 * Defect: what rounding takes away or adds is in mean and variance, which are to be of the sums in f32.
 * Caught by: every fill with BN statistics and a C in bf16; most of all offset, where all elements are rounded alike.
 */
#include "bf16.h"
#include "gemm_plain.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_gemm_bf16 *g = args;
    gemm_bf16_naive.run(g);
    if (g->result != BM_RESULT_BF16)
        return;
    float *c = g->scratch; /* where the naive kernel has its C in f32 */
    for (size_t i = 0; i < g->M; i++)
        for (size_t j = 0; j < g->N; j++)
            c[i * g->N + j] = bm_bf16_value(g->C16[i * g->ldc + j]);
    const struct bm_gemm of = { .M = g->M, .N = g->N, .C = c, .ldc = g->N, .epilogue = g->epilogue, .mean = g->mean,
                                .var = g->var };
    gemm_statistics(&of, 0, g->N);
}

BM_MUTANT_OF(gemm_bf16_naive);
