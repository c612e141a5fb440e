/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_bias_after_rounding - gemm_bf16 that rounds a C in bf16 twice.
 *
 * Defect: the product is rounded to bf16, then the bias is added, and the sum rounded again.
 * Caught by: the random fill with a bias and a C in bf16.
 */
#include "bf16.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_gemm_bf16 *g = args;
    struct bm_gemm_bf16 bare = *g;
    if (g->result != BM_RESULT_BF16 || g->epilogue != BM_EPILOGUE_BIAS) {
        gemm_bf16_naive.run(g);
        return;
    }
    bare.epilogue = BM_EPILOGUE_NONE;
    gemm_bf16_naive.run(&bare);
    for (size_t i = 0; i < g->M; i++)
        for (size_t j = 0; j < g->N; j++) {
            uint16_t *c = &g->C16[i * g->ldc + j];
            *c = bm_bf16_round(bm_bf16_value(*c) + g->bias[j]);
        }
}

BM_MUTANT_OF(gemm_bf16_naive);
