/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8_avx512vnni_tuned - blocked product with register tiles of up to 14 x 32, four k at a time by VPDPBUSD.
 *
 * C = act(scale (op(A) op(B)) + bias); sums in s32 over blocks of K of at most GEMM_DOT_STEPS quads, kept in C as integers
 * till the last.
 *
 * Source:  Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008; Intel,
 *          "64 and IA-32 Architectures Software Developer's Manual", VPDPBUSD.
 * Shapes:  all.
 * Traffic: C once per GEMM_DOT_STEPS quads of K (GEMM_DOT_FEW_STEPS of few rows); B once, its packed copy once a block of
 *          rows; A once per block of columns. At least M N K / (4 MR) loads of B and / NR broadcasts of A, each of four k.
 * Idea:    four times the products of an FMA in each instruction: the engine of gemm_bf16, whose groups of 32 bits hold four
 *          k here. B is packed as quads of k just before its first use, a row-major A, whose quads lie side by side, is read
 *          in place. Scale, bias and activation are applied to a tile in registers.
 * Error:   that of the epilogue, one rounding less by FMA: the sums are exact.
 * Tail:    rows have microkernels of their own, 1 to 14; the last columns are masked; what the last quad lacks is 0.
 * Loses:   few rows, where packing B is used little; K of a few steps.
 */
#include "gemm_dot_s8.h"
#include "gemm_dot_blocked.h"

BM_KERNEL(.idea = "14 x 32 tiles of C in registers, four k an instruction, B packed as quads just before its first use",
          .source = "Goto & van de Geijn, TOMS 2008; Intel SDM, VPDPBUSD",
          .loses = "few rows, where packing B is used little",
          .scratch_bytes = gemm_dot_blocked_scratch_bytes,
          .run = gemm_dot_blocked_run);
