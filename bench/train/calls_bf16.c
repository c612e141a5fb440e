/* SPDX-License-Identifier: MIT */
/* calls_bf16.c - the calls of a training step in bf16 (network.h). */
#include "binder.h"

/* Of gemm_bf16's arguments: what is no matrix. */
static struct bm_gemm_bf16 product_of(const struct bm_binder *b, struct bm_shape s)
{
    return (struct bm_gemm_bf16){ .M = s.M, .N = s.N, .K = s.K, .ta = s.ta, .tb = s.tb, .alpha = 1, .beta = s.beta,
                                  .epilogue = s.epilogue, .slope = s.slope, .result = s.result,
                                  .threads = bm_bind_threads(b), .scratch = b->scratch };
}

static void add_product(struct bm_binder *b, enum bm_phase phase, struct bm_shape s, struct bm_gemm_bf16 g)
{
    s.alpha = 1;
    if (!b->failed)
        bm_bind_call(b, phase, "gemm_bf16", s, (union bm_args){ .gemm_bf16 = g }, s.N);
}

/* Threads of a region take columns, of the loss' gradient rows. */
static void add_round(struct bm_binder *b, enum bm_phase phase, size_t rows, size_t columns, size_t ld, const float *x, uint16_t *y)
{
    const struct bm_shape s = { .N = rows, .C = columns };
    if (b->failed)
        return;
    bm_bind_call(b, phase, "round_bf16", s, (union bm_args){ .round_bf16 = {
        .N = rows, .C = columns, .ldx = ld, .ldy = ld, .x = x, .y = y, .threads = bm_bind_threads(b),
        .scratch = b->scratch } }, phase == BM_LOSS_GRADIENT ? rows : columns);
}

/* Forward: x to y. Backward: dy to dx. */
static void add_bn(struct bm_binder *b, enum bm_phase phase, const char *op, const struct bm_layer *layer, const uint16_t *x,
                   uint16_t *y, const uint16_t *dy, uint16_t *dx)
{
    struct bm_shape s;
    if (b->failed)
        return;
    const struct bm_bn n = bm_bind_bn_args(b, op, &layer->norm, layer->ld, &s);
    bm_bind_call(b, phase, op, s, (union bm_args){ .bn_bf16 = {
        .threads = n.threads, .scratch = n.scratch, .N = n.N, .C = n.C, .S = n.S, .layout = n.layout, .ldx = n.ldx,
        .ldy = n.ldy, .lddy = n.lddy, .lddx = n.lddx, .x = x, .y = y, .dy = dy, .dx = dx, .gamma = n.gamma, .beta = n.beta,
        .dgamma = n.dgamma, .dbeta = n.dbeta, .mean = n.mean, .rstd = n.rstd, .running_mean = n.running_mean,
        .running_var = n.running_var, .given_mean = n.given_mean, .given_var = n.given_var, .eps = n.eps,
        .momentum = n.momentum, .unbiased = n.unbiased, .slope = n.slope } }, s.C);
}

/* Back through the activation whose input or output is x, in place in the gradient. */
static void add_relu_backward(struct bm_binder *b, const struct bm_layer *layer, const uint16_t *x)
{
    const struct bm_shape s = { .N = b->plan->rows, .C = layer->out, .slope = bm_train_slope(b->net->config) };
    if (b->failed)
        return;
    bm_bind_call(b, BM_ACTIVATION, "relu_backward_bf16", s, (union bm_args){ .relu_bf16 = {
        .N = s.N, .C = s.C, .ldx = layer->ld, .lddy = layer->ld, .lddx = layer->ld, .x = x, .dy = layer->d16,
        .dx = layer->d16, .slope = s.slope, .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.C);
}

static const uint16_t *input_of(const struct bm_network *net, unsigned l) { return l ? net->layer[l - 1].a16 : net->x16; }

/* What the product for the weights' gradient reads: of BN on the input, what it is before gamma and beta. */
static const uint16_t *factor_of(const struct bm_network *net, unsigned l)
{
    return l == 0 && net->input.width ? net->xhat16 : input_of(net, l);
}

static size_t input_ld(const struct bm_network *net, unsigned l)
{
    return l > 0 ? net->layer[l - 1].ld : net->config->width[0];
}

static void add_batch(struct bm_binder *b)
{
    const struct bm_network *net = b->net;
    const size_t rows = b->plan->rows, features = net->config->width[0];
    b->layer = 0;
    if (!net->input.width) {
        add_round(b, BM_DATA, rows, features, features, net->x, net->x16);
        return;
    }
    bm_bind_input_bn(b);
    add_round(b, BM_BN_FORWARD, rows, features, features, net->xhat, net->xhat16);
    add_round(b, BM_BN_FORWARD, rows, features, features, net->normal_x, net->x16);
}

/* The product of layer l, and BN. After the activation z16 has its result, which is what is normalised. */
static void add_forward(struct bm_binder *b, unsigned l)
{
    const struct bm_network *net = b->net;
    const struct bm_layer *layer = &net->layer[l];
    const unsigned bn = net->config->bn;
    const bool last = l == net->layers - 1;
    struct bm_shape s = { .M = b->plan->rows, .N = layer->out, .K = layer->in, .epilogue = BM_EPILOGUE_BIAS };
    if (!last) {
        s.result = BM_RESULT_BF16;
        s.epilogue = bn & BM_BN_BEFORE ? BM_EPILOGUE_BIAS_BN_STATS : BM_EPILOGUE_BIAS_RELU;
        s.slope = bn & BM_BN_BEFORE ? 0 : bm_train_slope(net->config);
    }
    struct bm_gemm_bf16 g = product_of(b, s);
    g.A = input_of(net, l), g.lda = input_ld(net, l);
    g.B = layer->weight16, g.ldb = layer->ld;
    g.C = last ? layer->z : NULL, g.ldc = layer->ld;
    g.C16 = last ? NULL : layer->norm.width ? layer->z16 : layer->a16;
    g.bias = layer->bias.w;
    if (s.epilogue == BM_EPILOGUE_BIAS_BN_STATS)
        g.mean = layer->norm.given_mean, g.var = layer->norm.given_var;
    b->wait = true; /* for all columns of what it reads */
    add_product(b, BM_GEMM_FORWARD, s, g);
    if (!last && layer->norm.width)
        add_bn(b, BM_BN_FORWARD, bn & BM_BN_BEFORE ? "bn_relu_forward_bf16" : "bn_forward_bf16", layer, layer->z16, layer->a16,
               NULL, NULL);
}

void bm_bind_forward_bf16(struct bm_binder *b)
{
    const struct bm_network *net = b->net;
    const struct bm_layer *last = &net->layer[net->layers - 1];
    add_batch(b);
    for (unsigned l = 0; l < net->layers; l++) {
        b->layer = l + 1;
        add_forward(b, l);
    }
    bm_bind_loss(b, last);
    b->wait = false; /* threads round the rows of the loss that they made */
    add_round(b, BM_LOSS_GRADIENT, b->plan->rows, last->out, last->ld, last->d, last->d16);
    b->wait = true;
}

static void add_activation_backward(struct bm_binder *b, const struct bm_layer *layer)
{
    const unsigned bn = b->net->config->bn;
    if (bn & BM_BN_BEFORE)
        add_bn(b, BM_BN_BACKWARD, "bn_relu_backward_bf16", layer, layer->z16, NULL, layer->d16, layer->d16);
    else if (bn & BM_BN_AFTER)
        add_bn(b, BM_BN_BACKWARD, "bn_backward_bf16", layer, layer->z16, NULL, layer->d16, layer->d16);
    if (!(bn & BM_BN_BEFORE))
        add_relu_backward(b, layer, bn & BM_BN_AFTER ? layer->z16 : layer->a16);
}

/* Of a hidden layer the product of a row of ones and d, whose sums are in f32. */
static void add_bias_gradient(struct bm_binder *b, const struct bm_layer *layer)
{
    const struct bm_shape s = { .M = 1, .N = layer->out, .K = b->plan->rows };
    struct bm_gemm_bf16 g = product_of(b, s);
    g.A = b->net->ones16, g.lda = s.K;
    g.B = layer->d16, g.ldb = layer->ld;
    g.C = layer->bias.g, g.ldc = layer->out;
    add_product(b, BM_BIAS_GRADIENT, s, g);
}

void bm_bind_gradients_bf16(struct bm_binder *b)
{
    const struct bm_network *net = b->net;
    for (unsigned l = net->layers; l-- > 0; ) {
        const struct bm_layer *layer = &net->layer[l];
        const bool last = l == net->layers - 1;
        b->layer = l + 1;
        if (!last)
            add_activation_backward(b, layer);
        if (last)
            bm_bind_bias_gradient(b, layer); /* of what the loss gave in f32 */
        else
            add_bias_gradient(b, layer);
        if (l == 0)
            break;
        const struct bm_shape s = { .M = b->plan->rows, .N = layer->in, .K = layer->out, .tb = true, .result = BM_RESULT_BF16 };
        struct bm_gemm_bf16 g = product_of(b, s);
        g.A = layer->d16, g.lda = layer->ld;
        g.B = layer->weight16, g.ldb = layer->ld;
        g.C16 = net->layer[l - 1].d16, g.ldc = input_ld(net, l);
        b->wait = true;
        add_product(b, BM_GEMM_INPUT_GRADIENT, s, g);
    }
}

/* The gradient of layer l's weights in f32, the step of the weights in f32, and their copy for the next step's products. */
void bm_bind_update_bf16(struct bm_binder *b, unsigned l)
{
    const struct bm_network *net = b->net;
    const struct bm_layer *layer = &net->layer[l];
    const unsigned first = b->plan->calls;
    struct bm_shape s = { .M = layer->in, .N = layer->out, .K = b->plan->rows, .ta = true };
    const bool by_product = net->team && net->config->optimizer == BM_OPTIMIZER_SGD && !bm_bind_reads_input_bn(b);
    s.beta = by_product;
    struct bm_gemm_bf16 g = product_of(b, s);
    g.alpha = by_product ? (float)-net->config->lr : 1;
    g.A = factor_of(net, l), g.lda = input_ld(net, l);
    g.B = layer->d16, g.ldb = layer->ld;
    g.C = net->team ? layer->weight.w : layer->weight.g, g.ldc = layer->ld;
    add_product(b, BM_GEMM_WEIGHT_GRADIENT, s, g);
    bm_bind_input_gradient(b, layer);
    if (!by_product)
        bm_bind_optimizer(b, &layer->weight, net->team ? layer->out : layer->weight.count);
    add_round(b, BM_OPTIMIZER, net->team ? 1 : layer->in, layer->out, layer->ld, layer->weight.w, layer->weight16);
    if (net->team)
        bm_bind_blocks(b, layer, first);
}
