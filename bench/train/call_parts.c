/* SPDX-License-Identifier: MIT */
#include "call_parts.h"

#include <string.h>

static float *at(float *p, size_t offset) { return p ? p + offset : NULL; }
static const float *from(const float *p, size_t offset) { return p ? p + offset : NULL; }

/* BN of a layer. */
static void part_of_bn(struct bm_bn *b, size_t begin)
{
    b->x = from(b->x, begin), b->y = at(b->y, begin), b->dy = from(b->dy, begin), b->dx = at(b->dx, begin);
    b->gamma = from(b->gamma, begin), b->beta = from(b->beta, begin);
    b->dgamma = at(b->dgamma, begin), b->dbeta = at(b->dbeta, begin);
    b->mean = at(b->mean, begin), b->rstd = at(b->rstd, begin);
    b->running_mean = at(b->running_mean, begin), b->running_var = at(b->running_var, begin);
    b->given_mean = from(b->given_mean, begin), b->given_var = from(b->given_var, begin);
}

/* Of the gradients of BN on the input: columns of the weights after it. */
static void part_of_bn_input(struct bm_bn_input *b, size_t begin, struct bm_share_of own)
{
    b->w = from(b->w, own.offset), b->d = at(b->d, own.offset), b->db = from(b->db, begin);
    b->ldw = b->ldd = own.ld;
}

static uint16_t *at16(uint16_t *p, size_t offset) { return p ? p + offset : NULL; }
static const uint16_t *from16(const uint16_t *p, size_t offset) { return p ? p + offset : NULL; }

/* A product in bf16: columns of C. The weights lie in one piece; those in f32, of which C is the gradient or which C is, do
 * not. */
static void part_of_product_bf16(const struct bm_call *call, struct bm_gemm_bf16 *g, size_t begin, struct bm_share_of own)
{
    g->B = from16(g->B, g->tb ? begin * g->ldb : begin);
    g->C16 = at16(g->C16, begin);
    g->bias = from(g->bias, begin);
    g->mean = at(g->mean, begin), g->var = at(g->var, begin);
    if (call->phase == BM_GEMM_WEIGHT_GRADIENT) {
        g->C = at(g->C, own.offset);
        g->ldc = own.ld;
    } else
        g->C = at(g->C, begin);
}

/* Columns, or rows of the loss' gradient; of weights a thread's own. */
static void part_of_round(const struct bm_call *call, struct bm_round_bf16 *r, size_t begin, size_t n, struct bm_share_of own)
{
    if (call->phase == BM_LOSS_GRADIENT) {
        r->N = n;
        r->x = from(r->x, begin * r->ldx), r->y = at16(r->y, begin * r->ldy);
        return;
    }
    r->C = n;
    r->y = at16(r->y, begin);
    r->x = from(r->x, call->phase == BM_OPTIMIZER ? own.offset : begin);
    r->ldx = call->phase == BM_OPTIMIZER ? own.ld : r->ldx;
}

static void part_of_bn_bf16(struct bm_bn_bf16 *b, size_t begin)
{
    b->x = from16(b->x, begin), b->y = at16(b->y, begin), b->dy = from16(b->dy, begin), b->dx = at16(b->dx, begin);
    b->gamma = from(b->gamma, begin), b->beta = from(b->beta, begin);
    b->dgamma = at(b->dgamma, begin), b->dbeta = at(b->dbeta, begin);
    b->mean = at(b->mean, begin), b->rstd = at(b->rstd, begin);
    b->running_mean = at(b->running_mean, begin), b->running_var = at(b->running_var, begin);
    b->given_mean = from(b->given_mean, begin), b->given_var = from(b->given_var, begin);
}

static union bm_args part_in_bf16(const struct bm_call *call, size_t begin, size_t n, struct bm_share_of own)
{
    union bm_args args = call->args;
    if (call->round)
        part_of_round(call, &args.round_bf16, begin, n, own);
    else if (strcmp(call->op->name, "gemm_bf16") == 0) {
        args.gemm_bf16.N = n;
        part_of_product_bf16(call, &args.gemm_bf16, begin, own);
    } else if (call->phase == BM_ACTIVATION) {
        struct bm_relu_bf16 *r = &args.relu_bf16;
        r->C = n;
        r->x = from16(r->x, begin), r->dy = from16(r->dy, begin), r->dx = at16(r->dx, begin);
    } else {
        args.bn_bf16.C = n;
        part_of_bn_bf16(&args.bn_bf16, begin);
    }
    return args;
}

union bm_args bm_part_of(const struct bm_call *call, size_t begin, size_t end, struct bm_share_of own)
{
    const size_t n = end - begin;
    const enum bm_phase phase = call->phase;
    union bm_args args = call->args;
    struct bm_gemm *g = &args.gemm;
    struct bm_bn *b = &args.bn;
    struct bm_relu *r = &args.relu;
    struct bm_softmax_xent *s = &args.softmax_xent;
    struct bm_optimizer *o = &args.optimizer;
    if (bm_call_is_bf16(call))
        return part_in_bf16(call, begin, n, own);
    /* These two are also parts of BN's way back. */
    if (strcmp(call->op->name, "bn_input_gradient") == 0) {
        args.bn_input.C = n;
        part_of_bn_input(&args.bn_input, begin, own);
        return args;
    }
    if (strcmp(call->op->name, "bias_grad") == 0) {
        args.bias_grad.C = n;
        args.bias_grad.dy = from(args.bias_grad.dy, begin), args.bias_grad.db = at(args.bias_grad.db, begin);
        return args;
    }
    switch (phase) {
    case BM_GEMM_FORWARD: case BM_GEMM_INPUT_GRADIENT: case BM_GEMM_WEIGHT_GRADIENT:
        g->N = n;
        if (phase == BM_GEMM_FORWARD) {
            g->B = from(g->B, own.offset);
            g->ldb = own.ld;
        } else if (phase == BM_GEMM_WEIGHT_GRADIENT)
            g->B = from(g->B, begin); /* of the input's gradient: bm_part_from() */
        if (phase == BM_GEMM_WEIGHT_GRADIENT) {
            g->C = at(g->C, own.offset);
            g->ldc = own.ld;
        } else
            g->C = at(g->C, begin);
        g->bias = from(g->bias, begin);
        g->mean = at(g->mean, begin);
        g->var = at(g->var, begin);
        break;
    case BM_BN_FORWARD: case BM_BN_BACKWARD:
        b->C = n;
        part_of_bn(b, begin);
        break;
    case BM_ACTIVATION:
        r->C = n;
        r->x = from(r->x, begin), r->y = at(r->y, begin), r->dy = from(r->dy, begin), r->dx = at(r->dx, begin);
        break;
    case BM_LOSS_GRADIENT:
        s->N = n;
        s->z = from(s->z, begin * s->ldz), s->dz = at(s->dz, begin * s->lddz);
        s->label = s->label ? s->label + begin : NULL;
        s->loss = at(s->loss, begin), s->hit = at(s->hit, begin);
        break;
    default:
        o->N = n;
        o->w = at(o->w, begin), o->g = from(o->g, begin), o->m = at(o->m, begin), o->v = at(o->v, begin);
        break;
    }
    return args;
}

bool bm_part_from(const struct bm_layer *layer, const struct bm_call *call, size_t row, int of, struct bm_gemm *part)
{
    const struct bm_share_of own = bm_share_of(layer, of);
    part->A = from(call->args.gemm.A, own.begin);
    part->B = from(layer->weight.w, own.offset + row * own.ld);
    part->ldb = own.ld;
    part->K = own.end - own.begin;
    part->beta = own.begin > 0;
    return part->K > 0;
}
