/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_backward_onednn - the gradients of layer normalisation by oneDNN, found at run time.
 *
 * Maths: norm.h. Shapes: rows without gaps. Traffic: the library's; dgamma and dbeta, and then dx, each read x and dy. Idea: the
 * library's primitive for all gradients, made at the first call of a shape. It takes the variance, not rstd: it gets 1 / rstd^2
 * and an eps of 0, which loses no digits where the variance is far below eps. Error: plain f32 sums. Tail: the library's.
 * Source and when it loses: below.
 */
#include "norm_onednn.h"

static size_t scratch_bytes(const void *args) { return ((const struct bm_layer_norm *)args)->N * sizeof(float); }

static const char *refuses(const void *args) { return norm_onednn_refuses(true, args); }

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    const float *rstd = a->rstd;
    float *variance = a->scratch;
#pragma omp simd
    for (size_t n = 0; n < a->N; n++) {
        const float deviation = 1 / rstd[n]; /* with eps in it; the square of rstd itself might underflow */
        variance[n] = deviation * deviation;
    }
    norm_onednn_run(true, a);
}

BM_KERNEL(.peer = "onednn", .idea = "the peer oneDNN: its gradients of layer normalisation, with the same threads",
          .source = "oneDNN Developer Guide, Layer Normalization",
          .loses = "at the first call of a shape, which compiles", .refuses = refuses, .scratch_bytes = scratch_bytes,
          .run = run);
