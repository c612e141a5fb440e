/* SPDX-License-Identifier: MIT */
/*
 * bn.h - batch normalisation: the maths, the layouts and the arguments of every bn op.
 *
 * For each channel c over its L = N * S elements x_i (Ioffe & Szegedy, "Batch Normalization: Accelerating Deep
 * Network Training by Reducing Internal Covariate Shift", ICML 2015, algorithm 1):
 *
 *   mean = sum x_i / L        var = sum (x_i - mean)^2 / L        rstd = 1 / sqrt(var + eps)
 *   xhat_i = (x_i - mean) * rstd        y_i = gamma * xhat_i + beta
 *
 *   bn_forward        writes y, mean, rstd and updates
 *                       running_mean += momentum * (mean - running_mean)
 *                       running_var  += momentum * (v - running_var),  v = var, or var * L / (L - 1) if unbiased
 *                     (PyTorch's momentum: the share of the new; Keras' is 1 - momentum and biased)
 *                   With given_mean and given_var, mean and var are these rather than sums over x, which is then read
 *                   once: a product's epilogue has made them (gemm.h, BM_EPILOGUE_BN_STATS).
 *   bn_inference      y = gamma * (x - running_mean) / sqrt(running_var + eps) + beta
 *   bn_backward       dbeta = sum dy_i        dgamma = sum dy_i * xhat_i
 *                     dx_i = gamma * rstd * (dy_i - dbeta / L - xhat_i * dgamma / L)
 *
 * Fused with an activation act(v) = v > 0 ? v : slope * v (slope 0, ReLU: exactly 0 there unless v is NaN),
 * act'(v) = v > 0 ? 1 : slope:
 *
 *   bn_relu_forward   y = act(bn(x))
 *   bn_relu_backward  bn_backward of dy_i * act'(gamma * xhat_i + beta), the sign being computed again from x
 *                     rather than kept: no mask and no y is read
 *   relu_bn_forward   y = bn(act(x)), statistics (given ones too) of act(x)
 *   relu_bn_backward  dx_i = act'(x_i) * (bn_backward over act(x) and dy)_i
 *
 * Layouts. Element (n, c, s) of x lies at
 *   BM_CHANNELS_LAST   x[n * ldx + c], S = 1, ldx >= C: a dense N x C matrix, or NHWC with N = batch * height * width
 *   BM_CHANNELS_FIRST  x[n * ldx + c * S + s], ldx >= C * S: NCHW
 *   BM_CHANNELS_BY_8   x[n * ldx + (c / 8 * S + s) * 8 + c % 8], ldx >= C * S: oneDNN's nChw8c, and
 *   BM_CHANNELS_BY_16  with 16 nChw16c: blocks of channels that lie side by side, which are one or two vectors. C is a
 *                      multiple of the block: frameworks round it up, with channels of zeros.
 * and likewise for y, dy, dx with strides of their own. Any alignment of 4 bytes. Arrays must not overlap, except
 * y = x in bn_inference and dx = dy in the backward ops, with equal strides. Channels c to c + b - 1 of an image, b being
 * the block, 1 in channels-first and all in channels-last, begin at n * ldx + c * S in all layouts.
 *
 * Range. Let m_c be the channel's first element. Results are as promised, subnormal inputs included, while |x| < 2^126,
 * |x - m_c| < 2^59 (5.8e17) and |dy| < 2^60. Beyond that a sum of squares overflows f32 in some kernels: the variance
 * is then infinite and y = beta.
 *
 * Errors. With u = 2^-24, every kernel promises sums as good as f32 sums of at
 * most 256 terms of (x - m_c), continued in double:
 *   |mean error| <= 4u |mean| + 300u (average |x - m_c| + deviation), 0 for a constant channel
 *   |var error|  <= 600u var + (mean error)^2
 * bn_forward/bn_forward.c derives the bounds of y and of the gradients from these.
 */
#ifndef BATCHMARK_BN_H
#define BATCHMARK_BN_H

#include <stdbool.h>
#include <stddef.h>

/* How many channels lie side by side; 0: all. */
enum bm_layout { BM_CHANNELS_LAST, BM_CHANNELS_FIRST, BM_CHANNELS_BY_8 = 8, BM_CHANNELS_BY_16 = 16 };

struct bm_bn {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, S;
    enum bm_layout layout;
    size_t ldx, ldy, lddy, lddx;
    const float *x;                    /* all ops */
    float *y;                          /* forward, inference: out */
    const float *dy;                   /* backward */
    float *dx;                         /* backward: out */
    const float *gamma, *beta;         /* C each; beta is read by forward, inference and bn_relu_backward */
    float *dgamma, *dbeta;             /* C each; backward: out */
    float *mean, *rstd;                /* C each; forward: out, backward: in */
    float *running_mean, *running_var; /* C each; forward: in and out, or both NULL; inference: in */
    const float *given_mean, *given_var; /* C each; forward: of what is normalised, var biased; or both NULL */
    float eps, momentum;
    bool unbiased; /* which variance running_var gets */
    float slope;   /* of the activation in the fused ops */
};

/* Of kernels that have no code for blocks of channels. With S = 1 all layouts are one. */
static inline const char *bn_refuses_blocked(const void *args)
{
    const struct bm_bn *bn = (const struct bm_bn *)args;
    return bn->layout > BM_CHANNELS_FIRST && bn->S > 1 ? "it has no code for blocks of channels" : NULL;
}

#endif
