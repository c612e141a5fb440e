/* SPDX-License-Identifier: MIT */
/* calls_blocks.c - the product for the weights' gradient and what follows it, by blocks of rows of weights: the gradient is
 * used while it is in the second-level cache, and never stored as a whole. */
#include "binder.h"

/* Thread `me` goes through the product and the calls that follow it in blocks of rows of weights: the product goes into
 * a block that the thread has for itself, with rows as long as its share. SGD's goes to the weights, which it adds to. */
static void share_block(struct bm_binder *b, const struct bm_layer *layer, struct bm_call *product, int me)
{
    const struct bm_network *net = b->net;
    const bool bf16 = net->config->precision == BM_PRECISION_BF16;
    const struct bm_share_of own = bm_share_of(layer, me);
    struct bm_call *next = product + 1;
    float *block = net->gradient + (size_t)me * net->gradient_floats;
    if (next->round) /* there is no other step than SGD's product */
        return;
    if (bf16)
        product->share[me].gemm_bf16.C = block;
    else
        product->share[me].gemm.C = block;
    if (bm_bind_reads_input_bn(b)) {
        struct bm_bn_input *n = &next++->share[me].bn_input;
        n->d = block;
        n->dgamma = net->team > 1 ? net->sums_of_threads + (size_t)me * 2 * net->sums_ld : net->input.gamma.g;
        n->dbeta = net->team > 1 ? n->dgamma + net->sums_ld : net->input.beta.g;
    }
    struct bm_optimizer *o = &next->share[me].optimizer;
    o->g = block;
    o->w = layer->weight.w + own.offset;
    o->m = layer->weight.m ? layer->weight.m + own.offset : NULL;
    o->v = layer->weight.v ? layer->weight.v + own.offset : NULL;
}

void bm_bind_blocks(struct bm_binder *b, const struct bm_layer *layer, unsigned first)
{
    if (b->failed)
        return;
    const bool bf16 = b->net->config->precision == BM_PRECISION_BF16;
    struct bm_call *product = &b->plan->call[first];
    product->rows = BM_BLOCK_ROWS;
    union bm_args block = product->args;
    for (int last = 0; last < 2; last++) { /* the last one has the rows that are left */
        const size_t rows = last ? layer->in % product->rows : product->rows;
        if (bf16)
            block.gemm_bf16.M = rows;
        else
            block.gemm.M = rows;
        bm_bind_need(b, product->kernel, &block);
    }
    for (unsigned i = first + 1; i < b->plan->calls; i++)
        b->plan->call[i].follows = true;
    for (int me = 0; me < b->net->team && !b->counting; me++)
        share_block(b, layer, product, me);
}
