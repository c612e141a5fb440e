/* SPDX-License-Identifier: MIT */
/*
 * gemm_registers.h - lists for the preprocessor, of what a tile of C keeps in registers: the microkernels of gemm,
 * gemm_bf16 and gemm_s8 are written once for all numbers of rows and vectors, and what a tile has not got goes with constant
 * conditions. Accumulators have names, not indices: gcc 12 keeps an array of vectors in memory when the loop over it is
 * unrolled late.
 */
#ifndef BATCHMARK_GEMM_REGISTERS_H
#define BATCHMARK_GEMM_REGISTERS_H

/* Rows of a tile. With 2 vectors a row there is room for GEMM_MR rows: GEMM_MR * 2 accumulators, 2 of B and 1 of A in
 * 32 (AVX-512, NEON) or 16 registers. Up to GEMM_WIDE_MR rows, 4 vectors keep enough independent sums to hide the latency of
 * an FMA. */
#define GEMM_UP_TO_2(X, ...) X(1, __VA_ARGS__) X(2, __VA_ARGS__)
#define GEMM_UP_TO_6(X, ...)                                                                                        \
    GEMM_UP_TO_2(X, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__) X(5, __VA_ARGS__) X(6, __VA_ARGS__)
#define GEMM_UP_TO_14(X, ...)                                                                                       \
    GEMM_UP_TO_6(X, __VA_ARGS__) X(7, __VA_ARGS__) X(8, __VA_ARGS__) X(9, __VA_ARGS__) X(10, __VA_ARGS__)           \
    X(11, __VA_ARGS__) X(12, __VA_ARGS__) X(13, __VA_ARGS__) X(14, __VA_ARGS__)
#if defined(__AVX512F__) || defined(__aarch64__)
#define GEMM_MR 14
#define GEMM_WIDE_MR 6
#define GEMM_EACH_MR GEMM_UP_TO_14
#define GEMM_EACH_WIDE_MR GEMM_UP_TO_6
#else
#define GEMM_MR 6
#define GEMM_WIDE_MR 2
#define GEMM_EACH_MR GEMM_UP_TO_6
#define GEMM_EACH_WIDE_MR GEMM_UP_TO_2
#endif

/* Is a vector so wide that few last columns share it with others? */
#if defined(__aarch64__)
#define GEMM_IN_PARTS 0
#else
#define GEMM_IN_PARTS 1
#endif

/* X(row, its base pointer, its distance from there in lda): three rows share a base, since an x86 address is base +
 * {1, 2} * lda; 14 separate pointers would not fit the registers. */
#define GEMM_EACH_ROW(X)                                                                                            \
    X(0, a0, 0) X(1, a0, 1) X(2, a0, 2) X(3, a3, 0) X(4, a3, 1) X(5, a3, 2) X(6, a6, 0) X(7, a6, 1) X(8, a6, 2)     \
    X(9, a9, 0) X(10, a9, 1) X(11, a9, 2) X(12, a12, 0) X(13, a12, 1)
#define GEMM_EACH_VECTOR(X) X(0) X(1) X(2) X(3)
/* X(row, vector) for all accumulators that a tile can have. */
#define GEMM_IN_ROW(X, i) X(i, 0) X(i, 1) X(i, 2) X(i, 3)
#define GEMM_IN_COLUMN(X, v)                                                                                        \
    X(0, v) X(1, v) X(2, v) X(3, v) X(4, v) X(5, v) X(6, v) X(7, v) X(8, v) X(9, v) X(10, v) X(11, v) X(12, v) X(13, v)
#define GEMM_EACH_SUM(X)                                                                                            \
    GEMM_IN_ROW(X, 0) GEMM_IN_ROW(X, 1) GEMM_IN_ROW(X, 2) GEMM_IN_ROW(X, 3) GEMM_IN_ROW(X, 4) GEMM_IN_ROW(X, 5)     \
    GEMM_IN_ROW(X, 6) GEMM_IN_ROW(X, 7) GEMM_IN_ROW(X, 8) GEMM_IN_ROW(X, 9) GEMM_IN_ROW(X, 10) GEMM_IN_ROW(X, 11)   \
    GEMM_IN_ROW(X, 12) GEMM_IN_ROW(X, 13)

/* The rows of a square of vectors, for its transposition. */
#define GEMM_SIXTEEN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

#endif
