/* SPDX-License-Identifier: MIT */
#include "layers.h"

#include "team.h"

void *bm_take(struct bm_arena *a, size_t bytes)
{
    void *p = a->base ? a->base + a->used : NULL;
    a->used += (bytes + 63) / 64 * 64;
    return p;
}

static float *take_floats(struct bm_arena *a, size_t count) { return bm_take(a, count * sizeof(float)); }

static void take_parameter(struct bm_arena *a, struct bm_parameter *p, size_t count, unsigned optimizer)
{
    p->count = count;
    p->w = take_floats(a, count);
    p->m = optimizer == BM_OPTIMIZER_SGD ? NULL : take_floats(a, count);
    p->v = optimizer == BM_OPTIMIZER_ADAM ? take_floats(a, count) : NULL;
}

/* statistics: as many means and deviations, of channels or, of other norms than BN, of rows and their groups. */
static void take_norm(struct bm_arena *a, struct bm_norm *n, size_t width, size_t statistics, bool given, bool sync,
                      unsigned optimizer)
{
    n->width = width;
    take_parameter(a, &n->gamma, width, optimizer);
    take_parameter(a, &n->beta, width, optimizer);
    n->mean = take_floats(a, statistics);
    n->rstd = take_floats(a, statistics);
    n->running_mean = take_floats(a, width);
    n->running_var = take_floats(a, width);
    n->given_mean = given || sync ? take_floats(a, width) : NULL;
    n->given_var = given || sync ? take_floats(a, width) : NULL;
    n->moments = sync ? bm_take(a, width * sizeof *n->moments) : NULL;
    n->sums = sync ? bm_take(a, 2 * width * sizeof *n->sums) : NULL;
}

/* The gradients of layer l, or of the input's BN (0). Those of weights are not stored in one region; those of a layer's
 * synchronised BN are sums over all ranks already. */
static void take_gradients(struct bm_network *net, struct bm_arena *a, unsigned l)
{
    struct bm_layer *layer = l ? &net->layer[l - 1] : NULL;
    struct bm_norm *norm = layer ? &layer->norm : &net->input;
    const size_t begin = a->used;
    if (layer) {
        layer->weight.g = net->team ? NULL : take_floats(a, layer->weight.count);
        layer->bias.g = take_floats(a, layer->out);
    }
    size_t end = a->used;
    norm->gamma.g = take_floats(a, norm->width);
    norm->beta.g = take_floats(a, norm->width);
    if (!layer || !bm_train_synchronises(net->config))
        end = a->used;
    if (l == net->layers) {
        net->sums = bm_take(a, sizeof *net->sums);
        end = a->used;
    }
    net->gradient_of[l] = (struct bm_gradient){ a->base ? (float *)(a->base + begin) : NULL, (end - begin) / sizeof(float) };
}

static uint16_t *take_bf16(struct bm_arena *a, size_t count) { return bm_take(a, count * sizeof(uint16_t)); }

/* What a step in bf16 has besides. */
static void take_bf16_arrays(struct bm_network *net, struct bm_arena *a, size_t batch)
{
    const size_t features = net->config->width[0];
    if (net->config->precision != BM_PRECISION_BF16)
        return;
    net->x16 = take_bf16(a, batch * features);
    net->xhat16 = net->input.width ? take_bf16(a, batch * features) : NULL;
    net->ones16 = take_bf16(a, batch);
    for (size_t i = 0; a->base && i < batch; i++)
        net->ones16[i] = 0x3f80;
    for (unsigned l = 0; l < net->layers; l++) {
        struct bm_layer *layer = &net->layer[l];
        const size_t elements = batch * layer->ld;
        const bool last = l == net->layers - 1;
        layer->weight16 = take_bf16(a, layer->in * layer->ld);
        layer->z16 = layer->norm.width ? take_bf16(a, elements) : NULL;
        layer->a16 = last ? NULL : take_bf16(a, elements);
        layer->d16 = take_bf16(a, elements);
    }
}

/* Whole cache lines. */
static size_t padded(size_t columns) { return (columns + BM_LINE_FLOATS - 1) / BM_LINE_FLOATS * BM_LINE_FLOATS; }

struct bm_share_of bm_share_of(const struct bm_layer *layer, int me)
{
    struct bm_range mine = bm_share(layer->out, BM_LINE_FLOATS, me, layer->team);
    const bool all = layer->team == 1;
    return (struct bm_share_of){ mine.begin, mine.end, all ? layer->ld : padded(mine.end - mine.begin),
                                 layer->in * mine.begin };
}

/* Where sigmoid and tanh leave what their gradient needs: dropout and BN after them go from there to a, and BN before them
 * needs z. */
static float *take_result(struct bm_arena *a, const struct bm_layer *layer, const struct bm_train_config *c, size_t rows)
{
    if (c->bn & BM_BN_AFTER || (!(c->bn & BM_BN_BEFORE) && c->dropout > 0))
        return layer->z;
    return c->dropout > 0 ? take_floats(a, rows * layer->ld) : layer->a;
}

/* Sizes of layer l. Convolutions come first, and their team is one: no network with any is one region. */
static void size_layer(struct bm_network *net, unsigned l)
{
    const struct bm_train_config *c = net->config;
    struct bm_layer *layer = &net->layer[l];
    layer->pixels = 1;
    if (l < c->convs) {
        const struct bm_conv_size s = bm_conv_size(c, l);
        layer->height = s.height, layer->width = s.width, layer->channels = s.channels;
        layer->pixels = s.height * s.width;
        layer->layout = bm_conv_layout(c);
        layer->in = BM_CONV_FILTER * BM_CONV_FILTER * s.channels;
        layer->out = c->conv[l];
    } else {
        layer->in = l == c->convs ? bm_conv_features(c) : c->width[l - c->convs];
        layer->out = c->width[l - c->convs + 1];
    }
    layer->ld = net->team ? padded(layer->out) : layer->out;
    layer->team = net->team ? net->team : 1;
}

/* What a convolution has behind its activation. */
static void take_pooled(struct bm_arena *a, struct bm_layer *layer, size_t rows, size_t batch)
{
    const size_t pixels = layer->height / 2 * (layer->width / 2);
    layer->pooled = layer->channels ? take_floats(a, rows * pixels * layer->out) : NULL;
    layer->d_pooled = layer->channels ? take_floats(a, batch * pixels * layer->out) : NULL;
}

void bm_lay_out(struct bm_network *net, struct bm_arena *a, size_t rows, size_t batch)
{
    const struct bm_train_config *c = net->config;
    size_t features = c->width[0];
    const bool input = c->bn & BM_BN_INPUT, sync = bm_train_synchronises(c);
    size_t widest = 0;
    net->layers = (unsigned)(c->convs + c->widths) - 1;
    net->x = take_floats(a, rows * features);
    net->xhat = input ? take_floats(a, rows * features) : NULL;
    net->normal_x = input ? take_floats(a, rows * features) : NULL;
    net->label = bm_take(a, rows * sizeof *net->label);
    net->loss = take_floats(a, rows);
    net->hit = take_floats(a, rows);
    take_norm(a, &net->input, input ? features : 0, input ? features : 0, false, input && sync, c->optimizer);
    take_gradients(net, a, 0);
    for (unsigned l = 0; l < net->layers; l++) {
        struct bm_layer *layer = &net->layer[l];
        bool last = l == net->layers - 1, before = !last && c->bn & BM_BN_BEFORE, after = !last && c->bn & BM_BN_AFTER;
        size_layer(net, l);
        take_parameter(a, &layer->weight, layer->in * layer->ld, c->optimizer);
        take_parameter(a, &layer->bias, layer->out, c->optimizer);
        const size_t width = before || after ? layer->out : 0;
        const bool batch_norm = c->norm == BM_NORM_BATCH;
        take_norm(a, &layer->norm, width, batch_norm || !width ? width : rows * (c->norm == BM_NORM_GROUP ? c->groups : 1),
                  before && batch_norm && !net->peer && !layer->channels, width && sync, c->optimizer);
        take_gradients(net, a, l + 1);
        layer->z = take_floats(a, rows * layer->pixels * layer->ld);
        layer->a = last ? NULL : take_floats(a, rows * layer->pixels * layer->ld);
        layer->d = take_floats(a, (layer->channels ? batch : rows) * layer->pixels * layer->ld);
        take_pooled(a, layer, rows, batch);
        layer->y = last || !bm_train_activates_apart(c) ? NULL : take_result(a, layer, c, rows);
        widest = layer->ld > widest ? layer->ld : widest;
    }
    const size_t ones = net->peer && rows > features ? rows : features;
    net->ones = net->peer || input ? take_floats(a, ones) : NULL;
    net->zeros = input ? take_floats(a, features) : NULL;
    for (size_t i = 0; a->base && net->ones && i < ones; i++)
        net->ones[i] = 1;
    net->gradient_floats = net->team && (input || c->optimizer != BM_OPTIMIZER_SGD) ? BM_BLOCK_ROWS * widest : 0;
    net->gradient = take_floats(a, (size_t)net->team * net->gradient_floats);
    take_bf16_arrays(net, a, batch);
    net->sums_ld = input && net->team > 1 ? padded(features) : 0;
    net->sums_of_threads = take_floats(a, (size_t)net->team * 2 * net->sums_ld);
}
