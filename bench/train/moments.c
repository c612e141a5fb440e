/* SPDX-License-Identifier: MIT */
#include "moments.h"

#include <math.h>
#include <stdlib.h>

#include "stats.h"

const double bm_moment_quantiles[BM_QUANTILES] = { 0.05, 0.25, 0.5, 0.75, 0.95 };

/* The layers that are looked at. */
static unsigned layers_of(const struct bm_network *net) { return net->layers > 2 ? 2 : net->layers - 1; }

bool bm_moment_is_due(const struct bm_network *net, size_t moments)
{
    const struct bm_train_config *c = net->config;
    const unsigned layers = layers_of(net);
    const double steps = (double)(c->earlier_epochs + c->epochs) * (double)net->steps_per_epoch;
    return layers && c->seed == c->seed_list[0] && moments < BM_MOMENTS * layers &&
           (double)(net->step - 1) * BM_MOMENTS >= steps * (double)(moments / layers);
}

/* The dense layer's outputs, rows x out, which are not everywhere kept: without BN they become the activation's. */
static double *product_of(const struct bm_network *net, unsigned l, size_t rows)
{
    const struct bm_layer *layer = &net->layer[l];
    const float *x = l ? net->layer[l - 1].a : net->input.width ? net->normal_x : net->x;
    const size_t ld = l ? net->layer[l - 1].ld : layer->in;
    double *z = bm_alloc(rows * layer->out * sizeof *z);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < layer->out; j++)
            z[i * layer->out + j] = layer->bias.w[j];
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < layer->in; k++)
            for (size_t j = 0; j < layer->out; j++)
                z[i * layer->out + j] += (double)x[i * ld + k] * layer->weight.w[k * layer->ld + j];
    return z;
}

/* BN of it, in place. */
static void normalise(const struct bm_network *net, const struct bm_layer *layer, double *z, size_t rows)
{
    const size_t width = layer->out;
    for (size_t j = 0; j < width; j++) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < rows; i++)
            mean += z[i * width + j] / (double)rows;
        for (size_t i = 0; i < rows; i++)
            variance += (z[i * width + j] - mean) * (z[i * width + j] - mean) / (double)rows;
        for (size_t i = 0; i < rows; i++)
            z[i * width + j] =
                layer->norm.gamma.w[j] * (z[i * width + j] - mean) / sqrt(variance + net->config->bn_eps) +
                layer->norm.beta.w[j];
    }
}

/* What is not finite is left out: of a run that is about to diverge. */
static void take_quantiles(const double *value, size_t count, double to[BM_QUANTILES])
{
    double *sorted = bm_alloc((count + 1) * sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        sorted[n] = value[i];
        n += isfinite(value[i]);
    }
    bm_sort(sorted, n);
    for (int q = 0; q < BM_QUANTILES; q++)
        to[q] = n ? bm_quantile(sorted, n, bm_moment_quantiles[q]) : NAN;
    free(sorted);
}

size_t bm_moments_take(const struct bm_network *net, size_t rows, struct bm_moment *moment)
{
    const struct bm_train_config *c = net->config;
    const unsigned layers = layers_of(net);
    for (unsigned i = 0; i < layers; i++) {
        const unsigned l = i ? net->layers - 2 : 0;
        const struct bm_layer *layer = &net->layer[l];
        double *z = product_of(net, l, rows);
        moment[i] = (struct bm_moment){ .step = net->step, .layer = l + 1 };
        take_quantiles(z, rows * layer->out, moment[i].before);
        if (c->bn & BM_BN_BEFORE && c->norm == BM_NORM_BATCH) {
            normalise(net, layer, z, rows);
            take_quantiles(z, rows * layer->out, moment[i].after);
        } else
            for (int q = 0; q < BM_QUANTILES; q++)
                moment[i].after[q] = NAN;
        free(z);
    }
    return layers;
}
