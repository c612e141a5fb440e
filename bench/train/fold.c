/* SPDX-License-Identifier: MIT */
#include "fold.h"

#include <math.h>
#include <stdlib.h>

#include "arrays.h"

/* What BN makes of channel i of x: s x + t. */
struct line { double s, t; };

static struct line line_of(const struct bm_norm *n, size_t i, float eps)
{
    const double s = n->gamma.w[i] / sqrt((double)n->running_var[i] + eps);
    return (struct line){ s, n->beta.w[i] - s * n->running_mean[i] };
}

static struct bm_array weights_of(const struct bm_layer *l)
{
    return (struct bm_array){ .at = l->weight.w, .dims = 2, .shape = { l->in, l->out }, .layer = l, .floats = l->weight.count };
}

/* One layer: `reads` is the BN of what it reads, `follows` that of its own product; NULL: none. */
static void fold(const struct bm_layer *from, const struct bm_norm *reads, const struct bm_norm *follows, float eps,
                 struct bm_layer *to)
{
    const struct bm_array trained = weights_of(from), plain = weights_of(to);
    float *w = bm_alloc(bm_array_count(&trained) * sizeof *w);
    bm_array_get(&trained, w);
    for (size_t j = 0; j < from->out; j++) {
        const struct line own = follows ? line_of(follows, j, eps) : (struct line){ 1, 0 };
        double bias = from->bias.w[j];
        for (size_t i = 0; i < from->in; i++) {
            const struct line in = reads ? line_of(reads, i, eps) : (struct line){ 1, 0 };
            bias += in.t * w[i * from->out + j];
            w[i * from->out + j] = (float)(in.s * w[i * from->out + j] * own.s);
        }
        to->bias.w[j] = (float)(own.s * bias + own.t);
    }
    bm_array_put(&plain, w);
    free(w);
}

void bm_fold_bn(const struct bm_network *trained, struct bm_network *plain)
{
    const float eps = (float)trained->config->bn_eps;
    const bool after = trained->config->bn & BM_BN_AFTER;
    const struct bm_norm *reads = trained->input.width ? &trained->input : NULL;
    for (unsigned l = 0; l < trained->layers; l++) {
        const struct bm_layer *layer = &trained->layer[l];
        const struct bm_norm *norm = layer->norm.width ? &layer->norm : NULL;
        fold(layer, reads, after ? NULL : norm, eps, &plain->layer[l]);
        reads = after ? norm : NULL;
    }
}
