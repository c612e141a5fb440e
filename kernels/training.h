/* SPDX-License-Identifier: MIT */
/*
 * training.h - what training needs besides bn and gemm.
 *
 *   relu_forward    y = act(x), act(v) = v > 0 ? v : slope * v (slope 0: ReLU, exactly 0 unless v is NaN); y may be x
 *   relu_backward   dx = x > 0 ? dy : slope * dy; only the sign of x counts, so the activation's output serves as
 *                   well (slope >= 0); dx may be dy
 *   activation_forward   y = 1 / (1 + e^-x) (sigmoid) or y = tanh x; y may be x
 *   activation_backward  dx = dy y (1 - y) (sigmoid) or dx = dy (1 - y) (1 + y) (tanh), of the forward pass's y; dx may be dy
 *   dropout         y = x / (1 - rate) where element number n C + c is kept, else 0; y may be x. The backward pass is the same
 *                   with the same key. Which are kept: kernels/common/dropout_mask.h
 *   weight_decay    g += decay * w, before the optimiser (L2, as PyTorch has it)
 *   bias_grad       db_c = sum over rows n of dy_nc
 *   bn_input_gradient  of BN on the input of a dense layer, z = y W + b of y_j = gamma_j xhat_j + beta_j. With dz the
 *                   gradient by z, db = sum of dz over the batch, and W and D = xhat^T dz of N inputs x C outputs:
 *                   dgamma_n = sum_c w_nc D_nc, dbeta_n = sum_c w_nc db_c, and the gradient by W in D's place,
 *                   D_nc = gamma_n D_nc + beta_n db_c. For dy = dz W^T, and so sum over rows of dy_n xhat_n is
 *                   sum_c w_nc (xhat^T dz)_nc: dy itself, a product as large as the forward one, is not needed.
 *   softmax_xent    p = softmax(z_n), loss_n = -log p[label_n], hit_n = 1 where the first largest z is the label's,
 *                   else 0; dz = scale * (p - onehot(label_n)); scale = 1 / batch gives the gradient of the mean loss.
 *                   Computed from z - max z, so that no exponential overflows. loss_n may be +Inf only if p underflows.
 *   sgd             w -= lr * g
 *   momentum        m = beta1 * m + g, w -= lr * m  (Sutskever et al., ICML 2013, in PyTorch's form)
 *   adam            m += (1 - beta1) (g - m), v += (1 - beta2) (g^2 - v), w -= lr * m / (sqrt(v) + eps)
 *                   (Kingma & Ba, ICLR 2015, algorithm 1 in the efficient order of section 2): the caller puts the
 *                   bias correction of step t into lr and eps. With c1 = 1 - beta1^t and c2 = 1 - beta2^t:
 *                   PyTorch  lr = lr0 sqrt(c2) / c1, eps = eps0 sqrt(c2);  Keras  lr = lr0 sqrt(c2) / c1, eps = eps0
 *
 * All matrices are N x C, row-major, with a leading dimension >= C.
 *
 * Range. Results are right, subnormal inputs included, for all finite x and dy in relu and activation, with y in [0, 1] or
 * [-1, 1] in activation_backward; sum_n |dy_nc| < 2^127 in
 * bias_grad; sum_c |w_nc D_nc|, sum_c |w_nc db_c| and |gamma_n D_nc| + |beta_n db_c| < 2^127 in bn_input_gradient;
 * |z| < 2^126 in softmax_xent; |w|, |g|, |m| < 2^126 in sgd, momentum and weight_decay; |x| / (1 - rate) < 2^128 in dropout; |w| < 2^126, |g|, |m| < 2^60 and
 * v < 2^120 in adam, which squares g. Beyond that an intermediate result may overflow.
 */
#ifndef BATCHMARK_TRAINING_H
#define BATCHMARK_TRAINING_H

#include <stddef.h>
#include <stdint.h>

struct bm_relu {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, ldx, ldy, lddy, lddx;
    const float *x, *dy;
    float *y, *dx;
    float slope;
};

enum bm_act { BM_SIGMOID, BM_TANH };

struct bm_activation {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, ldx, ldy, lddy, lddx;
    const float *x;
    float *y; /* backward: only read */
    const float *dy;
    float *dx;
    enum bm_act act;
};

struct bm_dropout {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, ldx, ldy;
    const float *x;
    float *y;
    float rate;   /* share that is dropped, in [0, 1) */
    uint32_t key; /* another one draws other elements */
};

struct bm_weight_decay {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N;
    const float *w;
    float *g;
    float decay;
};

struct bm_bias_grad {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, lddy;
    const float *dy;
    float *db; /* C */
};

struct bm_bn_input {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, ldw, ldd;
    const float *w;            /* N x C */
    float *d;                  /* N x C: in D, out the gradient by w */
    const float *db;           /* C */
    const float *gamma, *beta; /* N each */
    float *dgamma, *dbeta;     /* N each: out */
};

struct bm_softmax_xent {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N, C, ldz, lddz;
    const float *z;
    const int32_t *label; /* N, each in [0, C) */
    float *dz;
    float *loss, *hit; /* N each */
    float scale;
};

struct bm_optimizer {
    int threads;   /* used by the _omp kernels, >= 1 */
    void *scratch; /* bm_scratch_bytes(), 64-byte aligned */
    const struct bm_caches *caches; /* NULL: not known */
    size_t N;
    float *w;
    const float *g;
    float *m, *v; /* momentum and adam; adam */
    float lr, beta1, beta2, eps;
};

#endif
