/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_avx512bf16_tuned - blocked product with register tiles of up to 14 x 32, two k at a time by VDPBF16PS.
 *
 * C = epilogue(alpha op(A) op(B) + beta C); sums in f32 over blocks of K of at most GEMM_DOT_STEPS pairs, added in C, or in
 * scratch where C is bf16. Bias, activation, statistics and rounding are in registers, after the last block.
 *
 * Source:  Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008; Intel,
 *          "64 and IA-32 Architectures Software Developer's Manual", VDPBF16PS.
 * Shapes:  all.
 * Traffic: C, or its sums, once per GEMM_DOT_STEPS pairs of K; B once, its packed copy once a block of rows; A once per
 *          block of columns. At least M N K / (2 MR) loads of B and / NR broadcasts of A, each of two k.
 * Idea:    twice the FLOPs of an FMA in each instruction; B is packed as interleaved pairs of k just before its first
 *          use, a row-major A, whose pairs lie side by side, is read in place.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj| + (2K + 4) 2^-126 max(1, |alpha|): subnormal results are flushed to zero,
 *          and so are subnormal elements of A and B.
 * Tail:    rows have microkernels of their own, 1 to 14; the last columns are masked; an odd last k is paired with 0.
 * Loses:   few rows, where packing B is used little; K of a few steps; where 8 bits of fraction are too few.
 */
#include "gemm_dot_bf16.h"
#include "gemm_dot_blocked.h"

BM_KERNEL(.idea = "14 x 32 tiles of C in registers, two k an instruction, B packed as pairs just before its first use",
          .source = "Goto & van de Geijn, TOMS 2008; Intel SDM, VDPBF16PS",
          .loses = "few rows, where packing B is used little; where 8 bits of fraction are too few",
          .scratch_bytes = gemm_dot_blocked_scratch_bytes,
          .run = gemm_dot_blocked_run);
