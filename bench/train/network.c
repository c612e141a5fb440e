#include "network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "shape.h"

const char *const bm_phase_names[BM_PHASE_COUNT] = {
    "gemm forward", "gemm input gradient", "gemm weight gradient", "bn forward", "bn backward", "activation",
    "loss", "bias gradient", "optimizer", "data", "other",
};

/* ---- memory: laid out twice, first only to count ---------------------------------------------- */

struct arena {
    char *base; /* NULL while counting */
    size_t used;
};

static void *take(struct arena *a, size_t bytes)
{
    void *p = a->base ? a->base + a->used : NULL;
    a->used += (bytes + 63) / 64 * 64;
    return p;
}

static float *take_floats(struct arena *a, size_t count) { return take(a, count * sizeof(float)); }

static void take_parameter(struct arena *a, struct bm_parameter *p, size_t count, unsigned optimizer)
{
    p->count = count;
    p->w = take_floats(a, count);
    p->g = take_floats(a, count);
    p->m = optimizer == BM_OPTIMIZER_SGD ? NULL : take_floats(a, count);
    p->v = optimizer == BM_OPTIMIZER_ADAM ? take_floats(a, count) : NULL;
}

static void take_norm(struct arena *a, struct bm_norm *n, size_t width, bool given, unsigned optimizer)
{
    n->width = width;
    take_parameter(a, &n->gamma, width, optimizer);
    take_parameter(a, &n->beta, width, optimizer);
    n->mean = take_floats(a, width);
    n->rstd = take_floats(a, width);
    n->running_mean = take_floats(a, width);
    n->running_var = take_floats(a, width);
    n->given_mean = given ? take_floats(a, width) : NULL;
    n->given_var = given ? take_floats(a, width) : NULL;
}

static void lay_out(struct bm_network *net, struct arena *a, size_t rows)
{
    const struct bm_train_config *c = net->config;
    size_t features = c->width[0];
    bool input = c->bn & BM_BN_INPUT;
    net->layers = (unsigned)c->widths - 1;
    net->x = take_floats(a, rows * features);
    net->normal_x = input ? take_floats(a, rows * features) : NULL;
    net->input_d = input ? take_floats(a, rows * features) : NULL;
    net->label = take(a, rows * sizeof *net->label);
    net->loss = take_floats(a, rows);
    net->hit = take_floats(a, rows);
    take_norm(a, &net->input, input ? features : 0, false, c->optimizer);
    for (unsigned l = 0; l < net->layers; l++) {
        struct bm_layer *layer = &net->layer[l];
        bool last = l == net->layers - 1, before = !last && c->bn & BM_BN_BEFORE, after = !last && c->bn & BM_BN_AFTER;
        layer->in = c->width[l];
        layer->out = c->width[l + 1];
        take_parameter(a, &layer->weight, layer->in * layer->out, c->optimizer);
        take_parameter(a, &layer->bias, layer->out, c->optimizer);
        take_norm(a, &layer->norm, before || after ? layer->out : 0, before, c->optimizer);
        layer->z = take_floats(a, rows * layer->out);
        layer->a = last ? NULL : take_floats(a, rows * layer->out);
        layer->d = take_floats(a, rows * layer->out);
    }
}

/* ---- plans ------------------------------------------------------------------------------------ */

struct binder {
    struct bm_network *net;
    struct bm_plan *plan;
    void *scratch;
    size_t scratch_bytes; /* most that a call needs */
    unsigned layer;
    bool counting;        /* pointers are NULL: sizes only */
    bool failed;
    struct bm_error *error;
};

/* Appends a call: chooses its kernel and asks it what it thinks of the arguments. */
static void add(struct binder *b, enum bm_phase phase, const char *op_name, struct bm_shape shape, union bm_args args)
{
    const struct bm_train_config *c = b->net->config;
    struct bm_call *call = &b->plan->call[b->plan->calls++];
    const char *why = NULL;
    *call =
        (struct bm_call){ .phase = phase, .layer = b->layer, .op = bm_find_op(op_name), .shape = shape, .args = args };
    call->kernel = call->op ? bm_choose(call->op, c->kernels, &shape, (int)c->threads) : NULL;
    if (!call->kernel)
        b->failed = !bm_failed(b->error, "there is no kernel %s_%s; `batchmark list --op %s` shows what there is",
                               op_name, c->kernels, op_name);
    else if (!bm_runnable(call->kernel, &why))
        b->failed = !bm_failed(b->error, "%s does not run here: %s", call->kernel->name, why);
    else if (!b->counting && (why = bm_refuses(call->kernel, &args)))
        b->failed = !bm_failed(b->error, "%s refuses its arguments: %s", call->kernel->name, why);
    else {
        size_t bytes = bm_scratch_bytes(call->kernel, &args);
        b->scratch_bytes = bytes > b->scratch_bytes ? bytes : b->scratch_bytes;
    }
}

static int threads_of(const struct binder *b) { return (int)b->net->config->threads; }

/* The layer is that of the epilogue; NULL without one. */
static void add_gemm(struct binder *b, enum bm_phase phase, struct bm_shape s, const float *A, const float *B, float *C,
                     const struct bm_layer *layer)
{
    if (b->failed)
        return;
    const bool stats = bm_epilogue_stats(s.epilogue);
    s.alpha = 1;
    add(b, phase, "gemm", s, (union bm_args){ .gemm = {
        .M = s.M, .N = s.N, .K = s.K, .ta = s.ta, .tb = s.tb, .alpha = s.alpha, .beta = s.beta,
        .A = A, .lda = s.ta ? s.M : s.K, .B = B, .ldb = s.tb ? s.K : s.N, .C = C, .ldc = s.N,
        .epilogue = s.epilogue, .bias = layer ? layer->bias.w : NULL, .slope = s.slope,
        .mean = stats ? layer->norm.given_mean : NULL, .var = stats ? layer->norm.given_var : NULL,
        .threads = threads_of(b), .scratch = b->scratch } });
}

/* Forward and inference: x to y. Backward: dy to dx. What an op does not read may be NULL. */
static void add_bn(struct binder *b, enum bm_phase phase, const char *op, const struct bm_norm *n, const float *x,
                   float *y, const float *dy, float *dx)
{
    if (b->failed)
        return;
    const struct bm_train_config *c = b->net->config;
    struct bm_shape s = { .N = b->plan->rows, .C = n->width, .S = 1, .layout = BM_CHANNELS_LAST,
        .slope = strstr(op, "relu") ? bm_train_slope(c) : 0, .eps = (float)c->bn_eps, .momentum = (float)c->bn_momentum,
        .unbiased = c->bn_variance == BM_VARIANCE_UNBIASED, .given = strstr(op, "_forward") && n->given_mean };
    add(b, phase, op, s, (union bm_args){ .bn = {
        .N = s.N, .C = s.C, .S = s.S, .layout = s.layout, .ldx = s.C, .ldy = s.C, .lddy = s.C, .lddx = s.C,
        .x = x, .y = y, .dy = dy, .dx = dx,
        .gamma = n->gamma.w, .beta = n->beta.w, .dgamma = n->gamma.g, .dbeta = n->beta.g,
        .mean = n->mean, .rstd = n->rstd, .running_mean = n->running_mean, .running_var = n->running_var,
        .given_mean = n->given_mean, .given_var = n->given_var,
        .eps = s.eps, .momentum = s.momentum, .unbiased = s.unbiased, .slope = s.slope, .threads = threads_of(b),
        .scratch = b->scratch } });
}

static void add_relu(struct binder *b, const char *op, size_t C, const float *x, float *y, const float *dy, float *dx)
{
    if (b->failed)
        return;
    struct bm_shape s = { .N = b->plan->rows, .C = C, .slope = bm_train_slope(b->net->config) };
    add(b, BM_ACTIVATION, op, s, (union bm_args){ .relu = {
        .N = s.N, .C = s.C, .ldx = s.C, .ldy = s.C, .lddy = s.C, .lddx = s.C, .x = x, .y = y, .dy = dy, .dx = dx,
        .slope = s.slope, .threads = threads_of(b), .scratch = b->scratch } });
}

static void add_loss(struct binder *b, const struct bm_layer *last)
{
    if (b->failed)
        return;
    struct bm_network *net = b->net;
    struct bm_shape s = { .N = b->plan->rows, .C = last->out };
    add(b, BM_LOSS_GRADIENT, "softmax_xent", s, (union bm_args){ .softmax_xent = {
        .N = s.N, .C = s.C, .ldz = s.C, .lddz = s.C, .z = last->z, .label = net->label, .dz = last->d,
        .loss = net->loss, .hit = net->hit, .scale = 1 / (float)s.N,
        .threads = threads_of(b), .scratch = b->scratch } });
}

static void add_bias_gradient(struct binder *b, const struct bm_layer *layer)
{
    if (b->failed)
        return;
    struct bm_shape s = { .N = b->plan->rows, .C = layer->out };
    add(b, BM_BIAS_GRADIENT, "bias_grad", s, (union bm_args){ .bias_grad = {
        .N = s.N, .C = s.C, .lddy = s.C, .dy = layer->d, .db = layer->bias.g,
        .threads = threads_of(b), .scratch = b->scratch } });
}

static void add_optimizer(struct binder *b, const struct bm_parameter *p)
{
    static const char *const op[] = { "sgd", "momentum", "adam" };
    if (b->failed)
        return;
    const struct bm_train_config *c = b->net->config;
    bool adam = c->optimizer == BM_OPTIMIZER_ADAM;
    add(b, BM_OPTIMIZER, op[c->optimizer], (struct bm_shape){ .N = p->count }, (union bm_args){ .optimizer = {
        .N = p->count, .w = p->w, .g = p->g, .m = p->m, .v = p->v, .lr = (float)c->lr,
        .beta1 = (float)(adam ? c->adam_beta1 : c->momentum), .beta2 = (float)c->adam_beta2, .eps = (float)c->adam_eps,
        .threads = threads_of(b), .scratch = b->scratch } });
}

static const float *input_of(const struct bm_network *net, unsigned l)
{
    return l > 0 ? net->layer[l - 1].a : net->input.width ? net->normal_x : net->x;
}

static void bind_forward(struct binder *b)
{
    struct bm_network *net = b->net;
    const struct bm_train_config *c = net->config;
    size_t rows = b->plan->rows;
    bool training = b->plan->training;
    b->layer = 0;
    if (net->input.width)
        add_bn(b, BM_BN_FORWARD, training ? "bn_forward" : "bn_inference", &net->input, net->x, net->normal_x, NULL,
               NULL);
    for (unsigned l = 0; l < net->layers; l++) {
        const struct bm_layer *layer = &net->layer[l];
        const float *in = input_of(net, l);
        struct bm_shape product = { .M = rows, .N = layer->out, .K = layer->in, .epilogue = BM_EPILOGUE_BIAS };
        bool last = l == net->layers - 1, before = c->bn & BM_BN_BEFORE, after = c->bn & BM_BN_AFTER;
        b->layer = l + 1;
        if (!last && !before && !(after && training)) {
            product.epilogue = BM_EPILOGUE_BIAS_RELU;
            product.slope = bm_train_slope(c);
        }
        if (!last && before && training)
            product.epilogue = BM_EPILOGUE_BIAS_BN_STATS;
        add_gemm(b, BM_GEMM_FORWARD, product, in, layer->weight.w, last || layer->norm.width ? layer->z : layer->a,
                 layer);
        if (last)
            add_loss(b, layer);
        else if (before && training)
            add_bn(b, BM_BN_FORWARD, "bn_relu_forward", &layer->norm, layer->z, layer->a, NULL, NULL);
        else if (after && training)
            add_bn(b, BM_BN_FORWARD, "relu_bn_forward", &layer->norm, layer->z, layer->a, NULL, NULL);
        else if (before || after)
            add_bn(b, BM_BN_FORWARD, "bn_inference", &layer->norm, layer->z, layer->a, NULL, NULL);
        if (!last && before && !training)
            add_relu(b, "relu_forward", layer->out, layer->a, layer->a, NULL, NULL);
    }
}

static void bind_backward(struct binder *b)
{
    struct bm_network *net = b->net;
    const struct bm_train_config *c = net->config;
    size_t rows = b->plan->rows;
    for (unsigned l = net->layers; l-- > 0; ) {
        const struct bm_layer *layer = &net->layer[l];
        float *input_d = l > 0 ? net->layer[l - 1].d : net->input_d;
        b->layer = l + 1;
        if (l < net->layers - 1) {
            if (c->bn & BM_BN_BEFORE)
                add_bn(b, BM_BN_BACKWARD, "bn_relu_backward", &layer->norm, layer->z, NULL, layer->d, layer->d);
            else if (c->bn & BM_BN_AFTER)
                add_bn(b, BM_BN_BACKWARD, "relu_bn_backward", &layer->norm, layer->z, NULL, layer->d, layer->d);
            else
                add_relu(b, "relu_backward", layer->out, layer->a, NULL, layer->d, layer->d);
        }
        add_bias_gradient(b, layer);
        add_gemm(b, BM_GEMM_WEIGHT_GRADIENT,
                 (struct bm_shape){ .M = layer->in, .N = layer->out, .K = rows, .ta = true }, input_of(net, l),
                 layer->d, layer->weight.g, NULL);
        if (l > 0 || net->input.width)
            add_gemm(b, BM_GEMM_INPUT_GRADIENT,
                     (struct bm_shape){ .M = rows, .N = layer->in, .K = layer->out, .tb = true }, layer->d,
                     layer->weight.w, input_d, NULL);
        /* The gradient is warm, and nothing of this step reads the weights any more. */
        add_optimizer(b, &layer->weight);
        add_optimizer(b, &layer->bias);
        if (layer->norm.width) {
            add_optimizer(b, &layer->norm.gamma);
            add_optimizer(b, &layer->norm.beta);
        }
    }
    b->layer = 0;
    if (net->input.width) {
        add_bn(b, BM_BN_BACKWARD, "bn_backward", &net->input, net->x, NULL, net->input_d, net->input_d);
        add_optimizer(b, &net->input.gamma);
        add_optimizer(b, &net->input.beta);
    }
}

bool bm_network_create(struct bm_network *net, const struct bm_train_config *config, struct bm_plan *plan,
                       unsigned plans, struct bm_error *error)
{
    *net = (struct bm_network){ .config = config };
    struct arena arena = { NULL, 0 };
    size_t rows = 1;
    for (unsigned i = 0; i < plans; i++)
        rows = plan[i].rows > rows ? plan[i].rows : rows;

    for (int counting = 1; counting >= 0; counting--) {
        struct binder b = { .net = net, .counting = counting, .error = error };
        lay_out(net, &arena, rows);
        b.scratch = take(&arena, net->scratch_bytes);
        for (unsigned i = 0; i < plans && !b.failed; i++) {
            b.plan = &plan[i];
            plan[i].calls = 0;
            if (plan[i].rows == 0)
                continue;
            bind_forward(&b);
            if (plan[i].training)
                bind_backward(&b);
        }
        if (b.failed) {
            bm_network_free(net);
            return false;
        }
        if (counting) {
            net->scratch_bytes = b.scratch_bytes;
            net->bytes = arena.used + (b.scratch_bytes + 63) / 64 * 64;
            net->memory = bm_alloc(net->bytes);
            arena = (struct arena){ net->memory, 0 };
        }
    }
    bm_network_initialise(net);
    return true;
}

void bm_network_free(struct bm_network *net)
{
    free(net->memory);
    *net = (struct bm_network){ 0 };
}

/* Adam's bias correction of step t, as training.h says. */
static void correct_adam(const struct bm_train_config *c, double t, struct bm_optimizer *o)
{
    double c1 = 1 - pow(c->adam_beta1, t), c2 = 1 - pow(c->adam_beta2, t);
    o->lr = (float)(c->lr * sqrt(c2) / c1);
    o->eps = (float)(c->adam_convention == BM_ADAM_TORCH ? c->adam_eps * sqrt(c2) : c->adam_eps);
}

void bm_network_run(struct bm_network *net, struct bm_plan *plan)
{
    if (plan->training) {
        net->step++;
        for (unsigned i = 0; i < plan->calls && net->config->optimizer == BM_OPTIMIZER_ADAM; i++)
            if (plan->call[i].phase == BM_OPTIMIZER)
                correct_adam(net->config, (double)net->step, &plan->call[i].args.optimizer);
    }
    double before = bm_now_s();
    for (unsigned i = 0; i < plan->calls; i++) {
        struct bm_call *call = &plan->call[i];
        call->kernel->run(&call->args);
        double now = bm_now_s();
        call->seconds += now - before;
        before = now;
    }
}

unsigned bm_plan_distinct(const struct bm_plan *plan, struct bm_distinct distinct[BM_MAX_CALLS])
{
    unsigned n = 0;
    for (unsigned i = 0; i < plan->calls; i++) {
        const struct bm_call *call = &plan->call[i];
        unsigned d = 0;
        while (d < n &&
               !(distinct[d].call->op == call->op && bm_shape_equal(call->op, &distinct[d].call->shape, &call->shape)))
            d++;
        if (d == n)
            distinct[n++] = (struct bm_distinct){ call, 0 };
        distinct[d].count++;
    }
    return n;
}
