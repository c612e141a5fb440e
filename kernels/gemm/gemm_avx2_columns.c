/* SPDX-License-Identifier: MIT */
/*
 * gemm_avx2_columns - product of few columns in AVX2: C is computed by its transpose.
 *
 * C = epilogue(alpha op(A) op(B) + beta C).
 *
 * Source:  C^T = op(B)^T op(A)^T; tiles in registers as in Goto & van de Geijn, ACM TOMS 34(3), 2008.
 * Shapes:  up to 64 columns of C with A transposed, else up to 16.
 * Traffic: A once for 12 columns of C (not transposed: for all); B from L1; C twice, once in a near cache.
 * Idea:    columns of C fill a part of a vector; rows of its transpose fill whole ones. A transposed goes through the
 *          nest of _direct, else through that of _rows; blocks of 512 rows of C are transposed in registers.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    the last vector of rows of C takes parts of a vector or a mask; columns are stored by masks.
 * Loses:   to tuned from a vector of columns on, and where K is so short that the transposition shows.
 */
#define BM_IDEAS (IDEA_AHEAD | IDEA_LATE | IDEA_WIDE | IDEA_EVEN | IDEA_STRIPS | IDEA_PARTS | IDEA_EPILOGUE)
#include "gemm_columns.h"

BM_KERNEL(.idea = "few columns: C is computed by its transpose",
          .source = "Goto & van de Geijn, TOMS 2008, on the transposed product",
          .loses = "C a vector wide or wider; very short K",
          .refuses = gemm_columns_refuses,
          .scratch_bytes = gemm_columns_scratch_bytes,
          .run = gemm_columns_run);
