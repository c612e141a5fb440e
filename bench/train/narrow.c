/* SPDX-License-Identifier: MIT */
#include "narrow.h"

#include <stdlib.h>
#include <string.h>

#include "arrays.h"
#include "bf16.h"
#include "bn_threads.h"
#include "call_caches.h"
#include "team.h"

/* ---- parameters ---- */

/* x: how the layer's input is quantised. */
static void take_int8(struct bm_narrow_layer *to, const float *w, struct bm_quantum x)
{
    float *t = bm_alloc(to->out * sizeof *t), *bias = bm_alloc(to->out * sizeof *bias);
    memcpy(bias, to->bias, to->out * sizeof *bias);
    to->x = x;
    to->w = bm_alloc(to->in * to->out);
    to->scale = bm_alloc(to->out * sizeof *to->scale);
    bm_quantise_weights(w, to->in, to->out, to->w, t);
    bm_quantise_bias(bias, to->w, t, to->in, to->out, x, to->bias);
    for (size_t j = 0; j < to->out; j++)
        to->scale[j] = x.q * t[j];
    free(bias);
    free(t);
}

/* Channels in units of q: those that it reads go into rows of weights, those that it makes into columns and biases. */
static struct bm_quantum equalise(const struct bm_narrow *n, unsigned l, const struct bm_channels *reads, float *w, float *bias)
{
    const struct bm_narrow_layer *layer = &n->layer[l];
    struct bm_quantum x = bm_quantum_of_all(&reads[0]);
    float *in = bm_alloc(layer->in * sizeof *in), *out = bm_alloc(layer->out * sizeof *out);
    if (l > 0)
        x = (struct bm_quantum){ 1, bm_quantum_of_each(&reads[l], in) };
    if (l + 1 < n->layers)
        bm_quantum_of_each(&reads[l + 1], out);
    for (size_t j = 0; j < layer->out; j++) {
        const float makes = l + 1 < n->layers ? out[j] : 1;
        bias[j] /= makes;
        for (size_t k = 0; k < layer->in; k++)
            w[k * layer->out + j] *= (l > 0 ? in[k] : 1) / makes;
    }
    free(in);
    free(out);
    return x;
}

static void take_layer(struct bm_narrow *n, unsigned l, const struct bm_layer *from, const struct bm_channels *reads)
{
    struct bm_narrow_layer *to = &n->layer[l];
    const size_t count = from->in * from->out;
    const struct bm_array weights = { .at = from->weight.w, .dims = 2, .shape = { from->in, from->out }, .layer = from,
                                      .floats = from->weight.count };
    float *w = bm_alloc(count * sizeof *w);
    bm_array_get(&weights, w);
    *to = (struct bm_narrow_layer){ .in = from->in, .out = from->out, .bias = bm_alloc(from->out * sizeof(float)) };
    memcpy(to->bias, from->bias.w, from->out * sizeof(float));
    if (n->int8)
        take_int8(to, w, equalise(n, l, reads, w, to->bias));
    else {
        to->w = bm_alloc(count * sizeof(uint16_t));
        bm_quantise_loops()->to_bf16(w, count, to->w);
    }
    free(w);
}

/* ---- calls ---- */

static union bm_args args_of(const struct bm_narrow *n, unsigned l, size_t rows)
{
    const struct bm_narrow_layer *layer = &n->layer[l];
    const bool last = l + 1 == n->layers;
    union bm_args args = { .means = { .threads = n->threads } };
    if (n->int8)
        args.gemm_s8 = (struct bm_gemm_s8){ .M = rows, .N = layer->out, .K = layer->in, .A = n->a, .lda = layer->in,
            .B = layer->w, .ldb = layer->out, .C = n->z, .ldc = layer->out, .scale = layer->scale, .bias = layer->bias,
            .epilogue = last ? BM_EPILOGUE_BIAS : BM_EPILOGUE_BIAS_RELU, .slope = n->slope };
    else
        args.gemm_bf16 = (struct bm_gemm_bf16){ .M = rows, .N = layer->out, .K = layer->in, .alpha = 1, .A = n->a,
            .lda = layer->in, .B = layer->w, .ldb = layer->out, .C = n->z, .ldc = layer->out };
    args.means.threads = n->threads;
    args.means.caches = bm_call_caches();
    return args;
}

/* False: there is no kernel that does it. */
static bool bind(struct bm_narrow *n, struct bm_narrow_pass *pass, unsigned l, const char *set, size_t *scratch,
                 struct bm_error *error)
{
    const char *name = n->int8 ? "gemm_s8" : "gemm_bf16", *why;
    const struct bm_op *op = bm_find_op(name);
    const struct bm_shape shape = { .M = pass->rows, .N = n->layer[l].out, .K = n->layer[l].in, .alpha = 1,
        .epilogue = !n->int8 ? BM_EPILOGUE_NONE : l + 1 == n->layers ? BM_EPILOGUE_BIAS : BM_EPILOGUE_BIAS_RELU,
        .slope = n->int8 && l + 1 < n->layers ? n->slope : 0 };
    const struct bm_kernel *k = bm_choose(op, set, &shape, n->threads);
    pass->kernel[l] = k;
    pass->args[l] = args_of(n, l, pass->rows);
    if (!k)
        return bm_failed(error, "there is no kernel %s_%s", name, set);
    if (!bm_runnable(k, &why))
        return bm_failed(error, "%s does not run here: %s", k->name, why);
    if ((why = bm_refuses(k, &pass->args[l])))
        return bm_failed(error, "%s refuses layer %u: %s", k->name, l + 1, why);
    const size_t bytes = bm_scratch_bytes(k, &pass->args[l]);
    *scratch = bytes > *scratch ? bytes : *scratch;
    return true;
}

bool bm_narrow_create(struct bm_narrow *n, const struct bm_network *from, const struct bm_channels *reads, const size_t *rows,
                      unsigned passes, struct bm_error *error)
{
    const struct bm_train_config *c = from->config;
    const char *set = c->kernels;
    size_t most = 0, widest = 0, scratch = 0;
    *n = (struct bm_narrow){ .int8 = reads, .layers = from->layers, .passes = passes, .threads = (int)c->threads,
                             .slope = bm_train_slope(c) };
    for (unsigned p = 0; p < passes; p++) {
        n->pass[p].rows = rows[p];
        most = rows[p] > most ? rows[p] : most;
    }
    for (unsigned l = 0; l < n->layers; l++) {
        take_layer(n, l, &from->layer[l], reads);
        for (int i = 0; i < 2; i++)
            widest = c->width[l + (unsigned)i] > widest ? c->width[l + (unsigned)i] : widest;
    }
    n->a = bm_alloc(most * widest * (n->int8 ? sizeof(uint8_t) : sizeof(uint16_t)));
    n->z = bm_alloc(most * widest * sizeof *n->z);
    for (unsigned p = 0; p < passes; p++)
        for (unsigned l = 0; l < n->layers; l++)
            if (!bind(n, &n->pass[p], l, set, &scratch, error)) {
                bm_narrow_free(n);
                return false;
            }
    n->scratch = bm_alloc(scratch);
    for (unsigned p = 0; p < passes; p++)
        for (unsigned l = 0; l < n->layers; l++)
            n->pass[p].args[l].means.scratch = n->scratch;
    return true;
}

void bm_narrow_free(struct bm_narrow *n)
{
    for (unsigned l = 0; l < n->layers; l++) {
        free(n->layer[l].w);
        free(n->layer[l].bias);
        free(n->layer[l].scale);
    }
    free(n->a);
    free(n->z);
    free(n->scratch);
    *n = (struct bm_narrow){ .layers = 0 };
}

/* ---- a pass ---- */

/* What layer l reads, from x or, where that is NULL, from the sums of the layer before. */
struct reading {
    const struct bm_narrow *narrow;
    unsigned layer;
    size_t rows;
    const float *x;
};

static void read_rows(const struct reading *r, int me, int team)
{
    const struct bm_narrow *n = r->narrow;
    const struct bm_narrow_layer *layer = &n->layer[r->layer];
    const struct bm_quantise_loops *loops = bm_quantise_loops();
    const size_t cols = layer->in;
    const struct bm_range mine = bm_share(r->rows, 1, me, team);
    const float *from = r->x ? r->x : n->z;
    const size_t at = mine.begin * cols, count = (mine.end - mine.begin) * cols;
    if (n->int8)
        loops->to_u8(from + at, count, layer->x, (uint8_t *)n->a + at);
    else if (r->x)
        loops->to_bf16(from + at, count, (uint16_t *)n->a + at);
    else
        for (size_t i = mine.begin; i < mine.end; i++)
            loops->act_to_bf16(from + i * cols, layer[-1].bias, n->slope, cols, (uint16_t *)n->a + i * cols);
}

/* gemm_bf16 has no epilogue. */
static void add_last_bias(struct bm_narrow *n, size_t rows)
{
    const struct bm_narrow_layer *last = &n->layer[n->layers - 1];
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < last->out; j++)
            n->z[i * last->out + j] += last->bias[j];
}

void bm_narrow_run(struct bm_narrow *n, unsigned p, const float *x)
{
    const struct bm_narrow_pass *pass = &n->pass[p];
    for (unsigned l = 0; l < n->layers; l++) {
        const struct reading reading = { n, l, pass->rows, l ? NULL : x };
        const bool large = pass->rows * n->layer[l].in >= BN_SMALL;
        BM_TEAM_RUN(large ? n->threads : 1, read_rows, &reading);
        pass->kernel[l]->run(&pass->args[l]);
    }
    if (!n->int8)
        add_last_bias(n, pass->rows);
}
