/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_forward_onednn - batch normalisation in training and ReLU by oneDNN, found at run time. The maths is in bn.h.
 *
 * Source:  oneDNN's Developer Guide, "Batch Normalization", fuse_norm_relu; kernels compiled at run time.
 * Shapes:  slope 0; rows without gaps, beyond which the library's mask would end; channels-last for its vectorised
 *          kernels (bn_onednn.h).
 * Traffic: 16 bytes an element, and a mask, which its backward pass wants and nobody reads here.
 * Idea:    ReLU in the library's last pass. There is no bn_relu_backward_onednn: that takes the mask, which the op
 *          does not have.
 * Error:   as bn_forward_onednn; the vectorised ReLU makes 0 of NaN.
 * Tail:    plain loops where the channels are no multiple of 8.
 * Loses:   as bn_forward_onednn, and to bn_forward_onednn with a pass of its own for ReLU where the channels are no
 *          multiple of 8.
 */
#include "bn_onednn.h"

static const char *refuses(const void *args) { return bn_onednn_refuses(BN_ONEDNN_FORWARD_RELU, args); }

static void run(const void *args) { bn_onednn_forward(BN_ONEDNN_FORWARD_RELU, args); }

BM_KERNEL(.peer = "onednn", .idea = "the peer oneDNN: its batch normalisation with ReLU fused, which keeps a mask",
          .source = "oneDNN Developer Guide, Batch Normalization",
          .loses = "at the first call of a shape, which compiles, on channels-first, and in accuracy far from mean 0",
          .refuses = refuses, .run = run);
