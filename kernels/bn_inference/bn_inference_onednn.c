/* SPDX-License-Identifier: MIT */
/*
 * bn_inference_onednn - batch normalisation by the running statistics by oneDNN, found at run time. The maths is in
 * bn.h.
 *
 * Source:  oneDNN's Developer Guide, "Batch Normalization", use_global_stats; kernels compiled at run time.
 * Shapes:  y in the strides of x; rows without gaps and channels-last for its vectorised kernels (bn_onednn.h).
 * Traffic: 8 bytes an element.
 * Idea:    the library's primitive for inference, made at the first call of a shape.
 * Error:   that of the f32 formula, the mean being subtracted first.
 * Tail:    as bn_forward_onednn.
 * Loses:   at the first call of a shape, which compiles, and on channels-first.
 */
#include "bn_onednn.h"

static const char *refuses(const void *args) { return bn_onednn_refuses(BN_ONEDNN_INFERENCE, args); }

static void run(const void *args) { bn_onednn_run(BN_ONEDNN_INFERENCE, args); }

BM_KERNEL(.peer = "onednn", .idea = "the peer oneDNN: its batch normalisation by given statistics, the same threads",
          .source = "oneDNN Developer Guide, Batch Normalization",
          .loses = "at the first call of a shape, which compiles, and on channels-first", .refuses = refuses,
          .run = run);
