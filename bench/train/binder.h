/* SPDX-License-Identifier: MIT */
/* binder.h - what the files that list the calls of a plan share: calls.c, with a step in f32, calls_hidden.c, with
 * what its hidden layers have between products, and calls_bf16.c, with what a step in bf16 has instead. */
#ifndef BATCHMARK_BINDER_H
#define BATCHMARK_BINDER_H

#include "calls.h"

struct bm_binder {
    struct bm_network *net;
    struct bm_plan *plan;
    struct bm_arena *arena;
    char *scratch;         /* one for each thread */
    size_t *scratch_bytes; /* most that a call, or a thread's share of it, needs */
    unsigned layer;
    bool counting;         /* pointers are NULL: sizes only */
    bool wait;             /* before the next call */
    bool failed;
    struct bm_error *error;
};

int bm_bind_threads(const struct bm_binder *b);

/* Appends a call: chooses its kernel and asks it what it thinks of the arguments. */
void bm_bind_call(struct bm_binder *b, enum bm_phase phase, const char *op_name, struct bm_shape shape, union bm_args args,
                  size_t columns);

/* Scratch for the kernel with these arguments. */
void bm_bind_need(struct bm_binder *b, const struct bm_kernel *kernel, const union bm_args *args);

/* Calls in f32 that a step in bf16 has, too: loss and its gradient, the gradient of a bias, BN on the input, its gradients
 * from the product of the first weights, an optimiser. */
void bm_bind_loss(struct bm_binder *b, const struct bm_layer *last);
void bm_bind_bias_gradient(struct bm_binder *b, const struct bm_layer *layer);
void bm_bind_input_bn(struct bm_binder *b);
void bm_bind_input_gradient(struct bm_binder *b, const struct bm_layer *layer);
void bm_bind_optimizer(struct bm_binder *b, const struct bm_parameter *p, size_t count);

/* Forward and inference: x to y. Backward: dy to dx. What an op does not read may be NULL. Synchronised: what training has
 * over all ranks is exchanged before or instead, with the running statistics. */
void bm_bind_bn(struct bm_binder *b, enum bm_phase phase, const char *op, const struct bm_norm *n, size_t ld, const float *x,
                float *y, const float *dy, float *dx);
void bm_bind_relu(struct bm_binder *b, const char *op, const struct bm_layer *layer, const float *x, float *y, const float *dy,
                  float *dx);

/* Of a hidden layer: where its product goes, what follows that up to layer->a, and the way back in layer->d. */
float *bm_bind_product_of(const struct bm_binder *b, const struct bm_layer *layer);
void bm_bind_hidden(struct bm_binder *b, const struct bm_layer *layer);
void bm_bind_hidden_backward(struct bm_binder *b, const struct bm_layer *layer);

/* Of a convolution: forward to layer->pooled, back from layer->d_pooled to layer->d, and its gradients by that. */
void bm_bind_conv(struct bm_binder *b, const struct bm_layer *layer, const float *in);
void bm_bind_conv_backward(struct bm_binder *b, const struct bm_layer *layer);
void bm_bind_conv_input_gradient(struct bm_binder *b, const struct bm_layer *layer, float *dx);
void bm_bind_conv_weight_gradient(struct bm_binder *b, const struct bm_layer *layer, const float *in);

/* BN's arguments in f32; what an op does not read may be NULL. */
struct bm_bn bm_bind_bn_args(const struct bm_binder *b, const char *op, const struct bm_norm *n, size_t ld, struct bm_shape *shape);

/* Is this layer's input normalised by the network's own parameters? */
bool bm_bind_reads_input_bn(const struct bm_binder *b);

/* The calls from `first` on, a product and what follows it, go through the weights in blocks of rows. */
void bm_bind_blocks(struct bm_binder *b, const struct bm_layer *layer, unsigned first);

/* Of a step in bf16: forward to the loss, back to the gradients by layers' inputs, and the step of a layer's weights. */
void bm_bind_forward_bf16(struct bm_binder *b);
void bm_bind_gradients_bf16(struct bm_binder *b);
void bm_bind_update_bf16(struct bm_binder *b, unsigned l);

#endif
