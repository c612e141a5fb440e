/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8_avx512vnni_omp_tuned - blocked product with register tiles of up to 14 x 32, four k at a time by VPDPBUSD, on several
 * threads.
 *
 * C = act(scale (op(A) op(B)) + bias); sums in s32 over blocks of K of at most GEMM_DOT_STEPS quads, kept in C as integers
 * till the last.
 *
 * Source:  Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008; Intel,
 *          "64 and IA-32 Architectures Software Developer's Manual", VPDPBUSD.
 * Shapes:  all.
 * Traffic: C once per GEMM_DOT_STEPS quads of K (GEMM_DOT_FEW_STEPS of few rows); B once, its packed copy once a block of
 *          rows; A once per block of columns. At least M N K / (4 MR) loads of B and / NR broadcasts of A, each of four k.
 * Idea:    as the serial file, with a tile of C and buffers of its own for each thread: no barrier, and the same bits for every
 *          number of threads, since the sums are exact.
 * Error:   that of the epilogue, one rounding less by FMA: the sums are exact.
 * Tail:    rows have microkernels of their own, 1 to 14; the last columns are masked; what the last quad lacks is 0.
 * Loses:   where the serial file does; on many threads and small tiles each packs the same panels again.
 */
#include "gemm_dot_s8.h"
#include "gemm_dot_blocked.h"

BM_KERNEL(.idea = "gemm_s8_avx512vnni_tuned with a tile of C for each thread",
          .source = "Goto & van de Geijn, TOMS 2008; Intel SDM, VPDPBUSD",
          .loses = "where gemm_s8_avx512vnni_tuned does; on many threads with small tiles, each of which packs for itself",
          .scratch_bytes = gemm_dot_blocked_scratch_bytes,
          .run = gemm_dot_blocked_run);
