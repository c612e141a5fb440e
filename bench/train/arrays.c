/* SPDX-License-Identifier: MIT */
#include "arrays.h"

#include <stdio.h>
#include <string.h>

struct list {
    struct bm_array *array;
    unsigned count;
    char owner[16]; /* "input" or "layer3" */
};

static void add(struct list *l, const char *what, const char *moment, float *at, const struct bm_layer *layer,
                size_t columns)
{
    if (!at)
        return;
    struct bm_array *a = &l->array[l->count++];
    *a = (struct bm_array){ .at = at, .dims = layer ? 2 : 1, .moment = *moment, .layer = layer };
    a->shape[0] = layer ? layer->in : columns;
    a->shape[1] = columns;
    a->floats = layer ? layer->weight.count : columns;
    snprintf(a->name, sizeof a->name, "%s.%s%s", l->owner, what, moment);
}

/* Without a layer: a vector. */
static void add_parameter(struct list *l, const char *what, const struct bm_parameter *p, const struct bm_layer *layer,
                          size_t columns)
{
    add(l, what, "", p->w, layer, columns);
    add(l, what, ".m", p->m, layer, columns);
    add(l, what, ".v", p->v, layer, columns);
}

static void add_norm(struct list *l, const struct bm_norm *n)
{
    if (!n->width)
        return;
    add_parameter(l, "gamma", &n->gamma, NULL, n->width);
    add_parameter(l, "beta", &n->beta, NULL, n->width);
    add(l, "running_mean", "", n->running_mean, NULL, n->width);
    add(l, "running_var", "", n->running_var, NULL, n->width);
}

unsigned bm_network_arrays(const struct bm_network *net, struct bm_array array[BM_MAX_ARRAYS])
{
    struct list l = { array, 0, "input" };
    add_norm(&l, &net->input);
    for (unsigned i = 0; i < net->layers; i++) {
        const struct bm_layer *layer = &net->layer[i];
        snprintf(l.owner, sizeof l.owner, "layer%u", i + 1);
        add_parameter(&l, "weight", &layer->weight, layer, layer->out);
        add_parameter(&l, "bias", &layer->bias, NULL, layer->out);
        add_norm(&l, &layer->norm);
    }
    return l.count;
}

size_t bm_array_count(const struct bm_array *a) { return a->dims == 2 ? a->shape[0] * a->shape[1] : a->shape[0]; }

/* Copies every stretch that lies together in both. */
static void copy(const struct bm_array *a, float *dense, const float *from)
{
    const struct bm_layer *layer = a->layer;
    if (!layer) {
        memcpy(dense ? dense : a->at, dense ? a->at : from, a->floats * sizeof *dense);
        return;
    }
    for (int me = 0; me < layer->team; me++) {
        const struct bm_share_of own = bm_share_of(layer, me);
        for (size_t row = 0; row < layer->in; row++) {
            float *part = a->at + own.offset + row * own.ld;
            const size_t at = row * layer->out + own.begin, bytes = (own.end - own.begin) * sizeof *part;
            memcpy(dense ? dense + at : part, dense ? part : from + at, bytes);
        }
    }
}

void bm_array_get(const struct bm_array *array, float *dense) { copy(array, dense, NULL); }
void bm_array_put(const struct bm_array *array, const float *dense) { copy(array, NULL, dense); }
