/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_stats_without_last_row - gemm_bf16 whose statistics end one row of C early.
 *
 * Defect: mean and variance of all rows but the last.
 * Caught by: the random fill with BN statistics.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_gemm_bf16 g = *(const struct bm_gemm_bf16 *)args;
    gemm_bf16_naive.run(&g);
    if (!bm_epilogue_stats(g.epilogue) || g.beta != 0 || g.M < 2)
        return;
    g.M--;
    gemm_bf16_naive.run(&g); /* the same elements once more, but for that row */
}

BM_MUTANT_OF(gemm_bf16_naive);
