/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_autovec_omp - the textbook loop on bf16 inputs, the compiler let loose, on several threads.
 *
 * C = epilogue(alpha op(A) op(B) + beta C), row i: c_i = beta c_i + sum_k (alpha a_ik) b_k, in the order i-k-j, in f32.
 *
 * Source:  Golub & Van Loan, "Matrix Computations", 4th ed., section 1.1.11 (the row-oriented "saxpy" form).
 * Shapes:  all.
 * Traffic: A once, C's row 2 K times, B M times, from whatever cache holds them; for a C in bf16 one in f32, and statistics
 *          read that twice.
 * Idea:    a strip of a row of C at a time, any thread's; K is not divided, so the bits do not depend on the threads.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|; no FMA, so products of tiny values lose a subnormal step each.
 * Tail:    the compiler's scalar remainder.
 * Loses:   to every blocked kernel; with tb B has no unit stride and stays scalar.
 */
#include "bf16.h"
#include "gemm.h"
#include "gemm_bf16_plain.h"
#include "kernel.h"

enum { STRIP = 1024, SUMS = 32 }; /* columns of C that a thread takes at once, and of its statistics */

/* Row i of C, in f32, from column `first` on. */
static void row(const struct bm_gemm_bf16 *g, size_t i, size_t first, size_t columns)
{
    const size_t K = g->alpha == 0 ? 0 : g->K;
    const size_t a_row = g->ta ? 1 : g->lda, a_col = g->ta ? g->lda : 1;
    const size_t b_row = g->tb ? 1 : g->ldb, b_col = g->tb ? g->ldb : 1;
    float *restrict c = g->C + i * g->ldc + first;
    for (size_t j = 0; j < columns; j++)
        c[j] = g->beta == 0 ? 0 : g->beta * c[j];
    for (size_t k = 0; k < K; k++) {
        const float a = g->alpha * bm_bf16_value(g->A[i * a_row + k * a_col]);
        const uint16_t *restrict b = g->B + k * b_row + first * b_col;
        for (size_t j = 0; j < columns; j++)
            c[j] += a * bm_bf16_value(b[j * b_col]);
    }
    if (!bm_epilogue_bias(g->epilogue))
        return;
    const float *restrict bias = g->bias + first;
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
    const int team = gemm_team(g->M, g->N, g->K, g->threads, 5e4); /* 10 us of one thread */
#pragma omp parallel num_threads(team)
    {
#pragma omp for collapse(2)
        for (size_t i = 0; i < g->M; i++)
            for (size_t j = 0; j < g->N; j += STRIP)
                row(&f, i, j, gemm_least(STRIP, g->N - j));
#pragma omp for nowait
        for (size_t i = 0; i < g->M; i++)
            gemm_bf16_round_row(g, &f, i);
#pragma omp for
        for (size_t j = 0; j < g->N; j += SUMS)
            gemm_bf16_statistics(&f, j, gemm_least(j + SUMS, g->N));
    }
}

BM_KERNEL(.idea = "the textbook i-k-j loop, vectorised by the compiler, strips of C's rows on all threads",
          .source = "Golub & Van Loan, Matrix Computations, section 1.1.11",
          .loses = "to every blocked kernel; with tb it stays scalar",
          .scratch_bytes = scratch_bytes,
          .run = run);
