/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_blocks_rounded - gemm_bf16 that keeps the sums so far in a C in bf16.
 *
 * Defect: the sum of the first half of K is rounded to bf16 before the second half is added.
 * Caught by: the random fill with a C in bf16.
 */
#include "bf16.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_gemm_bf16 *g = args;
    struct bm_gemm_bf16 half = *g;
    if (g->result != BM_RESULT_BF16 || g->epilogue != BM_EPILOGUE_NONE || g->ta || g->tb) {
        gemm_bf16_naive.run(g);
        return;
    }
    half.K = g->K / 2;
    gemm_bf16_naive.run(&half);
    float *c = g->scratch; /* where the naive kernel has its C in f32 */
    for (size_t i = 0; i < g->M; i++)
        for (size_t j = 0; j < g->N; j++)
            c[i * g->N + j] = bm_bf16_value(g->C16[i * g->ldc + j]);
    half.A += half.K, half.B += half.K * g->ldb;
    half.K = g->K - half.K;
    half.result = BM_RESULT_F32;
    half.C = c, half.ldc = g->N;
    half.beta = 1;
    gemm_bf16_naive.run(&half);
    for (size_t i = 0; i < g->M; i++)
        for (size_t j = 0; j < g->N; j++)
            g->C16[i * g->ldc + j] = bm_bf16_round(c[i * g->N + j]);
}

BM_MUTANT_OF(gemm_bf16_naive);
