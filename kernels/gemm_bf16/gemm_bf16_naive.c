/*
 * gemm_bf16_naive - the textbook loop on bf16 inputs, vectorisation off.
 *
 * C = alpha op(A) op(B) + beta C, row i: c_i = beta c_i + sum_k (alpha a_ik) b_k, in the order i-k-j, in f32.
 *
 * Source:  Golub & Van Loan, "Matrix Computations", 4th ed., section 1.1.11 (the row-oriented "saxpy" form).
 * Shapes:  all.
 * Traffic: A once, C's row 2 K times, B M times, from whatever cache holds them.
 * Idea:    none: what the formula says, and the yardstick of all others.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|; no FMA, so products of tiny values lose a subnormal step each.
 * Tail:    none.
 * Loses:   always; most of all with tb, whose inner loop walks down a column of B.
 */
#include "gemm_bf16_loop.h"

BM_KERNEL(.idea = "the textbook i-k-j loop, one element at a time",
          .source = "Golub & Van Loan, Matrix Computations, section 1.1.11",
          .loses = "always",
          .run = gemm_bf16_loop_run);
