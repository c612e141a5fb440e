/* SPDX-License-Identifier: MIT */
/*
 * norm.h - normalisation of each row, or each group of channels of an image, by itself: the maths and the arguments.
 *
 * A group has M elements, and statistics of its own:
 *
 *   mean = sum x / M        var = sum (x - mean)^2 / M        rstd = 1 / sqrt(var + eps)        xhat = (x - mean) rstd
 *
 *   layer_norm   Ba, Kiros & Hinton, "Layer Normalization", 2016: a group is a row of x, N x C
 *   rms_norm     Zhang & Sennrich, "Root Mean Square Layer Normalization", NeurIPS 2019: likewise, with mean 0 in all of
 *                these formulas and no beta: rstd = 1 / sqrt(sum x^2 / C + eps), xhat = x rstd
 *   group_norm   Wu & He, "Group Normalization", ECCV 2018: a group is C / G channels of an image, M = C / G * S
 *
 *   ..._forward   y = gamma_c xhat + beta_c; mean and rstd are saved
 *   ..._backward  dbeta_c = sum dy        dgamma_c = sum dy xhat, over all rows and pixels of the channel
 *                 dx = rstd (g - sum g / M - xhat sum g xhat / M), g = gamma_c dy, with sums over the group; in rms_norm
 *                 dx = rstd (g - xhat sum g xhat / C)
 *
 * Unlike batch normalisation (bn.h) a row needs no other row: training and inference are the same, and one row will do.
 * G = C is instance normalisation, and G = 1 with S = 1 layer normalisation.
 *
 * Layouts. Rows are row-major, with a leading dimension >= C. In group_norm element (n, c, s) of x lies at
 *   BM_CHANNELS_LAST   x[(n * S + s) * ldx + c], ldx >= C: NHWC, or with S = 1 a matrix N x C
 *   BM_CHANNELS_FIRST  x[n * ldx + c * S + s], ldx >= C * S: NCHW
 * and statistic (n, g) at mean[n * G + g]. Any alignment of 4 bytes. Arrays must not overlap, except y = x and dx = dy, with
 * equal strides.
 *
 * Range. Results are as promised, subnormal inputs included, while |x| < 2^126, |dy| < 2^60, and a group's
 * sum (x - mean)^2 < 2^126.
 *
 * Errors. With u = 2^-24, every kernel promises sums over a group as good as f32 sums in chains of M / 8 terms, and sums over
 * a channel as good as chains of 256 that are continued in double; and it forms x - mean first. common/norm_oracle.h derives
 * the bounds.
 */
#ifndef BATCHMARK_NORM_H
#define BATCHMARK_NORM_H

#include <stddef.h>

#include "bn.h"

/* Of layer_norm and rms_norm, which has no mean and no beta. */
struct bm_layer_norm {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, ldx, ldy;
    const float *x;
    float *y;                  /* forward: out */
    const float *gamma, *beta; /* C each; beta is read by forward */
    float *mean, *rstd;        /* N each; forward: out, backward: in */
    float eps;
    size_t lddy, lddx;
    const float *dy;       /* backward */
    float *dx;             /* backward: out */
    float *dgamma, *dbeta; /* C each; backward: out */
};

struct bm_group_norm {
    int threads;
    void *scratch;
    const struct bm_caches *caches;
    size_t N, C, S, G; /* G divides C */
    enum bm_layout layout;
    size_t ldx, ldy, lddy, lddx;
    const float *x;
    float *y;
    const float *dy;
    float *dx;
    const float *gamma, *beta;
    float *dgamma, *dbeta;
    float *mean, *rstd; /* N * G each */
    float eps;
};

#endif
