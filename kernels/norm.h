/* SPDX-License-Identifier: MIT */
/*
 * norm.h - normalisation of each row by itself: the maths and the arguments.
 *
 * For each row n of x, N x C (Ba, Kiros & Hinton, "Layer Normalization", 2016):
 *
 *   mean_n = sum_c x_nc / C        var_n = sum_c (x_nc - mean_n)^2 / C        rstd_n = 1 / sqrt(var_n + eps)
 *
 *   layer_norm_forward   y_nc = gamma_c (x_nc - mean_n) rstd_n + beta_c; mean and rstd are saved
 *
 * Unlike batch normalisation (bn.h) it needs no other row: training and inference are the same, and one row will do.
 *
 * Matrices are row-major, with a leading dimension >= C. Any alignment of 4 bytes. Arrays must not overlap.
 *
 * Range. Results are as promised, subnormal inputs included, while |x| < 2^126 and sum_c (x_nc - mean_n)^2 < 2^126.
 *
 * Errors. With u = 2^-24, every kernel promises sums as good as f32 sums in chains of C / 8 terms, and forms x - mean
 * first. layer_norm_forward/layer_norm_forward.c derives the bounds.
 */
#ifndef BATCHMARK_NORM_H
#define BATCHMARK_NORM_H

#include <stddef.h>

struct bm_layer_norm {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, ldx, ldy;
    const float *x;
    float *y;
    const float *gamma, *beta; /* C each */
    float *mean, *rstd;        /* N each: out */
    float eps;
};

#endif
