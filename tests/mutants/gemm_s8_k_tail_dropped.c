/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8_k_tail_dropped - gemm_s8 in quads of k only.
 *
 * Defect: the last K mod 4 steps, which fill no quad, are left out.
 * Caught by: every fill in a shape whose K is no multiple of 4.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_gemm_s8 quads = *(const struct bm_gemm_s8 *)args;
    quads.K -= quads.K % 4;
    gemm_s8_naive.run(&quads);
}

BM_MUTANT_OF(gemm_s8_naive);
