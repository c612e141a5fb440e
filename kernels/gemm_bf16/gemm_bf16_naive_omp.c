/*
 * gemm_bf16_naive_omp - the textbook loop on bf16 inputs, vectorisation off, on several threads.
 *
 * C = alpha op(A) op(B) + beta C, row i: c_i = beta c_i + sum_k (alpha a_ik) b_k, in the order i-k-j, in f32.
 *
 * Source:  Golub & Van Loan, "Matrix Computations", 4th ed., section 1.1.11 (the row-oriented "saxpy" form).
 * Shapes:  all.
 * Traffic: A once, C's row 2 K times, B M times, from whatever cache holds them.
 * Idea:    a tile of C for each thread (gemm_grid.h); K is not divided, so the bits do not depend on the threads.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|; no FMA, so products of tiny values lose a subnormal step each.
 * Tail:    none.
 * Loses:   always, but to gemm_bf16_naive below 1e5 FLOPs, where it uses one thread anyway.
 */
#include "gemm_bf16_loop.h"

BM_KERNEL(.idea = "the textbook i-k-j loop, a tile of C for each thread",
          .source = "Golub & Van Loan, Matrix Computations, section 1.1.11",
          .loses = "always",
          .run = gemm_bf16_loop_run);
