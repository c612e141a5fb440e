/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8_autovec_omp - the textbook loop on integers of 8 bits, the compiler let loose, on several threads.
 *
 * C = act(scale (op(A) op(B)) + bias); a row's sums, some columns at a time: s += a_k b_k, in the order k-j, in s32.
 *
 * Source:  Golub & Van Loan, "Matrix Computations", 4th ed., section 1.1.11 (the row-oriented "saxpy" form).
 * Shapes:  all.
 * Traffic: A once per STRIP columns, B M times, from whatever cache holds them; C once.
 * Idea:    a strip of a row of C at a time, any thread's; the sums are exact, so the bits do not depend on the threads.
 * Error:   that of the epilogue: the sums are exact.
 * Tail:    the compiler's scalar remainder.
 * Loses:   to every blocked kernel, which multiplies 8 bits and not 32; with tb B has no unit stride and stays scalar.
 */
#include "gemm_s8_plain.h"
#include "kernel.h"

enum { STRIP = 1024 }; /* columns of C that a thread takes at once */

/* Row i of C, `columns` of it from column `first` on. */
static void row(const struct bm_gemm_s8 *g, size_t i, size_t first, size_t columns)
{
    const size_t a_row = g->ta ? 1 : g->lda, a_col = g->ta ? g->lda : 1;
    const size_t b_row = g->tb ? 1 : g->ldb, b_col = g->tb ? g->ldb : 1;
    int32_t sum[STRIP];
    for (size_t j = 0; j < columns; j++)
        sum[j] = 0;
    for (size_t k = 0; k < g->K; k++) {
        const int32_t a = g->A[i * a_row + k * a_col];
        const int8_t *restrict b = g->B + k * b_row + first * b_col;
        for (size_t j = 0; j < columns; j++)
            sum[j] += a * b[j * b_col];
    }
    gemm_s8_finish(g, g->C + i * g->ldc + first, first, columns, sum);
}

static void run(const void *args)
{
    const struct bm_gemm_s8 *g = args;
    const int team = gemm_team(g->M, g->N, g->K, g->threads, 5e4); /* 10 us of one thread */
#pragma omp parallel for collapse(2) num_threads(team)
    for (size_t i = 0; i < g->M; i++)
        for (size_t j = 0; j < g->N; j += STRIP)
            row(g, i, j, gemm_least(STRIP, g->N - j));
}

BM_KERNEL(.idea = "the textbook i-k-j loop, vectorised by the compiler, strips of C's rows on all threads",
          .source = "Golub & Van Loan, Matrix Computations, section 1.1.11",
          .loses = "to every blocked kernel; with tb it stays scalar",
          .run = run);
