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

/* Of y, in place, or back: of the gradient d by that, in place. While it is counted, all pointers are NULL. */
static void add_activation(struct bm_binder *b, bool back, const struct bm_layer *layer, float *y, float *d)
{
    if (b->failed)
        return;
    if (b->net->config->activation < BM_ACTIVATION_SIGMOID) {
        bm_bind_relu(b, back ? "relu_backward" : "relu_forward", layer, y, y, d, d);
        return;
    }
    const size_t ld = layer->ld;
    struct bm_shape s = { .N = b->plan->rows, .C = layer->out,
                          .act = b->net->config->activation == BM_ACTIVATION_TANH ? BM_TANH : BM_SIGMOID };
    bm_bind_call(b, BM_ACTIVATION, back ? "activation_backward" : "activation_forward", s, (union bm_args){ .activation = {
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

/* x to y, or back: the gradient d by x, in place. Other norms than BN are in training and evaluation the same. */
static void add_norm(struct bm_binder *b, bool back, const struct bm_layer *layer, const float *x, float *y, float *d)
{
    const struct bm_train_config *c = b->net->config;
    const struct bm_norm *n = &layer->norm;
    const enum bm_phase phase = back ? BM_BN_BACKWARD : BM_BN_FORWARD;
    if (b->failed)
        return;
    if (c->norm == BM_NORM_BATCH) {
        bm_bind_bn(b, phase, back ? "bn_backward" : b->plan->training ? "bn_forward" : "bn_inference", n, layer->ld, x, y, d, d);
        return;
    }
    const size_t ld = layer->ld, rows = b->plan->rows;
    const float eps = (float)c->bn_eps;
    if (c->norm == BM_NORM_GROUP) {
        const struct bm_shape s = { .N = rows, .C = n->width, .S = 1, .G = c->groups, .layout = BM_CHANNELS_LAST, .eps = eps };
        bm_bind_call(b, phase, back ? "group_norm_backward" : "group_norm_forward", s, (union bm_args){ .group_norm = {
            .N = s.N, .C = s.C, .S = 1, .G = s.G, .layout = s.layout, .ldx = ld, .ldy = ld, .lddy = ld, .lddx = ld, .x = x, .y = y,
            .dy = d, .dx = d, .gamma = n->gamma.w, .beta = n->beta.w, .dgamma = n->gamma.g, .dbeta = n->beta.g, .mean = n->mean,
            .rstd = n->rstd, .eps = eps, .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.C);
        return;
    }
    static const char *const op[2][2] = { { "layer_norm_forward", "layer_norm_backward" }, { "rms_norm_forward", "rms_norm_backward" } };
    const struct bm_shape s = { .N = rows, .C = n->width, .eps = eps };
    bm_bind_call(b, phase, op[c->norm == BM_NORM_RMS][back], s, (union bm_args){ .layer_norm = {
        .N = s.N, .C = s.C, .ldx = ld, .ldy = ld, .lddy = ld, .lddx = ld, .x = x, .y = y, .dy = d, .dx = d, .gamma = n->gamma.w,
        .beta = n->beta.w, .dgamma = n->gamma.g, .dbeta = n->beta.g, .mean = n->mean, .rstd = n->rstd, .eps = eps,
        .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.C);
}

/* With an activation that is a call of its own, whose results must stay in layer->y while training. */
static void bind_apart(struct bm_binder *b, const struct bm_layer *layer)
{
    const unsigned bn = b->net->config->bn;
    float *const y = b->plan->training || bn & BM_BN_AFTER ? layer->y : layer->a;
    if (bn & BM_BN_BEFORE)
        add_norm(b, false, layer, layer->z, y, NULL);
    add_activation(b, false, layer, y, NULL);
    if (bn & BM_BN_AFTER)
        add_norm(b, false, layer, y, layer->a, NULL);
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
    if (!apart) {
        if (before || after)
            bm_bind_bn(b, BM_BN_BACKWARD, after ? "relu_bn_backward" : "bn_relu_backward", &layer->norm, layer->ld, layer->z, NULL, d, d);
        else
            bm_bind_relu(b, "relu_backward", layer, layer->a, NULL, d, d);
        return;
    }
    if (after)
        add_norm(b, true, layer, layer->z, NULL, d);
    add_activation(b, true, layer, layer->y, d);
    if (before)
        add_norm(b, true, layer, layer->z, NULL, d);
}
