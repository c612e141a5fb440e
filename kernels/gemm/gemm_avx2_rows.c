/* SPDX-License-Identifier: MIT */
/*
 * gemm_avx2_rows - product of few rows in AVX2: B is read once, as it lies.
 *
 * C = epilogue(alpha op(A) op(B) + beta C).
 *
 * Source:  Lawson, Hanson, Kincaid & Krogh, "Basic Linear Algebra Subprograms for Fortran Usage", ACM TOMS 5(3), 1979:
 *          axpy and dot; Dongarra, Du Croz, Hammarling & Hanson, "An Extended Set of FORTRAN Basic Linear Algebra
 *          Subprograms", ACM TOMS 14(1), 1988: gemv by blocks of them.
 * Shapes:  up to 16 rows of C.
 * Traffic: B once; A once from L1; C once.
 * Idea:    rows of B are long and follow each other: eight at a time they are added to the sums of C, which stay near, or four
 *          at a time multiplied with up to three rows of A, whose sums are in registers.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    the last vector of a row is masked; rows of B beyond a multiple of eight are added one by one.
 * Loses:   B in L1 or L2 with several rows of C, where a tile of C in registers needs fewer loads.
 */
#include "gemm_rows.h"

BM_KERNEL(.idea = "few rows: B is read once, along its rows, eight at a time",
          .source = "Lawson et al., TOMS 1979; Dongarra et al., TOMS 1988",
          .loses = "B in a near cache with several rows of C",
          .refuses = gemm_rows_refuses,
          .scratch_bytes = gemm_rows_scratch_bytes,
          .run = gemm_rows_run);
