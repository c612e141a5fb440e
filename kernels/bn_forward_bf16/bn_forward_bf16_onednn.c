/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_bf16_onednn - batch normalisation of bf16 in training by oneDNN, found at run time. The maths is in bn.h and
 * bn_bf16.h.
 *
 * Source:  oneDNN's Developer Guide, "Batch Normalization"; kernels compiled at run time.
 * Shapes:  y in the strides of x; rows without gaps and channels-last for its vectorised kernels (bn_onednn.h).
 * Traffic: 8 bytes an element: mean, variance and y each read x.
 * Idea:    the library's primitive with scale and shift, made at the first call of a shape; rstd and the running
 *          statistics, which it has no interface for, are updated here.
 * Error:   plain f32 sums whose chains grow with the rows of a thread, and no shift: poor where the mean is far from 0
 *          for the deviation, and in constant channels.
 * Tail:    the library's: 16 channels at a time, and SSE4.1 where the channels are no multiple of 8.
 * Loses:   at the first call of a shape, which compiles; on channels-first, and wherever an input has a large mean.
 */
#define BN_ONEDNN_BF16
#include "bn_bf16_as_bn.h"
#include "bn_onednn.h"

static const char *refuses(const void *args)
{
    const struct bm_bn bn = bn_bf16_as_bn(args);
    return bn_onednn_refuses(BN_ONEDNN_FORWARD, &bn);
}

static void run(const void *args)
{
    const struct bm_bn bn = bn_bf16_as_bn(args);
    bn_onednn_forward(BN_ONEDNN_FORWARD, &bn);
}

BM_KERNEL(.peer = "onednn", .idea = "the peer oneDNN: its batch normalisation of bf16 in training, with the same threads",
          .source = "oneDNN Developer Guide, Batch Normalization",
          .loses = "at the first call of a shape, which compiles, on channels-first, and in accuracy far from mean 0",
          .refuses = refuses, .run = run);
