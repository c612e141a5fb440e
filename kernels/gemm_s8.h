/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8.h - product of quantised matrices, as inference of a dense layer does it: u8 by s8, sums in s32, and an epilogue that
 * gives f32.
 *
 *   c_ij = act(scale_j s_ij + bias_j)        s_ij = sum_k a_ik b_kj
 *
 * op(A) is M x K, unsigned: A itself (lda >= K) or, with ta, the transpose of the K x M array A (lda >= M): activations after a
 * ReLU are not negative. op(B) is K x N, signed: B itself (ldb >= N) or, with tb, the transpose of the N x K array B (ldb >= K).
 * C is M x N, ldc >= N, and is written without being read. With K = 0, A and B are not read.
 *
 * Epilogues: none, no bias; bias; bias and activation, act(v) = v > 0 ? v : slope * v (slope 0: ReLU, exactly 0 unless v is
 * NaN). Those with BN statistics are refused.
 *
 * A layer's weights, quantised column by column (w_kj = t_j b_kj), inputs quantised as x_ik = q a_ik, and inference's batch
 * normalisation of what the layer makes are folded into the two vectors (Jacob et al., "Quantization and Training of Neural
 * Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, sections 2.2 and 3.2):
 *   scale_j = gamma_j rstd_j q t_j        bias_j = beta_j + gamma_j rstd_j (b_j - mean_j)
 *
 * s_ij is exact in any order of summation: K <= BM_GEMM_S8_MOST_K, beyond which 255 * 128 * K could leave s32. What is rounded
 * is s_ij to f32, the product, the sum and act; with u = 2^-24, near zero a least subnormal more,
 *   |got - want| <= max(1, |slope|) (5u |scale_j s_ij| + 3u |bias_j|)
 * That holds while max(1, |slope|) (|scale_j s_ij| + |bias_j|) < 2^128. NaN and infinity in scale and bias spoil their columns.
 */
#ifndef BATCHMARK_GEMM_S8_H
#define BATCHMARK_GEMM_S8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gemm.h"

#define BM_GEMM_S8_MOST_K ((size_t)INT32_MAX / (255 * 128))

struct bm_gemm_s8 {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t M, N, K;
    bool ta, tb;
    const uint8_t *A;
    size_t lda;
    const int8_t *B;
    size_t ldb;
    float *C;
    size_t ldc;
    const float *scale; /* N */
    enum bm_epilogue epilogue;
    const float *bias; /* N; NULL without a bias */
    float slope;
};

#endif
