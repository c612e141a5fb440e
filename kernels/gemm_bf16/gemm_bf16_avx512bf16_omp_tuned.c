/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_avx512bf16_omp_tuned - blocked product with register tiles of up to 14 x 32 by VDPBF16PS, on several threads.
 *
 * C = epilogue(alpha op(A) op(B) + beta C); sums in f32 over blocks of K of at most GEMM_DOT_STEPS pairs, added in C, or in
 * scratch where C is bf16. Bias, activation, statistics and rounding are in registers, after the last block.
 *
 * Source:  Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008; Intel,
 *          "64 and IA-32 Architectures Software Developer's Manual", VDPBF16PS.
 * Shapes:  all.
 * Traffic: C, or its sums, once per GEMM_DOT_STEPS pairs of K; B once, its packed copy once a block of rows; A once per
 *          block of columns. At least M N K / (2 MR) loads of B and / NR broadcasts of A, each of two k.
 * Idea:    as the serial file, with a tile of C and buffers of its own for each thread: no barrier, and the same bits
 *          for every number of threads, since K is not divided.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj| + (2K + 4) 2^-126 max(1, |alpha|): subnormal results are flushed to zero,
 *          and so are subnormal elements of A and B.
 * Tail:    rows have microkernels of their own, 1 to 14; the last columns are masked; an odd last k is paired with 0.
 * Loses:   where the serial file does; on many threads and small tiles each packs the same panels again.
 */
#include "gemm_dot_bf16.h"
#include "gemm_dot_blocked.h"

BM_KERNEL(.idea = "gemm_bf16_avx512bf16_tuned with a tile of C for each thread",
          .source = "Goto & van de Geijn, TOMS 2008; Intel SDM, VDPBF16PS",
          .loses = "where gemm_bf16_avx512bf16_tuned does; on many threads with small tiles, each of which packs for itself",
          .scratch_bytes = gemm_dot_blocked_scratch_bytes,
          .run = gemm_dot_blocked_run);
