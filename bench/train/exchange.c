/* SPDX-License-Identifier: MIT */
#include "exchange.h"

#include <stdlib.h>
#include <zlib.h>

#include "clip.h"
#include "sync_bn.h"

static const struct bm_norm *norm_of(const struct bm_network *net, unsigned layer)
{
    return layer ? &net->layer[layer - 1].norm : &net->input;
}

static struct bm_sync_bn sync_bn_of(const struct bm_network *net, const struct bm_plan *plan, unsigned l)
{
    const struct bm_train_config *c = net->config;
    const struct bm_norm *norm = norm_of(net, l);
    const struct bm_layer *layer = l ? &net->layer[l - 1] : NULL;
    const float slope = bm_train_slope(c);
    return (struct bm_sync_bn){ .threads = (int)c->threads,
                                .rows = plan->counted,
                                .C = norm->width,
                                .ld = layer ? layer->ld : norm->width,
                                .before = layer && c->bn & BM_BN_AFTER ? slope : 1,
                                .after = layer && c->bn & BM_BN_BEFORE ? slope : 1,
                                .x = layer ? layer->z : net->x,
                                .d = layer ? layer->d : NULL, /* the input's needs no sums: calls.c */
                                .gamma = norm->gamma.w,
                                .beta = norm->beta.w,
                                .mean = norm->mean,
                                .rstd = norm->rstd };
}

/* Merges the moments of all ranks into the given statistics of the forward kernel, and moves the running ones. */
static void merge_moments(const struct bm_network *net, const struct bm_norm *norm)
{
    const struct bm_train_config *c = net->config;
    const double share = c->bn_momentum;
    c->ranks->merge(c->ranks, norm->moments, norm->width);
    for (size_t i = 0; i < norm->width; i++) {
        const struct bm_moments *m = &norm->moments[i];
        const double running = c->bn_variance == BM_VARIANCE_UNBIASED ? m->m2 / (m->n - 1) : m->m2 / m->n;
        norm->given_mean[i] = (float)m->mean;
        norm->given_var[i] = (float)(m->m2 / m->n);
        norm->running_mean[i] += (float)(share * (m->mean - norm->running_mean[i]));
        norm->running_var[i] += (float)(share * (running - norm->running_var[i]));
    }
}

/* Over all ranks they are the gradients of beta and gamma. */
static void add_norm_sums(const struct bm_network *net, const struct bm_norm *norm)
{
    const struct bm_ranks *ranks = net->config->ranks;
    ranks->sum(ranks, norm->sums, 2 * norm->width);
    for (size_t i = 0; i < norm->width; i++) {
        norm->beta.g[i] = (float)norm->sums[i];
        norm->gamma.g[i] = (float)norm->sums[norm->width + i];
    }
}

static void begin_sum(const struct bm_network *net, const struct bm_plan *plan, unsigned layer)
{
    const struct bm_ranks *ranks = net->config->ranks;
    double loss = 0, hits = 0;
    if (layer == net->layers) {
        for (size_t i = 0; i < plan->counted; i++) {
            loss += net->loss[i];
            hits += net->hit[i];
        }
        net->sums->loss = (float)loss;
        net->sums->hits = (float)hits;
    }
    ranks->begin_sum(ranks, layer, net->gradient_of[layer].at, net->gradient_of[layer].floats);
}

void bm_exchange(const struct bm_network *net, const struct bm_plan *plan, const struct bm_call *call)
{
    const struct bm_ranks *ranks = net->config->ranks;
    const struct bm_norm *norm = norm_of(net, call->layer);
    const struct bm_sync_bn bn = sync_bn_of(net, plan, call->layer);
    switch (call->exchange) {
    case BM_MAKE_MOMENTS: bm_sync_moments(&bn, norm->moments); break;
    case BM_MERGE_MOMENTS: merge_moments(net, norm); break;
    case BM_MAKE_NORM_SUMS: bm_sync_sums(&bn, norm->sums); break;
    case BM_ADD_NORM_SUMS: add_norm_sums(net, norm); break;
    case BM_NORM_GRADIENT: bm_sync_gradient(&bn, norm->sums, plan->all_rows); break;
    case BM_BEGIN_GRADIENT_SUM: begin_sum(net, plan, call->layer); break;
    case BM_FINISH_GRADIENT_SUM: ranks->finish_sum(ranks, call->layer); break;
    case BM_CLIP_GRADIENT: bm_clip_gradient(net); break;
    case BM_NO_EXCHANGE: break;
    }
}

size_t bm_exchange_bytes(const struct bm_network *net, const struct bm_call *call)
{
    const size_t width = norm_of(net, call->layer)->width;
    return call->exchange == BM_MERGE_MOMENTS        ? width * sizeof(struct bm_moments)
           : call->exchange == BM_ADD_NORM_SUMS      ? 2 * width * sizeof(double)
           : call->exchange == BM_BEGIN_GRADIENT_SUM ? net->gradient_of[call->layer].floats * sizeof(float)
                                                     : 0;
}

static void average(const struct bm_ranks *ranks, float *x, size_t n)
{
    double *sum = bm_alloc(n * sizeof *sum);
    for (size_t i = 0; i < n; i++)
        sum[i] = x[i];
    ranks->sum(ranks, sum, n);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(sum[i] / ranks->count);
    free(sum);
}

static unsigned long checksum(unsigned long crc, const struct bm_parameter *p)
{
    return crc32_z(crc, (const unsigned char *)p->w, p->count * sizeof *p->w);
}

bool bm_end_epoch(const struct bm_network *net, struct bm_error *error)
{
    const struct bm_ranks *ranks = net->config->ranks;
    unsigned long crc = crc32_z(0, NULL, 0);
    for (unsigned l = 0; l <= net->layers; l++) {
        const struct bm_norm *norm = norm_of(net, l);
        crc = l ? checksum(checksum(crc, &net->layer[l - 1].weight), &net->layer[l - 1].bias) : crc;
        crc = norm->width ? checksum(checksum(crc, &norm->gamma), &norm->beta) : crc;
        if (norm->width && !bm_train_synchronises(net->config)) {
            average(ranks, norm->running_mean, norm->width);
            average(ranks, norm->running_var, norm->width);
        }
    }
    return bm_ranks_agree(ranks, (double)crc) ||
           bm_failed(error, "the parameters are not the same on all %d ranks: their CPUs, programs or files differ",
                     ranks->count);
}
