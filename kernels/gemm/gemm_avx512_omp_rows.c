/* SPDX-License-Identifier: MIT */
/*
 * gemm_avx512_omp_rows - product of few rows in AVX-512: B is read once, as it lies, on several threads.
 *
 * C = epilogue(alpha op(A) op(B) + beta C).
 *
 * Source:  Lawson, Hanson, Kincaid & Krogh, "Basic Linear Algebra Subprograms for Fortran Usage", ACM TOMS 5(3), 1979:
 *          axpy and dot; Dongarra, Du Croz, Hammarling & Hanson, "An Extended Set of FORTRAN Basic Linear Algebra
 *          Subprograms", ACM TOMS 14(1), 1988: gemv by blocks of them.
 * Shapes:  up to 16 rows of C.
 * Traffic: B once; A once from L1; C once.
 * Idea:    as the serial file, with a part of the columns for each thread; the same bits for every number of threads.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    the last vector of a row is masked; rows of B beyond a multiple of eight are added one by one.
 * Loses:   B in L1 or L2 with several rows of C, where a tile of C in registers needs fewer loads; few columns, of which a thread takes 16 at least.
 */
#include "gemm_rows.h"

BM_KERNEL(.idea = "few rows: B is read once, along its rows, eight at a time, on all threads",
          .source = "Lawson et al., TOMS 1979; Dongarra et al., TOMS 1988",
          .loses = "B in a near cache with several rows of C; few columns, of which a thread takes 16 at least",
          .refuses = gemm_rows_refuses,
          .scratch_bytes = gemm_rows_scratch_bytes,
          .run = gemm_rows_run);
