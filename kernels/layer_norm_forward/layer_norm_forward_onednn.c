/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_forward_onednn - layer normalisation by oneDNN, found at run time.
 *
 * Maths: norm.h. Shapes: y in the strides of x. Traffic: the library's; mean, variance and y each read a row, in L1. Idea: the
 * library's primitive with scale and shift, made at the first call of a shape; rstd, which it has no interface for, is made
 * here of its variance. Error: plain f32 sums, without a shift. Tail: the library's. Source and when it loses: below.
 */
#include "norm_onednn.h"

static const char *refuses(const void *args) { return norm_onednn_refuses(false, args); }

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    float *rstd = a->rstd;
    norm_onednn_run(false, a);
#pragma omp simd
    for (size_t n = 0; n < a->N; n++)
        rstd[n] = 1 / sqrtf(rstd[n] + a->eps);
}

BM_KERNEL(.peer = "onednn", .idea = "the peer oneDNN: its layer normalisation in training, with the same threads",
          .source = "oneDNN Developer Guide, Layer Normalization",
          .loses = "at the first call of a shape, which compiles, and in accuracy far from mean 0", .refuses = refuses,
          .run = run);
