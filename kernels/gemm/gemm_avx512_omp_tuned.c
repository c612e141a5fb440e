/* SPDX-License-Identifier: MIT */
/*
 * gemm_avx512_omp_tuned - blocked product with register tiles of up to 14 x 32 in AVX-512, on several threads.
 *
 * C = epilogue(alpha op(A) op(B) + beta C); sums over blocks of K of at most GEMM_KC steps, added in C.
 *
 * Source:  Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008;
 *          Van Zee & van de Geijn, "BLIS: A Framework for Rapidly Instantiating BLAS Functionality", TOMS 41(3), 2015.
 * Shapes:  all.
 * Traffic: C once per GEMM_KC steps of K; B once a block of rows, from a packed copy after the first;
 *          A once a block of columns. At least 2 M N K / (2 MR) loads of B and / (2 NR) broadcasts of A.
 * Idea:    as the serial file, with a tile of C for each thread. Threads of a cache that have the same columns share one
 *          copy of B. The same bits for every number of threads.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    rows have microkernels of their own, 1 to 14; the last columns are masked.
 * Loses:   where the serial file does; on many threads and small tiles each packs the same rows of A again.
 */
#define BM_IDEAS (IDEA_BLOCKS | IDEA_PACK | IDEA_COPY | IDEA_PANEL | IDEA_AHEAD | IDEA_LATE | IDEA_WIDE | IDEA_EVEN | \
                  IDEA_EPILOGUE)
#include "gemm_tall.h"

BM_KERNEL(.idea = "gemm_avx512_tuned with a tile of C for each thread",
          .source = "Goto & van de Geijn, TOMS 2008; Van Zee & van de Geijn, TOMS 2015",
          .loses = "where gemm_avx512_tuned does; on many threads with small tiles, which pack the same rows of A",
          .scratch_bytes = gemm_tuned_scratch_bytes,
          .run = gemm_tuned_run);
