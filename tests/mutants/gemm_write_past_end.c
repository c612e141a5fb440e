/* SPDX-License-Identifier: MIT */
/*
 * gemm_write_past_end - gemm that stores whole vectors only.
 *
 * Defect: the last row's store is rounded up to 8 columns, with zeros past the end.
 * Caught by: the guard zone behind C, in a shape whose N is no multiple of 8.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_gemm *g = args;
    gemm_naive.run(args);
    for (size_t j = g->N; g->M > 0 && j % 8 != 0; j++)
        g->C[(g->M - 1) * g->ldc + j] = 0;
}

BM_MUTANT_OF(gemm_naive);
