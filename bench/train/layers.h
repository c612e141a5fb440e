/* SPDX-License-Identifier: MIT */
/* layers.h - the arrays of a network: its layers, what the optimiser moves, the rows of a batch, and which columns of
 * them a thread owns. All lie in one allocation, which is laid out twice: first only to count. */
#ifndef BATCHMARK_LAYERS_H
#define BATCHMARK_LAYERS_H

#include "batchmark.h"
#include "conv_config.h"

enum { BM_LINE_FLOATS = 64 / sizeof(float) }; /* of a cache line */

/* Of weights: the product of so many rows and a few hundred columns stays in the second-level cache. */
enum { BM_BLOCK_ROWS = 64 };

/* An array that the optimiser moves, with its gradient and, if the optimiser keeps them, moments. */
struct bm_parameter {
    size_t count;
    float *w, *g, *m, *v;
};

struct bm_norm {
    size_t width; /* 0: no BN here */
    struct bm_parameter gamma, beta;
    float *mean, *rstd, *running_mean, *running_var;
    float *given_mean, *given_var; /* of what is normalised, if a product or all ranks make them */
    struct bm_moments *moments;    /* synchronised: width, of all ranks; and their sums of the backward pass, 2 width */
    double *sums;
};

struct bm_layer {
    /* A convolution: what it reads has this size, and in, the rows of its weights, is 9 channels. z, a and d have a row for each
     * pixel, in channels-first for each image; what follows reads `pooled`. Of a dense layer pixels is 1, all else 0. */
    size_t height, width, channels, pixels;
    enum bm_layout layout;
    float *pooled, *d_pooled;
    size_t in, out, ld; /* of z, a and d: rows of out elements, ld apart; weights: bm_share_of() */
    int team;           /* threads that share it, at least 1 */
    struct bm_parameter weight, bias;
    struct bm_norm norm;
    float *z, *a; /* rows x out: the product, and what the next layer reads (NULL for the last) */
    float *y;     /* what sigmoid or tanh gave, from which their gradient follows: z, a, or an array of its own */
    float *d;     /* rows x out: gradient by a, then in place by z */
    /* In bf16, or NULL: weights as they were rounded last, in x out in one piece; and z, a and d of a training step. With BN
     * after the activation z16 is the activation's result. All rows are ld apart. */
    uint16_t *weight16, *z16, *a16, *d16;
};

/* Gradients that lie one after the other, to be summed over ranks. */
struct bm_gradient { float *at; size_t floats; };

/* Beside the last layer's gradient, so that they cost no message of their own: of a rank's rows, then of all ranks'. */
struct bm_step_sums { float loss, hits, stop; /* not 0: a rank was interrupted */ };

struct bm_network {
    const struct bm_train_config *config;
    const struct bm_kernel *peer; /* its product, if that is the kernel set; else NULL */
    int team;           /* threads of the parallel region of a step; 0: a call after the other, each as it is */
    unsigned layers;
    struct bm_layer layer[BM_MAX_WIDTHS];
    struct bm_norm input;
    struct bm_gradient gradient_of[BM_MAX_WIDTHS]; /* by layer; 0: the input's BN */
    struct bm_step_sums *sums;
    float *x, *xhat, *normal_x;    /* rows x features: a batch; normalised; with gamma and beta */
    uint16_t *x16, *xhat16, *ones16; /* a step in bf16: what the first product reads; xhat; rows ones */
    bool rounded;                  /* weight16 is what weights are: to be cleared by whoever changes them between steps */
    int32_t *label;
    float *loss, *hit;             /* rows each, from the last run */
    float *ones, *zeros;           /* as many as rows or features: a column of a peer's products, parameters of xhat */
    float *gradient;               /* of a block of weights, gradient_floats for each thread of a region */
    size_t gradient_floats;
    float *sums_of_threads;        /* region: of each thread, what its columns add to the gradients of the input's BN: */
    size_t sums_ld;                /* those of gamma, and so far behind them those of beta */
    uint64_t step;                 /* optimiser steps taken */
    size_t steps_per_epoch;        /* for the learning rate; the trainer sets it */
    size_t scratch_bytes, bytes;   /* for scratch of one thread; in all */
    char *memory;
};

/* Columns begin to end - 1 of a layer, which thread `me` owns. Its weights, an in x (end - begin) matrix with rows ld
 * apart, begin at weight.w + offset, and so do their gradient and moments. */
struct bm_share_of { size_t begin, end, ld, offset; };
struct bm_share_of bm_share_of(const struct bm_layer *layer, int me);

/* Memory that is handed out in whole cache lines. */
struct bm_arena {
    char *base; /* NULL while counting */
    size_t used;
};
void *bm_take(struct bm_arena *arena, size_t bytes);

/* All arrays of the network but scratch, for passes of at most so many rows, training ones of at most `batch`. */
void bm_lay_out(struct bm_network *net, struct bm_arena *arena, size_t rows, size_t batch);

#endif
