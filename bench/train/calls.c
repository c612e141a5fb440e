/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <stdio.h>
#include <string.h>

#include "binder.h"
#include "call_caches.h"
#include "call_parts.h"
#include "team.h"

const char *const bm_phase_names[BM_PHASE_COUNT] = {
    "gemm forward", "gemm input gradient", "gemm weight gradient", "bn forward", "bn backward", "activation",
    "loss", "bias gradient", "optimizer", "communication", "waiting", "data", "other",
};

static const float *from(const float *p, size_t offset) { return p ? p + offset : NULL; }

void bm_bind_need(struct bm_binder *b, const struct bm_kernel *kernel, const union bm_args *args)
{
    size_t bytes = bm_scratch_bytes(kernel, args);
    *b->scratch_bytes = bytes > *b->scratch_bytes ? bytes : *b->scratch_bytes;
}

bool bm_call_is_bf16(const struct bm_call *call) { return call->op && strstr(call->op->name, "_bf16"); }

/* Each thread's share of a call: of `columns`, or of the rows of the loss. */
static void share(struct bm_binder *b, struct bm_call *call, size_t columns)
{
    const int team = b->net->team;
    call->share = bm_take(b->arena, (size_t)team * sizeof *call->share);
    for (int me = 0; me < team; me++) {
        struct bm_range mine = bm_share(columns, call->phase == BM_LOSS_GRADIENT ? 1 : BM_LINE_FLOATS, me, team);
        struct bm_share_of own = { 0 };
        if (b->layer)
            own = bm_share_of(&b->net->layer[b->layer - 1], me);
        union bm_args args = bm_part_of(call, mine.begin, mine.end, own);
        args.means.threads = mine.begin < mine.end; /* 0: nothing to do */
        const bool sum = call->phase == BM_GEMM_INPUT_GRADIENT && !bm_call_is_bf16(call); /* over all threads' columns */
        if (mine.begin < mine.end && !sum)
            bm_bind_need(b, call->kernel, &args);
        for (int of = 0; of < team && mine.begin < mine.end && sum; of++) {
            union bm_args part = args;
            if (bm_part_from(&b->net->layer[b->layer - 1], call, mine.begin, of, &part.gemm))
                bm_bind_need(b, call->kernel, &part);
        }
        args.means.scratch = b->scratch ? b->scratch + (size_t)me * b->net->scratch_bytes : NULL;
        if (!b->counting)
            call->share[me] = args;
    }
}

int bm_bind_threads(const struct bm_binder *b) { return b->net->team ? 1 : (int)b->net->config->threads; }

const char *bm_set_of_op(const char *set, const char *op, char name[static BM_SET_NAME])
{
    static const char *const floats[] = { "avx512", "neon" };
    for (size_t i = 0; i < sizeof floats / sizeof *floats && strstr(op, "_bf16"); i++) {
        const size_t length = strlen(floats[i]);
        if (strncmp(set, floats[i], length) == 0 && (!set[length] || set[length] == '_')) {
            snprintf(name, BM_SET_NAME, "%sbf16%s", floats[i], set + length);
            return name;
        }
    }
    return set;
}

static const char *set_of(const struct bm_network *net, const char *op, char name[static BM_SET_NAME])
{
    const bool rest_of_auto = strcmp(net->config->kernels, "region") == 0 || net->peer;
    return bm_set_of_op(rest_of_auto ? "auto" : net->config->kernels, op, name);
}

void bm_bind_call(struct bm_binder *b, enum bm_phase phase, const char *op_name, struct bm_shape shape, union bm_args args,
                  size_t columns)
{
    const struct bm_train_config *c = b->net->config;
    const bool region = b->net->team > 0;
    struct bm_call *call = &b->plan->call[b->plan->calls++];
    const char *why = NULL;
    char name[BM_SET_NAME];
    const char *set = set_of(b->net, op_name, name);
    args.means.caches = bm_call_caches();
    *call = (struct bm_call){ .phase = phase, .layer = b->layer, .op = bm_find_op(op_name), .shape = shape,
                              .args = args, .wait = b->wait, .round = strcmp(op_name, "round_bf16") == 0 };
    b->wait = false;
    call->kernel = call->op ? bm_choose(call->op, set, &shape, bm_bind_threads(b)) : NULL;
    const struct bm_kernel *peer = b->net->peer;
    if (peer && call->op == peer->op && shape.K > 1) /* K = 1: a bias, see add_product() */
        call->kernel = peer;
    if (!call->kernel)
        b->failed = !bm_failed(b->error, "there is no kernel %s_%s; `batchmark list --op %s` shows what there is",
                               op_name, call->op && strstr(op_name, "_bf16") ? set : c->kernels, op_name);
    else if (!bm_runnable(call->kernel, &why))
        b->failed = !bm_failed(b->error, "%s does not run here: %s", call->kernel->name, why);
    else if (!b->counting && (why = bm_refuses(call->kernel, &args)))
        b->failed = !bm_failed(b->error, "%s refuses its arguments: %s", call->kernel->name, why);
    else if (region)
        share(b, call, columns);
    else
        bm_bind_need(b, call->kernel, &args);
}

static bool over_ranks(const struct bm_binder *b) { return b->net->config->ranks->count > 1; }

/* Of the layer at hand. */
static void add_exchange(struct bm_binder *b, enum bm_phase phase, enum bm_exchange exchange)
{
    if (!b->failed)
        b->plan->call[b->plan->calls++] =
            (struct bm_call){ .phase = phase, .exchange = exchange, .layer = b->layer };
}

/* lda, ldb, ldc from the arguments; the layer is that of the epilogue, NULL without one. */
static void add_gemm(struct bm_binder *b, enum bm_phase phase, struct bm_shape s, const float *A, size_t lda,
                     const float *B, size_t ldb, float *C, size_t ldc, const struct bm_layer *layer)
{
    if (b->failed)
        return;
    const bool stats = bm_epilogue_stats(s.epilogue);
    const bool step = phase == BM_GEMM_WEIGHT_GRADIENT && s.beta != 0; /* of SGD */
    const float alpha = step ? (float)-b->net->config->lr : 1;
    s.alpha = 1;
    bm_bind_call(b, phase, "gemm", s, (union bm_args){ .gemm = {
        .M = s.M, .N = s.N, .K = s.K, .ta = s.ta, .tb = s.tb, .alpha = alpha, .beta = s.beta,
        .A = A, .lda = lda, .B = B, .ldb = ldb, .C = C, .ldc = ldc,
        .epilogue = s.epilogue, .bias = layer ? layer->bias.w : NULL, .slope = s.slope,
        .mean = stats ? layer->norm.given_mean : NULL, .var = stats ? layer->norm.given_var : NULL,
        .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.N);
}

/* A layer's product with what its epilogue does. A peer has no epilogue: it adds to rows that hold the bias, the product
 * of a column of ones and the bias; an activation is a call of its own. */
static void add_product(struct bm_binder *b, struct bm_shape s, const float *A, size_t lda, float *C,
                        const struct bm_layer *layer)
{
    if (!b->net->peer) {
        add_gemm(b, BM_GEMM_FORWARD, s, A, lda, layer->weight.w, layer->ld, C, layer->ld, layer);
        return;
    }
    const bool activate = s.epilogue == BM_EPILOGUE_BIAS_RELU;
    struct bm_shape bias = { .M = s.M, .N = s.N, .K = 1 };
    s.epilogue = BM_EPILOGUE_NONE;
    s.beta = 1;
    add_gemm(b, BM_GEMM_FORWARD, bias, b->net->ones, 1, layer->bias.w, layer->out, C, layer->ld, NULL);
    add_gemm(b, BM_GEMM_FORWARD, s, A, lda, layer->weight.w, layer->ld, C, layer->ld, NULL);
    if (activate)
        bm_bind_relu(b, "relu_forward", layer, C, C, NULL, NULL);
}

struct bm_bn bm_bind_bn_args(const struct bm_binder *b, const char *op, const struct bm_norm *n, size_t ld, struct bm_shape *shape)
{
    const struct bm_train_config *c = b->net->config;
    const bool sync = b->plan->training && bm_train_synchronises(c);
    *shape = (struct bm_shape){ .N = b->plan->rows, .C = n->width, .S = 1, .layout = BM_CHANNELS_LAST,
        .slope = strstr(op, "relu") ? bm_train_slope(c) : 0, .eps = (float)c->bn_eps, .momentum = (float)c->bn_momentum,
        .unbiased = c->bn_variance == BM_VARIANCE_UNBIASED && !sync, .given = strstr(op, "_forward") && n->given_mean };
    return (struct bm_bn){
        .N = shape->N, .C = shape->C, .S = shape->S, .layout = shape->layout, .ldx = ld, .ldy = ld, .lddy = ld, .lddx = ld,
        .gamma = n->gamma.w, .beta = n->beta.w, .dgamma = n->gamma.g, .dbeta = n->beta.g,
        .mean = n->mean, .rstd = n->rstd, .running_mean = sync ? NULL : n->running_mean,
        .running_var = sync ? NULL : n->running_var, .given_mean = n->given_mean, .given_var = n->given_var,
        .eps = shape->eps, .momentum = shape->momentum, .unbiased = shape->unbiased, .slope = shape->slope,
        .threads = bm_bind_threads(b), .scratch = b->scratch };
}

/* Forward and inference: x to y. Backward: dy to dx. What an op does not read may be NULL. Synchronised: what training
 * has over all ranks is exchanged before or instead, with the running statistics. */
void bm_bind_bn(struct bm_binder *b, enum bm_phase phase, const char *op, const struct bm_norm *n, size_t ld, const float *x,
                float *y, const float *dy, float *dx)
{
    if (b->failed)
        return;
    const struct bm_train_config *c = b->net->config;
    const bool sync = b->plan->training && bm_train_synchronises(c);
    if (sync && phase == BM_BN_BACKWARD) {
        add_exchange(b, phase, BM_MAKE_NORM_SUMS);
        add_exchange(b, BM_COMMUNICATION, BM_ADD_NORM_SUMS);
        add_exchange(b, phase, BM_NORM_GRADIENT);
        return;
    }
    if (sync) {
        add_exchange(b, phase, BM_MAKE_MOMENTS);
        add_exchange(b, BM_COMMUNICATION, BM_MERGE_MOMENTS);
    }
    struct bm_shape s;
    struct bm_bn bn = bm_bind_bn_args(b, op, n, ld, &s);
    bn.x = x, bn.y = y, bn.dy = dy, bn.dx = dx;
    bm_bind_call(b, phase, op, s, (union bm_args){ .bn = bn }, s.C);
}

/* y = gamma x + beta. */
static void add_scale(struct bm_binder *b, const struct bm_norm *n, size_t ld, const float *x, float *y)
{
    if (b->failed)
        return;
    struct bm_shape s = { .N = b->plan->rows, .C = n->width, .S = 1, .layout = BM_CHANNELS_LAST };
    bm_bind_call(b, BM_BN_FORWARD, "bn_inference", s, (union bm_args){ .bn = {
        .N = s.N, .C = s.C, .S = s.S, .layout = s.layout, .ldx = ld, .ldy = ld, .x = x, .y = y, .gamma = n->gamma.w,
        .beta = n->beta.w, .running_mean = n->running_mean, .running_var = n->running_var,
        .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.C);
}

void bm_bind_loss(struct bm_binder *b, const struct bm_layer *last)
{
    if (b->failed)
        return;
    struct bm_network *net = b->net;
    struct bm_shape s = { .N = b->plan->rows, .C = last->out };
    b->wait = true;
    bm_bind_call(b, BM_LOSS_GRADIENT, "softmax_xent", s, (union bm_args){ .softmax_xent = {
        .N = s.N, .C = s.C, .ldz = last->ld, .lddz = last->ld, .z = last->z, .label = net->label, .dz = last->d,
        .loss = net->loss, .hit = net->hit, .scale = b->plan->counted ? 1 / (float)b->plan->all_rows : 0,
        .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.N);
    b->wait = true;
}

void bm_bind_bias_gradient(struct bm_binder *b, const struct bm_layer *layer)
{
    if (b->failed)
        return;
    struct bm_shape s = { .N = b->plan->rows, .C = layer->out };
    bm_bind_call(b, BM_BIAS_GRADIENT, "bias_grad", s, (union bm_args){ .bias_grad = {
        .N = s.N, .C = s.C, .lddy = layer->ld, .dy = layer->d, .db = layer->bias.g,
        .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.C);
}

bool bm_call_is_optimizer(const struct bm_call *call)
{
    return call->phase == BM_OPTIMIZER && call->op && !call->round && strcmp(call->op->name, "weight_decay") != 0;
}

/* Before the optimiser. */
static void add_weight_decay(struct bm_binder *b, const struct bm_parameter *p, size_t count)
{
    const float decay = (float)b->net->config->weight_decay;
    if (!b->failed && decay > 0)
        bm_bind_call(b, BM_OPTIMIZER, "weight_decay", (struct bm_shape){ .N = count }, (union bm_args){ .weight_decay = {
            .N = count, .w = p->w, .g = p->g, .decay = decay, .threads = bm_bind_threads(b), .scratch = b->scratch } }, count);
}

/* Of count elements. Weights in a step of one region: of one row, to be checked; what it works on comes with the product. */
void bm_bind_optimizer(struct bm_binder *b, const struct bm_parameter *p, size_t count)
{
    static const char *const op[] = { "sgd", "momentum", "adam" };
    add_weight_decay(b, p, count);
    if (b->failed)
        return;
    const struct bm_train_config *c = b->net->config;
    bool adam = c->optimizer == BM_OPTIMIZER_ADAM;
    bm_bind_call(b, BM_OPTIMIZER, op[c->optimizer], (struct bm_shape){ .N = count }, (union bm_args){ .optimizer = {
        .N = count, .w = p->w, .g = p->g ? p->g : p->w, .m = p->m, .v = p->v, .lr = (float)c->lr,
        .beta1 = (float)(adam ? c->adam_beta1 : c->momentum), .beta2 = (float)c->adam_beta2, .eps = (float)c->adam_eps,
        .threads = bm_bind_threads(b), .scratch = b->scratch } }, count);
}

/* Is this layer's input normalised by the network's own parameters? */
bool bm_bind_reads_input_bn(const struct bm_binder *b) { return b->layer == 1 && b->net->input.width; }

/* The gradients of BN on the input, from the product of its xhat, which becomes the gradient of weights. Threads of a
 * region have sums over their own columns. */
void bm_bind_input_gradient(struct bm_binder *b, const struct bm_layer *layer)
{
    const struct bm_norm *n = &b->net->input;
    if (b->failed || !bm_bind_reads_input_bn(b))
        return;
    struct bm_shape s = { .N = layer->in, .C = layer->out };
    bm_bind_call(b, BM_BN_BACKWARD, "bn_input_gradient", s, (union bm_args){ .bn_input = {
        .N = s.N, .C = s.C, .ldw = layer->ld, .ldd = layer->ld, .w = layer->weight.w, .d = layer->weight.g,
        .db = layer->bias.g, .gamma = n->gamma.w, .beta = n->beta.w, .dgamma = n->gamma.g, .dbeta = n->beta.g,
        .threads = bm_bind_threads(b), .scratch = b->scratch } }, s.C);
    b->plan->call[b->plan->calls - 1].layer = 0;
}

/* The product for the weights' gradient. Where that is not stored, SGD's is added to the weights, and others' is to be
 * put elsewhere. */
static void add_weight_gradient(struct bm_binder *b, const struct bm_layer *layer, const float *in, size_t ld)
{
    if (layer->channels) {
        bm_bind_conv_weight_gradient(b, layer, in);
        return;
    }
    struct bm_shape s = { .M = layer->in, .N = layer->out, .K = b->plan->rows, .ta = true };
    s.beta = b->net->team && b->net->config->optimizer == BM_OPTIMIZER_SGD && !bm_bind_reads_input_bn(b);
    add_gemm(b, BM_GEMM_WEIGHT_GRADIENT, s, in, ld, layer->d, layer->ld,
             b->net->team ? layer->weight.w : layer->weight.g, layer->ld, NULL);
    bm_bind_input_gradient(b, layer);
}

/* The weights' gradient and their step. */
static void add_update(struct bm_binder *b, const struct bm_layer *layer, const float *in, size_t ld)
{
    const struct bm_parameter *weight = &layer->weight;
    const unsigned first = b->plan->calls;
    add_weight_gradient(b, layer, in, ld);
    if (b->net->team == 0)
        bm_bind_optimizer(b, weight, weight->count);
    if (b->net->team == 0 || (b->net->config->optimizer == BM_OPTIMIZER_SGD && !bm_bind_reads_input_bn(b)))
        return;
    bm_bind_optimizer(b, weight, layer->out);
    bm_bind_blocks(b, layer, first);
}

static const float *input_of(const struct bm_network *net, unsigned l)
{
    return l == 0 ? net->input.width ? net->normal_x : net->x : net->layer[l - 1].channels ? net->layer[l - 1].pooled : net->layer[l - 1].a;
}

/* What the product for the weights' gradient reads: of BN on the input, what it is before gamma and beta. */
static const float *factor_of(const struct bm_network *net, unsigned l)
{
    return l == 0 && net->input.width ? net->xhat : input_of(net, l);
}

static size_t input_ld(const struct bm_network *net, unsigned l)
{
    return l == 0 ? net->config->width[0] : net->layer[l - 1].channels ? net->layer[l].in : net->layer[l - 1].ld;
}

/* Of the input. Training needs xhat, too: first it is normalised alone, with a gamma of 1 and a beta of 0; then these are
 * put to it, which is inference by a mean of 0 and a variance of 1. */
void bm_bind_input_bn(struct bm_binder *b)
{
    const struct bm_network *net = b->net;
    struct bm_norm alone = net->input, given = net->input;
    const size_t ld = net->config->width[0];
    if (!b->plan->training) {
        bm_bind_bn(b, BM_BN_FORWARD, "bn_inference", &net->input, ld, net->x, net->normal_x, NULL, NULL);
        return;
    }
    alone.gamma.w = given.running_var = net->ones;
    alone.beta.w = given.running_mean = net->zeros;
    bm_bind_bn(b, BM_BN_FORWARD, "bn_forward", &alone, ld, net->x, net->xhat, NULL, NULL);
    add_scale(b, &given, ld, net->xhat, net->normal_x);
}

static void bind_forward(struct bm_binder *b)
{
    struct bm_network *net = b->net;
    const struct bm_train_config *c = net->config;
    size_t rows = b->plan->rows;
    bool training = b->plan->training;
    if (net->input.width)
        bm_bind_input_bn(b);
    for (unsigned l = 0; l < net->layers; l++) {
        const struct bm_layer *layer = &net->layer[l];
        struct bm_shape product = { .M = rows, .N = layer->out, .K = layer->in, .epilogue = BM_EPILOGUE_BIAS };
        bool last = l == net->layers - 1, before = c->bn & BM_BN_BEFORE, after = c->bn & BM_BN_AFTER;
        b->layer = l + 1;
        if (layer->channels) {
            bm_bind_conv(b, layer, input_of(net, l));
            continue;
        }
        if (!last && !before && !(after && training) && !bm_train_activates_apart(c)) {
            product.epilogue = BM_EPILOGUE_BIAS_RELU;
            product.slope = bm_train_slope(c);
        }
        if (!last && before && training && c->norm == BM_NORM_BATCH && !net->peer && !bm_train_synchronises(c))
            product.epilogue = BM_EPILOGUE_BIAS_BN_STATS;
        b->wait = true;
        add_product(b, product, input_of(net, l), input_ld(net, l), last ? layer->z : bm_bind_product_of(b, layer), layer);
        if (last)
            bm_bind_loss(b, layer);
        else
            bm_bind_hidden(b, layer);
    }
}

/* Are all gradients made before the first step? Over ranks, and to clip them. */
static bool gradients_first(const struct bm_binder *b) { return over_ranks(b) || b->net->config->clip_norm > 0; }

/* Over ranks the sum of a layer's gradients begins as soon as they are there. */
static void bind_gradients(struct bm_binder *b)
{
    struct bm_network *net = b->net;
    for (unsigned l = net->layers; l-- > 0; ) {
        const struct bm_layer *layer = &net->layer[l];
        b->layer = l + 1;
        if (layer->channels)
            bm_bind_conv_backward(b, layer);
        else {
            if (l < net->layers - 1)
                bm_bind_hidden_backward(b, layer);
            bm_bind_bias_gradient(b, layer);
        }
        if (gradients_first(b))
            add_weight_gradient(b, layer, factor_of(net, l), input_ld(net, l));
        if (over_ranks(b))
            add_exchange(b, BM_COMMUNICATION, BM_BEGIN_GRADIENT_SUM);
        if (l == 0)
            break;
        b->wait = true;
        float *dx = net->layer[l - 1].channels ? net->layer[l - 1].d_pooled : net->layer[l - 1].d;
        if (layer->channels)
            bm_bind_conv_input_gradient(b, layer, dx);
        else
            add_gemm(b, BM_GEMM_INPUT_GRADIENT,
                     (struct bm_shape){ .M = b->plan->rows, .N = layer->in, .K = layer->out, .tb = true }, layer->d,
                     layer->ld, layer->weight.w, layer->ld, dx, input_ld(net, l), NULL);
    }
    b->layer = 0;
    if (over_ranks(b) && net->input.width)
        add_exchange(b, BM_COMMUNICATION, BM_BEGIN_GRADIENT_SUM);
}

static void add_norm_step(struct bm_binder *b, const struct bm_norm *n)
{
    if (n->width) {
        bm_bind_optimizer(b, &n->gamma, n->width);
        bm_bind_optimizer(b, &n->beta, n->width);
    }
}

/* Adds up what threads have summed over their columns. */
static void add_sum_of_threads(struct bm_binder *b, const float *sums, float *sum)
{
    if (b->failed)
        return;
    struct bm_shape s = { .N = (size_t)b->net->team, .C = b->net->input.width };
    bm_bind_call(b, BM_BN_BACKWARD, "bias_grad", s, (union bm_args){ .bias_grad = {
        .N = s.N, .C = s.C, .lddy = 2 * b->net->sums_ld, .dy = sums, .db = sum, .threads = bm_bind_threads(b),
        .scratch = b->scratch } }, s.C);
}

/* Of BN on the input. The weights' step made its gradients. */
static void add_input_step(struct bm_binder *b)
{
    const struct bm_network *net = b->net;
    b->layer = 0;
    if (net->input.width && net->team > 1) {
        b->wait = true;
        add_sum_of_threads(b, net->sums_of_threads, net->input.gamma.g);
        add_sum_of_threads(b, from(net->sums_of_threads, net->sums_ld), net->input.beta.g);
    }
    add_norm_step(b, &net->input);
}

/* All gradients by layers' inputs come first: after them nothing reads the weights any more, but those of the first layer
 * where they make the gradients of BN on the input. Over ranks the layers take their steps in the order in which the sums
 * began. */
static void bind_backward(struct bm_binder *b)
{
    struct bm_network *net = b->net;
    const bool bf16 = net->config->precision == BM_PRECISION_BF16;
    if (bf16)
        bm_bind_gradients_bf16(b);
    else
        bind_gradients(b);
    if (net->config->clip_norm > 0)
        add_exchange(b, BM_OPTIMIZER, BM_CLIP_GRADIENT);
    b->wait = true;
    for (unsigned i = 0; i < net->layers; i++) {
        const unsigned l = over_ranks(b) ? net->layers - 1 - i : i;
        const struct bm_layer *layer = &net->layer[l];
        b->layer = l + 1;
        if (over_ranks(b))
            add_exchange(b, BM_COMMUNICATION, BM_FINISH_GRADIENT_SUM);
        if (gradients_first(b))
            bm_bind_optimizer(b, &layer->weight, layer->weight.count);
        else if (bf16)
            bm_bind_update_bf16(b, l);
        else
            add_update(b, layer, factor_of(net, l), input_ld(net, l));
        bm_bind_optimizer(b, &layer->bias, layer->out);
        add_norm_step(b, &layer->norm);
    }
    b->layer = 0;
    if (over_ranks(b) && net->input.width)
        add_exchange(b, BM_COMMUNICATION, BM_FINISH_GRADIENT_SUM);
    add_input_step(b);
}

bool bm_plan_bind(struct bm_plan *plan, struct bm_network *net, struct bm_arena *arena, char *scratch,
                  size_t *scratch_bytes, struct bm_error *error)
{
    struct bm_binder b = { .net = net, .plan = plan, .arena = arena, .scratch = scratch, .scratch_bytes = scratch_bytes,
                        .counting = !arena->base, .error = error };
    plan->calls = 0;
    plan->wait_seconds = plan->fill_seconds = plan->progress_seconds = 0;
    if (plan->all_rows == 0)
        plan->all_rows = plan->counted = plan->rows;
    b.wait = true; /* for the batch */
    if (plan->rows > 0 && plan->training && net->config->precision == BM_PRECISION_BF16)
        bm_bind_forward_bf16(&b);
    else if (plan->rows > 0)
        bind_forward(&b);
    if (plan->rows > 0 && plan->training)
        bind_backward(&b);
    return !b.failed;
}
