/* SPDX-License-Identifier: MIT */
/*
 * gemm_neon_omp_direct - product without any copy, register tiles of up to 12 x 8 in NEON, on several threads.
 *
 * C = epilogue(alpha op(A) B + beta C); sums over blocks of K of at most GEMM_DIRECT_KC steps, added in C.
 *
 * Source:  Frison, Kouzoupis, Sartor, Zanelli & Diehl, "BLASFEO: Basic Linear Algebra Subroutines for Embedded
 *          Optimization", ACM TOMS 44(4), 2018, section 2: small matrices do not repay packing.
 * Shapes:  B not transposed.
 * Traffic: C once per GEMM_DIRECT_KC steps of K; A once; B once per 12 rows, from wherever it lies.
 * Idea:    A and B are read in place: no stores but those of C, no scratch unless for BN statistics.
 *          Each thread has a tile of C, and K is not divided: the same bits for every number of threads.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    rows have microkernels of their own, 1 to 12; the last columns are taken lane by lane.
 * Loses:   to gemm_neon_omp_tuned when B is larger than the L2 cache and A has many rows, and when rows of
 *          A or B lie a multiple of 4 KiB apart; B transposed is refused.
 */
#define BM_IDEAS (IDEA_AHEAD | IDEA_LATE | IDEA_WIDE | IDEA_EVEN | IDEA_STRIPS | IDEA_EPILOGUE)
#include "gemm_direct.h"

BM_KERNEL(.idea = "12 x 8 tiles of C in registers, A and B read in place, a tile of C for each thread",
          .source = "Frison, Kouzoupis, Sartor, Zanelli & Diehl, TOMS 2018",
          .loses = "B larger than the L2 cache with many rows; rows of A or B a multiple of 4 KiB apart",
          .refuses = gemm_direct_refuses,
          .scratch_bytes = gemm_direct_scratch_bytes,
          .run = gemm_direct_run);
