/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "bf16.h"
#include "clock.h"
#include "exchange.h"
#include "initialise.h"
#include "memory_budget.h"
#include "call_parts.h"
#include "team.h"

/* The peer's product, if that is the kernel set; all other ops are then those of auto. */
static const struct bm_kernel *find_peer(const struct bm_train_config *c)
{
    char name[96];
    snprintf(name, sizeof name, "gemm_%s", c->kernels);
    const struct bm_kernel *k = bm_find(name);
    return k && k->peer ? k : NULL;
}

bool bm_network_create(struct bm_network *net, const struct bm_train_config *config, struct bm_plan *plan,
                       unsigned plans, struct bm_error *error)
{
    *net = (struct bm_network){ .config = config, .peer = find_peer(config),
                                .team = bm_train_one_region(config) ? (int)config->threads : 0 };
    if (config->precision == BM_PRECISION_BF16 && net->peer)
        return bm_failed(error, "kernels = %s: its products are in f32; for precision = bf16 take auto", config->kernels);
    struct bm_arena arena = { NULL, 0 };
    const size_t team = net->team ? (size_t)net->team : 1;
    size_t rows = 1, batch = 1;
    for (unsigned i = 0; i < plans; i++) {
        rows = plan[i].rows > rows ? plan[i].rows : rows;
        batch = plan[i].training && plan[i].rows > batch ? plan[i].rows : batch;
    }

    for (int counting = 1; counting >= 0; counting--) {
        size_t scratch_bytes = 0;
        bm_lay_out(net, &arena, rows, batch);
        char *scratch = bm_take(&arena, net->scratch_bytes * team);
        for (unsigned i = 0; i < plans; i++)
            if (!bm_plan_bind(&plan[i], net, &arena, scratch, &scratch_bytes, error)) {
                bm_network_free(net);
                return false;
            }
        if (counting) {
            net->scratch_bytes = (scratch_bytes + 63) / 64 * 64;
            net->bytes = arena.used + net->scratch_bytes * team;
            if (!bm_memory_fits((double)net->bytes, "the network, with what a batch makes of it,",
                                "take a smaller batch or layers, or ask for more memory", error)) {
                bm_network_free(net);
                return false;
            }
            net->memory = bm_alloc(net->bytes); /* zeros: what pads rows is read, and counts for nothing */
            arena = (struct bm_arena){ net->memory, 0 };
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
/* Adam's bias correction of step t, as training.h says: for the betas that the kernel takes, in f32. */
static void correct_adam(const struct bm_train_config *c, double t, struct bm_optimizer *o)
{
    double c1 = 1 - pow((float)c->adam_beta1, t), c2 = 1 - pow((float)c->adam_beta2, t);
    o->lr = (float)(c->lr * sqrt(c2) / c1);
    o->eps = (float)(c->adam_convention == BM_ADAM_TORCH ? c->adam_eps * sqrt(c2) : c->adam_eps);
}

/* For the first step in bf16; after it every step leaves rounded weights for the next. */
static void round_weights(struct bm_network *net)
{
    for (unsigned l = 0; l < net->layers; l++) {
        const struct bm_layer *layer = &net->layer[l];
        for (int me = 0; me < layer->team; me++) {
            const struct bm_share_of own = bm_share_of(layer, me);
            for (size_t row = 0; row < layer->in; row++)
                for (size_t j = own.begin; j < own.end; j++)
                    layer->weight16[row * layer->ld + j] =
                        bm_bf16_round(layer->weight.w[own.offset + row * own.ld + j - own.begin]);
        }
    }
    net->rounded = true;
}

static void begin_step(struct bm_network *net, struct bm_plan *plan)
{
    net->step++;
    if (net->config->precision == BM_PRECISION_BF16 && !net->rounded)
        round_weights(net);
    if (net->config->optimizer != BM_OPTIMIZER_ADAM)
        return;
    struct bm_optimizer now;
    correct_adam(net->config, (double)net->step, &now);
    for (unsigned i = 0; i < plan->calls; i++) {
        struct bm_call *call = &plan->call[i];
        for (int me = -1; call->phase == BM_OPTIMIZER && !call->round && me < net->team; me++) {
            struct bm_optimizer *o = me < 0 ? &call->args.optimizer : &call->share[me].optimizer;
            o->lr = now.lr;
            o->eps = now.eps;
        }
    }
}

/* Adds the time since *before to *seconds, on the first thread. */
static void note(int me, double *before, double *seconds)
{
    if (me > 0)
        return;
    double now = bm_now_s();
    *seconds += now - *before;
    *before = now;
}

static void wait_for_team(const struct bm_network *net, struct bm_plan *plan, int me, double *before)
{
    if (net->team == 0)
        return;
    BM_TEAM_BARRIER(net->team);
    note(me, before, &plan->wait_seconds);
}

/* Rows of weights from `row` on, of a call that follows a product: of the optimiser they are one row. */
static void take_rows(const struct bm_call *call, union bm_args *args, size_t row, size_t rows, size_t ld)
{
    struct bm_optimizer *o = &args->optimizer;
    struct bm_bn_input *n = &args->bn_input;
    struct bm_round_bf16 *r = &args->round_bf16;
    if (call->round) {
        r->N = rows;
        r->x += row * r->ldx, r->y += row * r->ldy;
    } else if (call->phase == BM_OPTIMIZER) {
        o->N = rows * ld;
        o->w += row * ld;
        o->m += o->m ? row * ld : 0;
        o->v += o->v ? row * ld : 0;
    } else {
        n->N = rows;
        n->w += row * ld;
        n->gamma += row, n->beta += row;
        n->dgamma += row, n->dbeta += row;
    }
}

/* A thread's part of a product of weights and of the calls that follow it, some rows after the other. */
static void run_update(const struct bm_network *net, struct bm_call *product, int me, double *before)
{
    const bool bf16 = net->config->precision == BM_PRECISION_BF16;
    const size_t in = net->layer[product->layer - 1].in;
    const size_t ld = bf16 ? product->share[me].gemm_bf16.ldc : product->share[me].gemm.ldc;
    for (size_t row = 0; row < in; row += product->rows) {
        const size_t rows = in - row < product->rows ? in - row : product->rows;
        union bm_args multiply = product->share[me];
        if (bf16) {
            multiply.gemm_bf16.M = rows;
            multiply.gemm_bf16.A += row;
            multiply.gemm_bf16.C += multiply.gemm_bf16.beta != 0 ? row * ld : 0; /* SGD's: of the weights */
        } else {
            multiply.gemm.M = rows;
            multiply.gemm.A += row;
        }
        product->kernel->run(&multiply);
        note(me, before, &product->seconds);
        for (struct bm_call *call = product + 1; call->follows; call++) {
            union bm_args args = call->share[me];
            take_rows(call, &args, row, rows, ld);
            call->kernel->run(&args);
            note(me, before, &call->seconds);
        }
    }
}

/* A thread's part of the gradient by a layer's input: the sum over all threads' columns, one after the other. */
static void run_sum(const struct bm_network *net, const struct bm_call *call, int me)
{
    union bm_args part = call->share[me];
    const size_t row = (size_t)(part.gemm.C - call->args.gemm.C);
    for (int of = 0; of < net->team; of++)
        if (bm_part_from(&net->layer[call->layer - 1], call, row, of, &part.gemm))
            call->kernel->run(&part);
}

/* Over ranks: what is no kernel's work, or, after a kernel, a look at the sums that are on their way. */
static void run_exchange(const struct bm_network *net, struct bm_plan *plan, struct bm_call *call, double *before)
{
    const struct bm_ranks *ranks = net->config->ranks;
    if (call->exchange)
        bm_exchange(net, plan, call);
    else
        ranks->progress(ranks);
    note(0, before, call->exchange ? &call->seconds : &plan->progress_seconds);
}

/* The whole call where threads do not share it. */
static void run_share(const struct bm_network *net, struct bm_call *call, int me, double *before)
{
    const union bm_args *args = net->team ? &call->share[me] : &call->args;
    const bool idle = args->means.threads == 0;
    if (call->rows && !idle)
        run_update(net, call, me, before);
    else if (net->team && call->phase == BM_GEMM_INPUT_GRADIENT && !idle && !bm_call_is_bf16(call))
        run_sum(net, call, me);
    else if (!idle)
        call->kernel->run(args);
    if (!call->rows)
        note(me, before, &call->seconds);
}

void bm_network_run_call(struct bm_network *net, struct bm_plan *plan, unsigned i, int me)
{
    double before = 0;
    run_share(net, &plan->call[i], me, &before);
}

/* All of a pass that is thread `me`'s. */
static void run_member(const struct bm_network *net, struct bm_plan *plan, bm_fill *fill, void *context, int me)
{
    double before = me == 0 ? bm_now_s() : 0;
    if (fill) {
        struct bm_range mine = bm_share(plan->rows, 1, me, net->team ? net->team : 1);
        fill(context, mine.begin, mine.end);
        note(me, &before, &plan->fill_seconds);
    }
    for (unsigned i = 0; i < plan->calls; i++) {
        struct bm_call *call = &plan->call[i];
        if (call->follows) /* was with a product */
            continue;
        if (call->wait)
            wait_for_team(net, plan, me, &before);
        if (!call->exchange)
            run_share(net, call, me, &before);
        if (net->config->ranks->count > 1 && plan->training)
            run_exchange(net, plan, call, &before);
    }
    wait_for_team(net, plan, me, &before);
}

void bm_network_run(struct bm_network *net, struct bm_plan *plan, bm_fill *fill, void *context)
{
    if (plan->training)
        begin_step(net, plan);
    if (net->team > 1) {
#pragma omp parallel num_threads(net->team)
        run_member(net, plan, fill, context, omp_get_thread_num());
    } else
        run_member(net, plan, fill, context, 0);
}
