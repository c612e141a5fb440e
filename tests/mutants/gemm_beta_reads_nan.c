/* SPDX-License-Identifier: MIT */
/*
 * gemm_beta_reads_nan - gemm that multiplies C by 0.
 *
 * Defect: with beta = 0, C is still read: NaN and infinity stay what they were.
 * Caught by: every fill in a shape with beta = 0, C being poisoned.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_gemm g = *(const struct bm_gemm *)args;
    for (size_t i = 0; i < g.M; i++)
        for (size_t j = 0; j < g.N; j++)
            g.C[i * g.ldc + j] *= g.beta;
    g.beta = 1;
    gemm_naive.run(&g);
}

BM_MUTANT_OF(gemm_naive);
