/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_naive - the textbook loop on bf16 inputs, vectorisation off.
 *
 * C = epilogue(alpha op(A) op(B) + beta C), row i: c_i = beta c_i + sum_k (alpha a_ik) b_k, in the order i-k-j, in f32.
 *
 * Source:  Golub & Van Loan, "Matrix Computations", 4th ed., section 1.1.11 (the row-oriented "saxpy" form).
 * Shapes:  all.
 * Traffic: A once, C's row 2 K times, B M times, from whatever cache holds them; for a C in bf16 one in f32, and statistics
 *          read that twice.
 * Idea:    none: what the formula says, and the yardstick of all others.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|; no FMA, so products of tiny values lose a subnormal step each.
 * Tail:    none.
 * Loses:   always; most of all with tb, whose inner loop walks down a column of B.
 */
#include "bf16.h"
#include "gemm.h"
#include "gemm_bf16_plain.h"
#include "kernel.h"

/* Row i of C, in f32. */
static void row(const struct bm_gemm_bf16 *g, size_t i)
{
    const size_t columns = g->N, K = g->alpha == 0 || columns == 0 ? 0 : g->K;
    const size_t a_row = g->ta ? 1 : g->lda, a_col = g->ta ? g->lda : 1;
    const size_t b_row = g->tb ? 1 : g->ldb, b_col = g->tb ? g->ldb : 1;
    float *restrict c = g->C + i * g->ldc;
    for (size_t j = 0; j < columns; j++)
        c[j] = g->beta == 0 ? 0 : g->beta * c[j];
    for (size_t k = 0; k < K; k++) {
        const float a = g->alpha * bm_bf16_value(g->A[i * a_row + k * a_col]);
        const uint16_t *restrict b = g->B + k * b_row;
        for (size_t j = 0; j < columns; j++)
            c[j] += a * bm_bf16_value(b[j * b_col]);
    }
    if (!bm_epilogue_bias(g->epilogue))
        return;
    const float *restrict bias = g->bias;
    for (size_t j = 0; j < columns; j++)
        c[j] += bias[j];
    if (g->epilogue == BM_EPILOGUE_BIAS_RELU)
        for (size_t j = 0; j < columns; j++)
            c[j] = c[j] > 0 || c[j] != c[j] ? c[j] : g->slope == 0 ? 0 : g->slope * c[j];
}

static size_t scratch_bytes(const void *args) { return gemm_bf16_c_bytes(args); }

static void run(const void *args)
{
    const struct bm_gemm_bf16 *g = args, f = gemm_bf16_with_c(g);
    for (size_t i = 0; i < g->M; i++) {
        row(&f, i);
        gemm_bf16_round_row(g, &f, i);
    }
    gemm_bf16_statistics(&f, 0, g->N);
}

BM_KERNEL(.idea = "the textbook i-k-j loop, one element at a time",
          .source = "Golub & Van Loan, Matrix Computations, section 1.1.11",
          .loses = "always",
          .scratch_bytes = scratch_bytes,
          .run = run);
