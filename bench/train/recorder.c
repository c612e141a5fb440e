/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation.h"
#include "moments.h"

/* Of a hidden layer's output over a batch. */
struct channel {
    double mean, deviation;
};

struct bm_recorder {
    struct bm_recorded sum;
    size_t weights, channels; /* of all layers; of the hidden ones */
    float *gradient;          /* all weights' */
    float *start;             /* all parameters */
    struct channel *before;
    float *running; /* of all norms, means and variances */
};

/* ---- all parameters ---- */

/* Number i of them: of each layer weights, biases, gammas and betas, and at last the input's. */
static const struct bm_parameter *parameter_of(const struct bm_network *net, unsigned i)
{
    const struct bm_layer *layer = &net->layer[i / 4];
    if (i / 4 == net->layers)
        return i % 4 ? &net->input.beta : &net->input.gamma;
    return i % 4 == 0   ? &layer->weight
           : i % 4 == 1 ? &layer->bias
           : i % 4 == 2 ? &layer->norm.gamma
                        : &layer->norm.beta;
}

static unsigned parameters_of(const struct bm_network *net) { return 4 * net->layers + 2; }

static size_t parameter_floats(const struct bm_network *net)
{
    size_t floats = 0;
    for (unsigned i = 0; i < parameters_of(net); i++)
        floats += parameter_of(net, i)->count;
    return floats;
}

/* Out of the network or back into it. */
static void move_parameters(const struct bm_network *net, float *at, bool back)
{
    for (unsigned i = 0; i < parameters_of(net); i++) {
        const struct bm_parameter *p = parameter_of(net, i);
        memcpy(back ? p->w : at, back ? at : p->w, p->count * sizeof *at);
        at += p->count;
    }
}

/* ---- the recorder ---- */

struct bm_recorder *bm_recorder_new(const struct bm_network *net)
{
    struct bm_recorder *r = bm_alloc(sizeof *r);
    for (unsigned l = 0; l < net->layers; l++) {
        r->weights += net->layer[l].weight.count;
        r->channels += l + 1 < net->layers ? net->layer[l].out : 0;
    }
    r->gradient = bm_alloc((r->weights + 1) * sizeof *r->gradient);
    r->start = bm_alloc((parameter_floats(net) + 1) * sizeof *r->start);
    r->sum.moment = bm_alloc(BM_MOMENTS * 2 * sizeof *r->sum.moment);
    r->before = bm_alloc((r->channels + 1) * sizeof *r->before);
    r->running = bm_alloc((bm_running_floats(net) + 1) * sizeof *r->running);
    return r;
}

void bm_recorder_free(struct bm_recorder *r)
{
    if (!r)
        return;
    free(r->gradient);
    free(r->start);
    free(r->sum.moment);
    free(r->before);
    free(r->running);
    free(r);
}

/* ---- what a batch has left in memory ---- */

static struct channel channel_of(const struct bm_layer *layer, size_t column, size_t rows)
{
    double sum = 0, squares = 0;
    const double first = layer->a[column]; /* shifted, so that a large mean costs no digits */
    for (size_t i = 0; i < rows; i++) {
        const double x = layer->a[i * layer->ld + column] - first;
        sum += x;
        squares += x * x;
    }
    const double mean = sum / (double)rows, variance = squares / (double)rows - mean * mean;
    return (struct channel){ first + mean, sqrt(variance > 0 ? variance : 0) };
}

static void take_channels(const struct bm_network *net, size_t rows, struct channel *to)
{
    for (unsigned l = 0; l + 1 < net->layers; l++)
        for (size_t column = 0; column < net->layer[l].out; column++)
            *to++ = channel_of(&net->layer[l], column, rows);
}

static double norm_of(const struct bm_parameter *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->count; i++)
        sum += (double)p->g[i] * (double)p->g[i];
    return sqrt(sum);
}

/* At most 30: a gradient that is nothing at all is written as 1e-30 of the other. */
static double decades(const struct bm_network *net)
{
    const double first = norm_of(&net->layer[0].weight), last = norm_of(&net->layer[net->layers - 1].weight);
    return first + last > 0 ? fmin(30, fabs(log10((first + 1e-30 * last) / (last + 1e-30 * first)))) : 0;
}

/* ---- once more ---- */

/* The loss of the batch, with the gradients or without. */
static double run_again(struct bm_network *net, struct bm_plan *plan, bool backward)
{
    double loss = 0;
    for (unsigned i = 0; i < plan->calls; i++) {
        if (plan->call[i].phase != BM_OPTIMIZER && !plan->call[i].exchange)
            bm_network_run_call(net, plan, i, 0);
        if (plan->call[i].phase == BM_LOSS_GRADIENT && !backward)
            break;
    }
    for (size_t i = 0; i < plan->rows; i++)
        loss += net->loss[i];
    return loss / (double)plan->rows;
}

static double gradient_change(const struct bm_recorder *r, const struct bm_network *net)
{
    const float *then = r->gradient;
    double change = 0, length = 0;
    for (unsigned l = 0; l < net->layers; l++) {
        const struct bm_parameter *w = &net->layer[l].weight;
        for (size_t i = 0; i < w->count; i++) {
            const double old = *then++, now = w->g[i];
            change += (now - old) * (now - old);
            length += old * old;
        }
    }
    return length > 0 ? sqrt(change / length) : 0;
}

/* A channel that was constant has no deviation to measure by: it does not count. */
static double shift(const struct bm_recorder *r, const struct bm_network *net, size_t rows)
{
    const struct channel *then = r->before;
    double sum = 0;
    size_t counted = 0;
    for (unsigned l = 0; l + 1 < net->layers; l++)
        for (size_t column = 0; column < net->layer[l].out; column++, then++) {
            if (then->deviation == 0)
                continue;
            sum += fabs(channel_of(&net->layer[l], column, rows).mean - then->mean) / then->deviation;
            counted++;
        }
    return counted ? sum / (double)counted : 0;
}

/* The largest less the least loss along the gradient that the last pass has left. */
static double loss_range(const struct bm_recorder *r, struct bm_network *net, struct bm_plan *plan)
{
    const double most = 10 * log((double)net->layer[net->layers - 1].out), lr = net->config->lr;
    double low = INFINITY, high = 0;
    move_parameters(net, r->start, false);
    for (double length = lr / 4; length < 4.5 * lr; length *= 2) {
        const float *start = r->start;
        for (unsigned i = 0; i < parameters_of(net); i++) {
            const struct bm_parameter *p = parameter_of(net, i);
            for (size_t k = 0; k < p->count; k++)
                p->w[k] = *start++ - (float)length * p->g[k];
        }
        const double loss = fmin(run_again(net, plan, false), most); /* of one that is none: most */
        low = fmin(low, loss), high = fmax(high, loss);
    }
    move_parameters(net, r->start, true);
    return high - low;
}

void bm_recorder_look(struct bm_recorder *r, struct bm_network *net, struct bm_plan *plan, double loss)
{
    float *to = r->gradient;
    size_t constant = 0;
    take_channels(net, plan->rows, r->before);
    for (size_t i = 0; i < r->channels; i++)
        constant += r->before[i].deviation == 0;
    for (unsigned l = 0; l < net->layers; l++) {
        const struct bm_parameter *w = &net->layer[l].weight;
        memcpy(to, w->g, w->count * sizeof *to);
        to += w->count;
    }
    r->sum.gradient_decades += decades(net);
    r->sum.constant_units += r->channels ? (double)constant / (double)r->channels : 0;
    bm_running_move(net, r->running, false);
    r->sum.uphill += run_again(net, plan, true) > loss;
    r->sum.gradient_change += gradient_change(r, net);
    r->sum.input_shift += shift(r, net, plan->rows);
    if (bm_moment_is_due(net, r->sum.moments))
        r->sum.moments += bm_moments_take(net, plan->rows, r->sum.moment + r->sum.moments);
    r->sum.loss_range += loss_range(r, net, plan);
    bm_running_move(net, r->running, true);
    r->sum.steps++;
}

struct bm_recorded bm_recorder_take(struct bm_recorder *r)
{
    if (!r || !r->sum.steps)
        return (struct bm_recorded){ .steps = 0 };
    const double n = (double)r->sum.steps;
    struct bm_moment *moment = r->sum.moment;
    r->sum.moment = NULL;
    return (struct bm_recorded){ r->sum.steps,
                                 r->sum.gradient_decades / n,
                                 r->sum.constant_units / n,
                                 r->sum.input_shift / n,
                                 r->sum.gradient_change / n,
                                 r->sum.uphill / n,
                                 r->sum.loss_range / n,
                                 r->sum.moments,
                                 moment };
}
