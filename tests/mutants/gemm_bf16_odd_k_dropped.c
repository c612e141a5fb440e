/*
 * gemm_bf16_odd_k_dropped - gemm_bf16 in pairs of k only.
 *
 * Defect: of an odd K the last step, which has no partner, is left out.
 * Caught by: every fill in a shape with odd K.
 */
#include "gemm_bf16/gemm_bf16_loop.h"
#include "mutant.h"

static void run(const union bm_args *args)
{
    union bm_args pairs = *args;
    pairs.gemm_bf16.K -= pairs.gemm_bf16.K % 2;
    gemm_bf16_loop_run(&pairs);
}

BM_MUTANT(.run = run);
