/* SPDX-License-Identifier: MIT */
/*
 * bn_bf16.h - batch normalisation of matrices in bf16: the arguments of bn_forward_bf16, bn_backward_bf16,
 * bn_relu_forward_bf16 and bn_relu_backward_bf16.
 *
 * The maths, the layouts, the range and what may overlap are those of bn.h. Elements of x, y, dy and dx are bf16 (the
 * upper half of an f32: 1 sign, 8 exponent and 7 fraction bits; any alignment of 2 bytes). All that belongs to a
 * channel is f32, and so is the arithmetic: an input is a f32 as it stands, subnormal or not.
 *
 * A result is rounded to bf16 once, to nearest, ties to even (VCVTNEPS2BF16). What exceeds the largest bf16 becomes
 * infinite, and a NaN stays a quiet NaN. A result below 2^-126 may be zero: that instruction takes subnormal f32 for
 * zeros.
 *
 * Errors: of mean, rstd, running statistics, dgamma and dbeta as in bn.h, of the inputs as they are in bf16. y and dx are
 * what rounding makes of a number that is as far off as bn.h says: bn_forward_bf16/bn_forward_bf16.c.
 */
#ifndef BATCHMARK_BN_BF16_H
#define BATCHMARK_BN_BF16_H

#include <stdint.h>

#include "bn.h"

/* The members of struct bm_bn, in its order. */
struct bm_bn_bf16 {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, S;
    enum bm_layout layout;
    size_t ldx, ldy, lddy, lddx; /* elements */
    const uint16_t *x;
    uint16_t *y;        /* forward: out */
    const uint16_t *dy; /* backward */
    uint16_t *dx;       /* backward: out */
    const float *gamma, *beta;
    float *dgamma, *dbeta;             /* backward: out */
    float *mean, *rstd;                /* forward: out, backward: in */
    float *running_mean, *running_var; /* forward: in and out, or both NULL */
    const float *given_mean, *given_var;
    float eps, momentum;
    bool unbiased;
    float slope; /* of the activation in the fused ops */
};

#endif
