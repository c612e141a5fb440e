/* SPDX-License-Identifier: MIT */
#include "predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "oracle.h"
#include "stats.h"
#include "team.h"

enum { REPETITIONS = 31, BEFORE = 3 /* calls that are run before the one that is timed */ };

struct bench {
    struct bm_network net;
    struct bm_plan plan;
    int team;
    double *sample; /* [team][REPETITIONS] */
};

/* Reads an array as a step does that passes by it. */
static void pass_by(const void *p, size_t bytes)
{
    for (size_t i = 0; p && i < bytes; i += 64)
        __asm__ volatile("" : : "r"(((const volatile char *)p)[i]));
}

static void pass_by_parameters(const struct bm_network *net, int me)
{
    for (unsigned l = 0; l < net->layers; l++) {
        const struct bm_layer *layer = &net->layer[l];
        const struct bm_share_of own = bm_share_of(layer, me);
        const size_t n = layer->in * own.ld * sizeof(float);
        if (own.begin == own.end)
            continue;
        pass_by(layer->weight.w + own.offset, n);
        pass_by(layer->weight.m ? layer->weight.m + own.offset : NULL, n);
        pass_by(layer->weight.v ? layer->weight.v + own.offset : NULL, n);
        pass_by(layer->weight16, layer->in * layer->ld * sizeof *layer->weight16);
    }
}

struct timing {
    struct bench *bench;
    unsigned call;
    int repetition; /* -1: the warm-up */
};

/* One repetition of a call. Threads wait for each other where the step has it. */
static void time_once(const struct timing *t, int me, int team)
{
    struct bench *b = t->bench;
    double start = 0;
    pass_by_parameters(&b->net, me);
    BM_TEAM_BARRIER(team);
    for (unsigned i = t->call < BEFORE ? 0 : t->call - BEFORE; i <= t->call; i++) {
        if (b->plan.call[i].follows) /* ran with its product */
            continue;
        if (b->net.team && b->plan.call[i].wait)
            BM_TEAM_BARRIER(team);
        start = bm_now_s();
        bm_network_run_call(&b->net, &b->plan, i, me);
    }
    if (t->repetition >= 0)
        b->sample[me * REPETITIONS + t->repetition] = bm_now_s() - start;
}

/* Median seconds of call i on each thread. */
static void time_call(struct bench *b, unsigned i, double *seconds)
{
    for (int r = -1; r < REPETITIONS; r++) {
        struct timing t = { b, i, r };
        BM_TEAM_RUN(b->team, time_once, &t);
    }
    for (int me = 0; me < b->team; me++)
        seconds[me] = bm_summarise(b->sample + me * REPETITIONS, REPETITIONS).median;
}

/* Any numbers of ordinary size: the time of no kernel depends on them. */
static void fill_inputs(struct bm_network *net, size_t rows)
{
    for (size_t i = 0; i < rows * net->config->width[0]; i++)
        net->x[i] = (float)(bm_hash(1, i) >> 40) * 0x1p-24f;
    for (size_t i = 0; i < rows; i++)
        net->label[i] = (int32_t)(i % net->config->width[net->config->widths - 1]);
}

/* Median seconds of one call that is no part of the plan, where call i would be; by the kernels of auto. NaN: none. */
static double time_instead(struct bench *b, unsigned i, const char *op_name, union bm_args args)
{
    struct bm_call was = b->plan.call[i], *call = &b->plan.call[i];
    double seconds = NAN;
    call->op = bm_find_op(op_name);
    call->kernel = bm_choose(call->op, "auto", &call->shape, args.means.threads);
    call->args = args;
    if (call->kernel && !bm_refuses(call->kernel, &args) &&
        bm_scratch_bytes(call->kernel, &args) <= b->net.scratch_bytes)
        time_call(b, i, &seconds);
    *call = was;
    return seconds;
}

/* How much longer call i, BN with an activation, takes as two calls. For a team of one: auto. */
static double split_apart(struct bench *b, unsigned i, double fused)
{
    const struct bm_call *call = &b->plan.call[i];
    const char *bn = call->phase == BM_BN_FORWARD ? "bn_forward" : "bn_backward";
    const char *relu = call->phase == BM_BN_FORWARD ? "relu_forward" : "relu_backward";
    const struct bm_bn *a = &call->args.bn;
    union bm_args args = { .relu = { .threads = a->threads, .scratch = a->scratch, .caches = a->caches, .N = a->N, .C = a->layout == BM_CHANNELS_FIRST ? a->C * a->S : a->C, .ldx = a->ldx,
        .ldy = a->ldy, .lddy = a->lddy, .lddx = a->lddx, .x = a->x, .y = a->y, .dy = a->dy, .dx = a->dx,
        .slope = a->slope } };
    return time_instead(b, i, bn, call->args) + time_instead(b, i, relu, args) - fused;
}

bool bm_predict(const struct bm_train_config *config, const struct bm_dataset *data, struct bm_prediction *prediction,
                struct bm_error *error)
{
    struct bench *b = bm_alloc(sizeof *b);
    *prediction = (struct bm_prediction){ .step_seconds = 0 };
    b->plan = (struct bm_plan){ .training = true, .rows = config->batch };
    if (!bm_network_create(&b->net, config, &b->plan, 1, error)) {
        free(b);
        return false;
    }
    b->team = b->net.team ? b->net.team : 1;
    b->sample = bm_alloc((size_t)b->team * REPETITIONS * sizeof *b->sample);
    double *stretch = bm_alloc((size_t)b->team * sizeof *stretch);
    double *seconds = bm_alloc((size_t)b->team * sizeof *seconds);
    fill_inputs(&b->net, config->batch);
    for (int r = 0; r < 3; r++)
        bm_network_run(&b->net, &b->plan, NULL, NULL);

    double *phase = prediction->phase_seconds;
    for (unsigned i = 0; i <= b->plan.calls; i++) {
        const struct bm_call *call = &b->plan.call[i];
        if (i == b->plan.calls || call->wait) { /* a stretch ends */
            double most = 0;
            for (int me = 0; me < b->team; me++)
                most = fmax(most, stretch[me]);
            phase[BM_WAITING] += most - stretch[0];
            memset(stretch, 0, (size_t)b->team * sizeof *stretch);
        }
        if (i == b->plan.calls || call->follows) /* timed with its product */
            continue;
        time_call(b, i, seconds);
        phase[call->phase] += seconds[0];
        for (int me = 0; me < b->team; me++)
            stretch[me] += seconds[me];
        const bool bn = call->phase == BM_BN_FORWARD || call->phase == BM_BN_BACKWARD;
        if (bn && strstr(call->op->name, "relu") && !bm_call_is_bf16(call) && strcmp(config->kernels, "auto") == 0)
            prediction->unfused_seconds += split_apart(b, i, seconds[0]);
    }
    phase[BM_DATA] = bm_train_fill_seconds(config, data);
    for (int p = 0; p < BM_PHASE_COUNT; p++)
        prediction->step_seconds += phase[p];
    free(seconds);
    free(stretch);
    free(b->sample);
    bm_network_free(&b->net);
    free(b);
    return true;
}
