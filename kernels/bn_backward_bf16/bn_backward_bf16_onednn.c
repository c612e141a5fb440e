/* SPDX-License-Identifier: MIT */
/*
 * bn_backward_bf16_onednn - the gradients of batch normalisation of bf16 by oneDNN, found at run time. The maths is in
 * bn.h and bn_bf16.h.
 *
 * Source:  oneDNN's Developer Guide, "Batch Normalization"; kernels compiled at run time.
 * Shapes:  dx in the strides of dy; rows without gaps and channels-last for its vectorised kernels (bn_onednn.h).
 * Traffic: 10 bytes an element: the sums and dx each read x and dy.
 * Idea:    the library's primitive for all gradients, made at the first call of a shape. It takes the variance, not rstd:
 *          it gets 1 / rstd^2 and an eps of 0, which loses no digits where the variance is far below eps.
 * Error:   plain f32 sums whose chains grow with the rows of a thread.
 * Tail:    as bn_forward_bf16_onednn.
 * Loses:   at the first call of a shape, which compiles, and on channels-first.
 */
#define BN_ONEDNN_BF16
#include "bn_bf16_as_bn.h"
#include "bn_onednn.h"

static size_t scratch_bytes(const void *args)
{
    const struct bm_bn_bf16 *bn = args;
    return bn->C * sizeof(float);
}

static const char *refuses(const void *args)
{
    const struct bm_bn bn = bn_bf16_as_bn(args);
    return bn_onednn_refuses(BN_ONEDNN_BACKWARD, &bn);
}

static void run(const void *args)
{
    const struct bm_bn bn = bn_bf16_as_bn(args);
    const float *rstd = bn.rstd;
    float *variance = bn.scratch;
#pragma omp simd
    for (size_t c = 0; c < bn.C; c++) {
        const float deviation = 1 / rstd[c]; /* with eps in it; the square of rstd itself might underflow */
        variance[c] = deviation * deviation;
    }
    bn_onednn_run(BN_ONEDNN_BACKWARD, &bn);
}

BM_KERNEL(.peer = "onednn", .idea = "the peer oneDNN: its gradients of batch normalisation of bf16, with the same threads",
          .source = "oneDNN Developer Guide, Batch Normalization",
          .loses = "at the first call of a shape, which compiles, and on channels-first", .refuses = refuses,
          .scratch_bytes = scratch_bytes, .run = run);
