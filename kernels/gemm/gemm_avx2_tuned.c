/* SPDX-License-Identifier: MIT */
/*
 * gemm_avx2_tuned - blocked product with register tiles of up to 6 x 16 in AVX2.
 *
 * C = epilogue(alpha op(A) op(B) + beta C); sums over blocks of K of at most GEMM_KC steps, added in C.
 *
 * Source:  Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008;
 *          Van Zee & van de Geijn, "BLIS: A Framework for Rapidly Instantiating BLAS Functionality", TOMS 41(3), 2015.
 * Shapes:  all.
 * Traffic: C once per GEMM_KC steps of K; B once a block of rows, from a packed copy after the first;
 *          A once a block of columns. At least 2 M N K / (2 MR) loads of B and / (2 NR) broadcasts of A.
 * Idea:    B row-major is packed by the first row panel that reads it, in idle store slots; A is packed
 *          only for many columns.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    rows have microkernels of their own, 1 to 6; the last columns are masked.
 * Loses:   NT with few rows (the transposition of B is used little); N much less than a vector; K of a few steps.
 */
#define BM_IDEAS (IDEA_BLOCKS | IDEA_PACK | IDEA_COPY | IDEA_PANEL | IDEA_AHEAD | IDEA_LATE | IDEA_WIDE | IDEA_EVEN | \
                  IDEA_EPILOGUE)
#include "gemm_tall.h"

BM_KERNEL(.idea = "6 x 16 tiles of C in registers, cache blocks of packed A, B packed by its first use",
          .source = "Goto & van de Geijn, TOMS 2008; Van Zee & van de Geijn, TOMS 2015",
          .loses = "NT with few rows, where packing B is used little; N much less than a vector",
          .scratch_bytes = gemm_tuned_scratch_bytes,
          .run = gemm_tuned_run);
