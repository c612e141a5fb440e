/*
 * gemm_bf16_autovec_omp - the textbook loop on bf16 inputs, the compiler let loose, on several threads.
 *
 * C = alpha op(A) op(B) + beta C, row i: c_i = beta c_i + sum_k (alpha a_ik) b_k, in the order i-k-j, in f32.
 *
 * Source:  Golub & Van Loan, "Matrix Computations", 4th ed., section 1.1.11 (the row-oriented "saxpy" form).
 * Shapes:  all.
 * Traffic: A once, C's row 2 K times, B M times, from whatever cache holds them.
 * Idea:    a tile of C for each thread (gemm_grid.h); K is not divided, so the bits do not depend on the threads.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|; no FMA, so products of tiny values lose a subnormal step each.
 * Tail:    the compiler's scalar remainder.
 * Loses:   to every blocked variant; with tb B has no unit stride and stays scalar.
 */
#include "gemm_bf16_loop.h"

BM_KERNEL(.idea = "the textbook i-k-j loop, vectorised by the compiler, a tile of C for each thread",
          .source = "Golub & Van Loan, Matrix Computations, section 1.1.11",
          .loses = "to every blocked variant; with tb it stays scalar",
          .run = gemm_bf16_loop_run);
