/* SPDX-License-Identifier: MIT */
/*
 * gemm.h - matrix product with an epilogue, row-major.
 *
 *   C = epilogue(alpha * op(A) * op(B) + beta * C)
 *
 * op(A) is M x K: A itself (lda >= K) or, with ta, the transpose of the K x M array A (lda >= M).
 * op(B) is K x N: B itself (ldb >= N) or, with tb, the transpose of the N x K array B (ldb >= K).
 * C is M x N, ldc >= N. With beta = 0, C is written without being read (NaN in C does not matter); with alpha = 0 or
 * K = 0, A and B are not read (BLAS).
 *
 * Epilogues:
 *   none
 *   bias                  c_ij + bias_j
 *   bias and activation   act(c_ij + bias_j), act(v) = v > 0 ? v : slope * v (slope 0: ReLU, exactly 0 unless v is NaN)
 *   BN statistics, with a bias or without: C as ever, and besides, of the final elements, so that bn_forward need not
 *   read C for them,
 *                         mean_j = sum_i c_ij / M        var_j = sum_i (c_ij - mean_j)^2 / M
 *
 * The three products of a dense layer y = x W + b (x: batch x in, W: in x out) are
 *   forward NN (M, N, K) = (batch, out, in), input gradient dx = dy W^T NT (batch, in, out), and
 *   weight gradient dW = x^T dy TN (in, out, batch).
 *
 * Error, for any order of summation (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., section 3.1),
 * with u = 2^-24:
 *   |got - want| <= max(1, |slope|) ((K + 4) u (sum_k |alpha a_ik b_kj| + |beta c_ij|) + 4u |bias_j|)
 * That holds while max(1, |slope|) (max(1, |alpha|) ||a_i|| ||b_j|| + |beta c_ij| + |bias_j|) < 2^128, with the norms of row
 * i of op(A) and column j of op(B): beyond it a sum may overflow on the way. Subnormal elements count as they are.
 * BN statistics err as bn.h says of any, in the same range, about the elements of C as they came out: kernels/gemm/gemm.c.
 */
#ifndef BATCHMARK_GEMM_H
#define BATCHMARK_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bm_epilogue {
    BM_EPILOGUE_NONE,
    BM_EPILOGUE_BIAS,
    BM_EPILOGUE_BIAS_RELU,
    BM_EPILOGUE_BN_STATS,
    BM_EPILOGUE_BIAS_BN_STATS,
    BM_EPILOGUES
};
static inline bool bm_epilogue_bias(enum bm_epilogue e)
{
    return e == BM_EPILOGUE_BIAS || e == BM_EPILOGUE_BIAS_RELU || e == BM_EPILOGUE_BIAS_BN_STATS;
}
static inline bool bm_epilogue_stats(enum bm_epilogue e) { return e >= BM_EPILOGUE_BN_STATS; }

struct bm_gemm {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t M, N, K;
    bool ta, tb;
    float alpha, beta;
    const float *A;
    size_t lda;
    const float *B;
    size_t ldb;
    float *C;
    size_t ldc;
    enum bm_epilogue epilogue;
    const float *bias; /* N; NULL without a bias */
    float slope;
    float *mean, *var; /* N each, out; NULL without BN statistics */
};

/*
 * C = epilogue(alpha * op(A) * op(B) + beta * C) with A and B in bfloat16 (the upper half of an f32; 1 sign, 8 exponent and
 * 7 fraction bits), sums in f32. Shapes, leading dimensions, epilogues and the rules of alpha, beta and K = 0 as in bm_gemm.
 * Subnormal elements of A and B, and subnormal products and sums, may count as zero. Error: kernels/gemm_bf16.
 *
 * C is f32, or bf16: then each element, made in f32 with its bias and activation, is rounded once, to nearest, ties to even
 * (subnormal ones may become zero), and beta must be 0, for a sum in bf16 would lose what is added. BN statistics are those
 * of the elements in f32, before they are rounded: they are exacter, and cost no more.
 */
enum bm_result { BM_RESULT_F32, BM_RESULT_BF16 };

struct bm_gemm_bf16 {
    int threads;
    void *scratch;
    const struct bm_caches *caches;
    size_t M, N, K;
    bool ta, tb;
    float alpha, beta;
    const uint16_t *A;
    size_t lda;
    const uint16_t *B;
    size_t ldb;
    float *C;
    size_t ldc;
    enum bm_epilogue epilogue;
    const float *bias; /* N; NULL without a bias */
    float slope;
    float *mean, *var; /* N each, out; NULL without BN statistics */
    enum bm_result result;
    uint16_t *C16; /* C, if that is bf16 */
};

#endif
