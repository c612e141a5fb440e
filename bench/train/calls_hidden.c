/* SPDX-License-Identifier: MIT */
/* calls_hidden.c - the calls between the product of a hidden layer and the next layer, and back, in f32: BN, activation,
 * dropout (network.h). */
#include "binder.h"

void bm_bind_relu(struct bm_binder *b, const char *op, const struct bm_layer *layer, const float *x, float *y, const float *dy,
                  float *dx)
{
    if (b->failed)
        return;
    const size_t ld = layer->ld;
    struct bm_shape s = { .N = b->plan->rows, .C = layer->out, .slope = bm_train_slope(b->net->config) };
    bm_bind_call(b, BM_ACTIVATION, op, s, (union bm_args){ .relu = {
        .N = s.N, .C = s.C, .ldx = ld, .ldy = ld, .lddy = ld, .lddx = ld, .x = x, .y = y, .dy = dy, .dx = dx,
        .slope = s.slope, .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.C);
}

/* Sigmoid or tanh: of y, in place, or of the gradient by that, in place. */
static void add_activation(struct bm_binder *b, const char *op, const struct bm_layer *layer, float *y, float *d)
{
    if (b->failed)
        return;
    const size_t ld = layer->ld;
    struct bm_shape s = { .N = b->plan->rows, .C = layer->out,
                          .act = b->net->config->activation == BM_ACTIVATION_TANH ? BM_TANH : BM_SIGMOID };
    bm_bind_call(b, BM_ACTIVATION, op, s, (union bm_args){ .activation = {
        .N = s.N, .C = s.C, .ldx = ld, .ldy = ld, .lddy = ld, .lddx = ld, .x = y, .y = y, .dy = d, .dx = d,
        .act = s.act, .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.C);
}

/* Of a layer's outputs to what the next one reads, or of the gradient by that, in place. Training only. */
static void add_dropout(struct bm_binder *b, const struct bm_layer *layer, const float *x, float *y)
{
    const float rate = (float)b->net->config->dropout;
    if (b->failed || rate == 0 || !b->plan->training)
        return;
    struct bm_shape s = { .N = b->plan->rows, .C = layer->out, .rate = rate };
    bm_bind_call(b, BM_ACTIVATION, "dropout", s, (union bm_args){ .dropout = {
        .N = s.N, .C = s.C, .ldx = layer->ld, .ldy = layer->ld, .x = x, .y = y, .rate = rate,
        .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.C);
}

float *bm_bind_product_of(const struct bm_binder *b, const struct bm_layer *layer)
{
    return layer->norm.width ? layer->z : bm_train_activates_apart(b->net->config) && b->plan->training ? layer->y : layer->a;
}

/* With ReLU, which is part of BN's kernels, or, without BN, of the product. */
static void bind_relu(struct bm_binder *b, const struct bm_layer *layer)
{
    const unsigned bn = b->net->config->bn;
    const bool training = b->plan->training, before = bn & BM_BN_BEFORE, after = bn & BM_BN_AFTER;
    if (before || after)
        bm_bind_bn(b, BM_BN_FORWARD, !training ? "bn_inference" : before ? "bn_relu_forward" : "relu_bn_forward", &layer->norm,
                   layer->ld, layer->z, layer->a, NULL, NULL);
    if (before && !training)
        bm_bind_relu(b, "relu_forward", layer, layer->a, layer->a, NULL, NULL);
    add_dropout(b, layer, layer->a, layer->a);
}

/* With sigmoid or tanh, whose results must stay in layer->y while training. */
static void bind_apart(struct bm_binder *b, const struct bm_layer *layer)
{
    const unsigned bn = b->net->config->bn;
    const char *norm = b->plan->training ? "bn_forward" : "bn_inference";
    float *const y = b->plan->training || bn & BM_BN_AFTER ? layer->y : layer->a;
    if (bn & BM_BN_BEFORE)
        bm_bind_bn(b, BM_BN_FORWARD, norm, &layer->norm, layer->ld, layer->z, y, NULL, NULL);
    add_activation(b, "activation_forward", layer, y, NULL);
    if (bn & BM_BN_AFTER)
        bm_bind_bn(b, BM_BN_FORWARD, norm, &layer->norm, layer->ld, y, layer->a, NULL, NULL);
    add_dropout(b, layer, bn & BM_BN_AFTER ? layer->a : y, layer->a);
}

void bm_bind_hidden(struct bm_binder *b, const struct bm_layer *layer)
{
    if (bm_train_activates_apart(b->net->config))
        bind_apart(b, layer);
    else
        bind_relu(b, layer);
}

void bm_bind_hidden_backward(struct bm_binder *b, const struct bm_layer *layer)
{
    const unsigned bn = b->net->config->bn;
    const bool apart = bm_train_activates_apart(b->net->config), before = bn & BM_BN_BEFORE, after = bn & BM_BN_AFTER;
    float *d = layer->d;
    add_dropout(b, layer, d, d);
    if (after)
        bm_bind_bn(b, BM_BN_BACKWARD, apart ? "bn_backward" : "relu_bn_backward", &layer->norm, layer->ld, layer->z, NULL, d, d);
    if (apart)
        add_activation(b, "activation_backward", layer, layer->y, d);
    if (before)
        bm_bind_bn(b, BM_BN_BACKWARD, apart ? "bn_backward" : "bn_relu_backward", &layer->norm, layer->ld, layer->z, NULL, d, d);
    if (!apart && !before && !after)
        bm_bind_relu(b, "relu_backward", layer, layer->a, NULL, d, d);
}
