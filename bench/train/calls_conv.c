/* SPDX-License-Identifier: MIT */
/* calls_conv.c - the calls of a convolution, with what follows it up to the next layer, and back (network.h). */
#include "binder.h"

static struct bm_shape shape_of(const struct bm_binder *b, const struct bm_layer *layer)
{
    return (struct bm_shape){ .N = b->plan->rows,
                              .height = layer->height,
                              .width = layer->width,
                              .C = layer->channels,
                              .K = layer->out,
                              .filter = BM_CONV_FILTER,
                              .layout = layer->layout };
}

/* Floats from a row of an operand to the next: of a pixel, or in channels-first of an image. */
static size_t ld_of(const struct bm_layer *layer, size_t channels, size_t pixels)
{
    return layer->layout == BM_CHANNELS_FIRST ? channels * pixels : channels;
}

static void add_conv(struct bm_binder *b, enum bm_phase phase, const char *op, const struct bm_layer *layer,
                     const float *x, float *y, const float *dy, float *dx)
{
    if (b->failed)
        return;
    const struct bm_shape s = shape_of(b, layer);
    bm_bind_call(b, phase, op, s,
                 (union bm_args){ .conv = { .N = s.N,
                                            .H = s.height,
                                            .W = s.width,
                                            .C = s.C,
                                            .K = s.K,
                                            .R = BM_CONV_FILTER,
                                            .layout = s.layout,
                                            .ldx = ld_of(layer, s.C, layer->pixels),
                                            .ldy = ld_of(layer, s.K, layer->pixels),
                                            .ldw = layer->ld,
                                            .x = x,
                                            .w = layer->weight.w,
                                            .bias = layer->bias.w,
                                            .dy = dy,
                                            .y = y,
                                            .dx = dx,
                                            .dw = layer->weight.g,
                                            .db = layer->bias.g,
                                            .threads = bm_bind_threads(b),
                                            .scratch = b->scratch } },
                 s.K);
}

static void add_pool(struct bm_binder *b, const char *op, const struct bm_layer *layer, const float *x, float *y,
                     const float *dy, float *dx)
{
    if (b->failed)
        return;
    const struct bm_shape s = {
        .N = b->plan->rows, .height = layer->height, .width = layer->width, .C = layer->out, .layout = layer->layout
    };
    bm_bind_call(b, BM_ACTIVATION, op, s,
                 (union bm_args){ .pool = { .N = s.N,
                                            .H = s.height,
                                            .W = s.width,
                                            .C = s.C,
                                            .layout = s.layout,
                                            .ldx = ld_of(layer, s.C, layer->pixels),
                                            .ldy = ld_of(layer, s.C, s.height / 2 * (s.width / 2)),
                                            .x = x,
                                            .dy = dy,
                                            .y = y,
                                            .dx = dx,
                                            .threads = bm_bind_threads(b),
                                            .scratch = b->scratch } },
                 s.C);
}

/* BN over images and pixels: in channels-last these are the rows of a matrix. */
static void add_bn(struct bm_binder *b, enum bm_phase phase, const char *op, const struct bm_layer *layer,
                   const float *x, float *y, const float *dy, float *dx)
{
    if (b->failed)
        return;
    const bool first = layer->layout == BM_CHANNELS_FIRST;
    struct bm_shape s;
    struct bm_bn bn = bm_bind_bn_args(b, op, &layer->norm, ld_of(layer, layer->out, layer->pixels), &s);
    s.layout = bn.layout = layer->layout;
    s.N = bn.N = b->plan->rows * (first ? 1 : layer->pixels);
    s.S = bn.S = first ? layer->pixels : 1;
    bn.x = x, bn.y = y, bn.dy = dy, bn.dx = dx;
    bm_bind_call(b, phase, op, s, (union bm_args){ .bn = bn }, s.C);
}

/* Of all elements, wherever they lie. */
static void add_relu(struct bm_binder *b, const char *op, const struct bm_layer *layer, const float *x, float *y,
                     const float *dy, float *dx)
{
    if (b->failed)
        return;
    const struct bm_shape s = { .N = b->plan->rows,
                                .C = layer->pixels * layer->out,
                                .slope = bm_train_slope(b->net->config) };
    bm_bind_call(b, BM_ACTIVATION, op, s,
                 (union bm_args){ .relu = { .N = s.N,
                                            .C = s.C,
                                            .ldx = s.C,
                                            .ldy = s.C,
                                            .lddy = s.C,
                                            .lddx = s.C,
                                            .x = x,
                                            .y = y,
                                            .dy = dy,
                                            .dx = dx,
                                            .slope = s.slope,
                                            .threads = bm_bind_threads(b),
                                            .scratch = b->scratch } },
                 s.C);
}

void bm_bind_conv(struct bm_binder *b, const struct bm_layer *layer, const float *in)
{
    const bool norm = layer->norm.width > 0, fused = norm && b->plan->training;
    add_conv(b, BM_GEMM_FORWARD, "conv_forward", layer, in, norm ? layer->z : layer->a, NULL, NULL);
    if (norm)
        add_bn(b, BM_BN_FORWARD, fused ? "bn_relu_forward" : "bn_inference", layer, layer->z, layer->a, NULL, NULL);
    if (!fused)
        add_relu(b, "relu_forward", layer, layer->a, layer->a, NULL, NULL);
    add_pool(b, "max_pool_forward", layer, layer->a, layer->pooled, NULL, NULL);
}

void bm_bind_conv_backward(struct bm_binder *b, const struct bm_layer *layer)
{
    float *d = layer->d;
    add_pool(b, "max_pool_backward", layer, layer->a, NULL, layer->d_pooled, d);
    if (layer->norm.width)
        add_bn(b, BM_BN_BACKWARD, "bn_relu_backward", layer, layer->z, NULL, d, d);
    else
        add_relu(b, "relu_backward", layer, layer->a, NULL, d, d);
}

void bm_bind_conv_input_gradient(struct bm_binder *b, const struct bm_layer *layer, float *dx)
{
    add_conv(b, BM_GEMM_INPUT_GRADIENT, "conv_input_gradient", layer, NULL, NULL, layer->d, dx);
}

void bm_bind_conv_weight_gradient(struct bm_binder *b, const struct bm_layer *layer, const float *in)
{
    add_conv(b, BM_GEMM_WEIGHT_GRADIENT, "conv_weight_gradient", layer, in, NULL, layer->d, NULL);
}
