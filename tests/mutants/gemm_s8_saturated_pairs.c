/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8_saturated_pairs - gemm_s8 by VPMADDUBSW.
 *
 * Defect: the sum of each two products is saturated to 16 bits.
 * Caught by: offset, extreme, and random in most shapes: 255 * 127 * 2 is twice what fits.
 */
#include "mutant.h"

static int32_t a_at(const struct bm_gemm_s8 *g, size_t i, size_t k) { return g->A[g->ta ? k * g->lda + i : i * g->lda + k]; }
static int32_t b_at(const struct bm_gemm_s8 *g, size_t k, size_t j) { return g->B[g->tb ? j * g->ldb + k : k * g->ldb + j]; }

static void run(const void *args)
{
    const struct bm_gemm_s8 *g = args;
    for (size_t i = 0; i < g->M; i++)
        for (size_t j = 0; j < g->N; j++) {
            int32_t sum = 0;
            for (size_t k = 0; k < g->K; k += 2) {
                const int32_t pair = a_at(g, i, k) * b_at(g, k, j) + (k + 1 < g->K ? a_at(g, i, k + 1) * b_at(g, k + 1, j) : 0);
                sum += pair > INT16_MAX ? INT16_MAX : pair < INT16_MIN ? INT16_MIN : pair;
            }
            const float v = g->scale[j] * (float)sum + (g->bias ? g->bias[j] : 0);
            const bool act = g->epilogue == BM_EPILOGUE_BIAS_RELU;
            g->C[i * g->ldc + j] = !act || v > 0 || isnan(v) ? v : g->slope == 0 ? 0 : g->slope * v;
        }
}

BM_MUTANT(.run = run);
