/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8_scale_of_wrong_column - gemm_s8 whose epilogue counts columns from the tile, and not from C.
 *
 * Defect: from column 32 on the scales are those of the first columns.
 * Caught by: every fill but the constant one, in shapes with more than 32 columns.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_gemm_s8 *g = args;
    enum { TILE = 32 };
    for (size_t j = 0; j < g->N; j += TILE) {
        struct bm_gemm_s8 tile = *g;
        tile.N = g->N - j < TILE ? g->N - j : TILE;
        tile.B += j * (g->tb ? g->ldb : 1);
        tile.C += j;
        tile.bias = g->bias ? g->bias + j : NULL;
        gemm_s8_naive.run(&tile);
    }
}

BM_MUTANT_OF(gemm_s8_naive);
