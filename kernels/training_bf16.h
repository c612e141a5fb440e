/* SPDX-License-Identifier: MIT */
/*
 * training_bf16.h - what training in bf16 needs besides bn_bf16.h and gemm.h's gemm_bf16.
 *
 *   round_bf16          y = x, an f32, as bf16
 *   relu_backward_bf16  dx = x > 0 ? dy : slope * dy in bf16; only the sign of x counts, so the activation's output serves
 *                       as well (slope >= 0); dx may be dy
 *
 * Elements are rounded once, to nearest, ties to even. What exceeds the largest bf16 becomes infinite, a NaN stays a quiet
 * NaN, and what is below 2^-126 may become zero (VCVTNEPS2BF16). All matrices are N x C, row-major, with a leading dimension
 * >= C; elements of bf16 lie at any multiple of 2 bytes.
 */
#ifndef BATCHMARK_TRAINING_BF16_H
#define BATCHMARK_TRAINING_BF16_H

#include <stddef.h>
#include <stdint.h>

struct bm_round_bf16 {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, ldx, ldy;
    const float *x;
    uint16_t *y;
};

struct bm_relu_bf16 {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, ldx, lddy, lddx;
    const uint16_t *x, *dy;
    uint16_t *dx;
    float slope;
};

#endif
