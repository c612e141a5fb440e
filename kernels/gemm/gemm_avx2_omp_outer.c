/* SPDX-License-Identifier: MIT */
/*
 * gemm_avx2_omp_outer - product with a short K in AVX2 on several threads: a sum of outer products.
 *
 * C = epilogue(alpha op(A) op(B) + beta C).
 *
 * Source:  Dongarra, Du Croz, Hammarling & Hanson, "An Extended Set of FORTRAN Basic Linear Algebra Subprograms", ACM TOMS
 *          14(1), 1988: ger.
 * Shapes:  up to 8 steps of K.
 * Traffic: C once; B from a near cache for each four rows of C.
 * Idea:    as the serial file, with some rows of C for each thread; the same bits for every number of threads.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    the last vector of a row is masked; rows beyond a multiple of four go alone.
 * Loses:   as the serial file; a small C, for which no team is started.
 */
#include "gemm_outer.h"

BM_KERNEL(.idea = "short K: rows of C are written from end to end, some by each thread",
          .source = "Dongarra et al., TOMS 1988",
          .loses = "a longer K; a small C",
          .refuses = gemm_outer_refuses,
          .scratch_bytes = gemm_outer_scratch_bytes,
          .run = gemm_outer_run);
