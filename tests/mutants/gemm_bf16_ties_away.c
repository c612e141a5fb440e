/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_ties_away - gemm_bf16 that rounds ties of C away from zero.
 *
 * Defect: half a step of the last place is always added before the lower half is cut off.
 * Caught by: the exact fill, whose sums beyond 256 have ties.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_gemm_bf16 *g = args;
    gemm_bf16_naive.run(g);
    for (size_t i = 0; g->result == BM_RESULT_BF16 && i < g->M; i++)
        for (size_t j = 0; j < g->N; j++) {
            uint32_t bits;
            memcpy(&bits, (const float *)g->scratch + i * g->N + j, sizeof bits); /* the naive kernel's C in f32 */
            if ((bits & 0xffff) == 0x8000 && (bits & 0x7f800000) != 0x7f800000)
                g->C16[i * g->ldc + j] = (uint16_t)((bits + 0x8000) >> 16);
        }
}

BM_MUTANT_OF(gemm_bf16_naive);
