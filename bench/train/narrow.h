/* SPDX-License-Identifier: MIT */
/*
 * narrow.h - a network without BN (fold.h makes one of a network with BN), for inference by products of bf16 or of integers of
 * 8 bits.
 *
 *   bf16   x to bf16; of each layer gemm_bf16, then one pass over the sums: bias, activation, rounded to bf16
 *   int8   x to u8; of each layer gemm_s8, with scale, bias and activation in its epilogue, then one pass that makes u8 of them
 *
 * The last layer gives f32, and of bf16 has its bias added. Passes are shared among threads where they are long.
 */
#ifndef BATCHMARK_NARROW_H
#define BATCHMARK_NARROW_H

#include "network.h"
#include "quantise.h"

enum { BM_NARROW_PASSES = 4 };

struct bm_narrow_layer {
    size_t in, out;
    void *w;            /* in x out, bf16 or s8 */
    float *bias;
    float *scale;       /* int8: of the products */
    struct bm_quantum x; /* int8: how what the layer reads is rounded */
};

/* One pass of so many rows over all layers. */
struct bm_narrow_pass {
    size_t rows;
    const struct bm_kernel *kernel[BM_MAX_WIDTHS];
    union bm_args args[BM_MAX_WIDTHS];
};

struct bm_narrow {
    bool int8;
    unsigned layers, passes;
    int threads;
    float slope;
    struct bm_narrow_layer layer[BM_MAX_WIDTHS];
    struct bm_narrow_pass pass[BM_NARROW_PASSES];
    void *a;  /* what a layer reads: most rows x widest */
    float *z; /* what it makes; of the last layer rows x out */
    void *scratch;
};

/* The kernels are those of the set of from->config, which is not `region`. reads: of each layer the channels that it reads
 * (int8), or NULL (bf16). False, with nothing to free: a kernel does not exist, does not run here or refuses the layer. */
bool bm_narrow_create(struct bm_narrow *narrow, const struct bm_network *from, const struct bm_channels *reads,
                      const size_t *rows, unsigned passes, struct bm_error *error);
void bm_narrow_free(struct bm_narrow *narrow);

/* Rows x features to narrow->z, rows x classes. */
void bm_narrow_run(struct bm_narrow *narrow, unsigned pass, const float *x);

#endif
