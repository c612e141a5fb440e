/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_forward_bf16_onednn - batch normalisation of bf16 in training and ReLU by oneDNN, found at run time. The maths
 * is in bn.h and bn_bf16.h.
 *
 * Source:  oneDNN's Developer Guide, "Batch Normalization", fuse_norm_relu; kernels compiled at run time.
 * Shapes:  slope 0; rows without gaps, beyond which the library's mask would end; channels-last for its vectorised
 *          kernels (bn_onednn.h).
 * Traffic: 8 bytes an element, and a mask, which its backward pass wants and nobody reads here.
 * Idea:    ReLU in the library's last pass. There is no bn_relu_backward_bf16_onednn: that takes the mask, which the op
 *          does not have.
 * Error:   as bn_forward_bf16_onednn; the vectorised ReLU makes 0 of NaN.
 * Tail:    plain loops where the channels are no multiple of 8.
 * Loses:   as bn_forward_bf16_onednn, and to bn_forward_bf16_onednn with a pass of its own for ReLU where the channels
 *          are no multiple of 8.
 */
#define BN_ONEDNN_BF16
#include "bn_bf16_as_bn.h"
#include "bn_onednn.h"

static const char *refuses(const void *args)
{
    const struct bm_bn bn = bn_bf16_as_bn(args);
    return bn_onednn_refuses(BN_ONEDNN_FORWARD_RELU, &bn);
}

static void run(const void *args)
{
    const struct bm_bn bn = bn_bf16_as_bn(args);
    bn_onednn_forward(BN_ONEDNN_FORWARD_RELU, &bn);
}

BM_KERNEL(.peer = "onednn", .idea = "the peer oneDNN: its batch normalisation of bf16 with ReLU fused, which keeps a mask",
          .source = "oneDNN Developer Guide, Batch Normalization",
          .loses = "at the first call of a shape, which compiles, on channels-first, and in accuracy far from mean 0",
          .refuses = refuses, .run = run);
