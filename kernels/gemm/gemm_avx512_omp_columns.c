/* SPDX-License-Identifier: MIT */
/*
 * gemm_avx512_omp_columns - product of few columns in AVX-512 on several threads: C is computed by its transpose.
 *
 * C = epilogue(alpha op(A) op(B) + beta C).
 *
 * Source:  C^T = op(B)^T op(A)^T; tiles in registers as in Goto & van de Geijn, ACM TOMS 34(3), 2008.
 * Shapes:  up to 64 columns of C with A transposed, else up to 16.
 * Traffic: A once for 12 columns of C (not transposed: for all); B from L1; C twice, once in a near cache.
 * Idea:    as the serial file, with some rows of C for each thread; the same bits for every number of threads.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    the last vector of rows of C takes parts of a vector or a mask; columns are stored by masks.
 * Loses:   as the serial file; few rows, of which a thread takes 16 at least.
 */
#define BM_IDEAS (IDEA_AHEAD | IDEA_LATE | IDEA_WIDE | IDEA_EVEN | IDEA_STRIPS | IDEA_PARTS | IDEA_EPILOGUE)
#include "gemm_columns.h"

BM_KERNEL(.idea = "few columns: C is computed by its transpose, rows shared by all threads",
          .source = "Goto & van de Geijn, TOMS 2008, on the transposed product",
          .loses = "C a vector wide or wider; few rows, of which a thread takes 16 at least",
          .refuses = gemm_columns_refuses,
          .scratch_bytes = gemm_columns_scratch_bytes,
          .run = gemm_columns_run);
