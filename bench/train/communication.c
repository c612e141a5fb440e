/* SPDX-License-Identifier: MIT */
#include "communication.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "result.h"
#include "stats.h"

unsigned bm_exchanged_by_layer(const struct bm_train_result *r, struct bm_exchanged layer[BM_MAX_WIDTHS])
{
    const double steps = r->full_steps ? (double)r->full_steps : NAN;
    unsigned layers = 1;
    for (unsigned l = 0; l < BM_MAX_WIDTHS; l++)
        layer[l] = (struct bm_exchanged){ .begin_s = 0 };
    for (size_t i = 0; i < r->calls; i++) {
        const struct bm_train_call *call = &r->call[i];
        struct bm_exchanged *of = &layer[call->layer];
        layers = call->layer >= layers ? call->layer + 1 : layers;
        if (call->exchange == BM_BEGIN_GRADIENT_SUM) {
            of->gradient_bytes = call->bytes;
            of->begin_s = call->seconds / steps;
        } else if (call->exchange == BM_FINISH_GRADIENT_SUM)
            of->wait_s = call->seconds / steps;
        else if (call->exchange == BM_MERGE_MOMENTS || call->exchange == BM_ADD_NORM_SUMS) {
            of->norm_bytes += call->bytes;
            of->norm_s += call->seconds / steps;
        }
    }
    return layers;
}

struct bm_exchanged bm_exchanged_in_all(const struct bm_train_result *r)
{
    struct bm_exchanged layer[BM_MAX_WIDTHS], all = { .begin_s = 0 };
    const unsigned layers = bm_exchanged_by_layer(r, layer);
    for (unsigned l = 0; l < layers; l++) {
        all.gradient_bytes += layer[l].gradient_bytes;
        all.norm_bytes += layer[l].norm_bytes;
        all.begin_s += layer[l].begin_s;
        all.wait_s += layer[l].wait_s;
        all.norm_s += layer[l].norm_s;
    }
    return all;
}

/* Over all steps of all epochs, of the whole step or of its communication. */
static double mean_of(const struct bm_train_result *r, bool communication)
{
    double seconds = 0, steps = 0;
    for (size_t e = 0; e < r->epochs; e++) {
        seconds += communication ? r->epoch[e].phase_seconds[BM_COMMUNICATION] : r->epoch[e].train_seconds;
        steps += (double)r->epoch[e].steps;
    }
    return seconds / steps;
}

double bm_step_seconds(const struct bm_train_result *r) { return mean_of(r, false); }
double bm_communication_seconds(const struct bm_train_result *r) { return mean_of(r, true); }

/* ---- the table ---- */

static void print_layer(const char *name, const struct bm_exchanged *t)
{
    printf("    %-8s %10.1f KB %8.1f us %8.1f us", name, (double)t->gradient_bytes / 1e3, 1e6 * t->begin_s,
           1e6 * t->wait_s);
    if (t->norm_bytes)
        printf(" %9.1f KB %8.1f us", (double)t->norm_bytes / 1e3, 1e6 * t->norm_s);
    printf("\n");
}

static json_t *layer_json(unsigned number, const struct bm_exchanged *t)
{
    return json_pack("{s:I, s:I, s:o, s:o, s:I, s:o}", "layer", (json_int_t)number, "gradient_bytes",
                     (json_int_t)t->gradient_bytes, "begin_s", bm_real_or_null(t->begin_s), "wait_s",
                     bm_real_or_null(t->wait_s), "norm_bytes", (json_int_t)t->norm_bytes, "norm_s",
                     bm_real_or_null(t->norm_s));
}

void bm_communication_report(const struct bm_train_config *c, const struct bm_train_result *r, const char *variant,
                             double memory_gbs, json_t *result)
{
    struct bm_exchanged layer[BM_MAX_WIDTHS];
    const struct bm_exchanged all = bm_exchanged_in_all(r);
    const double step = bm_step_seconds(r), spent = bm_communication_seconds(r),
                 bound = 2 * (double)all.gradient_bytes / (1e9 * memory_gbs);
    const unsigned layers = bm_exchanged_by_layer(r, layer);
    json_t *list = json_array();
    printf("  communication of a step, of rank 0\n    %-8s %13s %11s %11s %12s %11s\n", "layer", "gradient", "begin",
           "wait", "BN", "BN");
    for (unsigned l = layers; l-- > 0;) {
        char name[16];
        snprintf(name, sizeof name, "%u", l);
        if (layer[l].gradient_bytes || layer[l].norm_bytes) {
            print_layer(l ? name : "input", &layer[l]);
            json_array_append_new(list, layer_json(l, &layer[l]));
        }
    }
    print_layer("all", &all);
    printf("    with what goes on beside the products %.1f us, %.1f %% of the step; moving the gradients once through "
           "memory\n    (read and written at %.1f GB/s) takes %.1f us: communication takes %.2f times that\n",
           1e6 * spent, 100 * spent / step, memory_gbs, 1e6 * bound, spent / bound);
    json_array_append_new(bm_result_list(result, "communication"),
                          json_pack("{s:s, s:I, s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:o}", "variant", variant, "ranks",
                                    (json_int_t)c->ranks->count, "threads", (json_int_t)c->threads, "statistics",
                                    c->bn ? bm_train_synchronises(c) ? "sync" : "local" : "none", "batch",
                                    (json_int_t)c->batch, "step_s", bm_real_or_null(step), "communication_s",
                                    bm_real_or_null(spent), "memory_gbs", bm_real_or_null(memory_gbs), "bound_s",
                                    bm_real_or_null(bound), "layers", list));
}

/* ---- an allreduce ---- */

/* Median seconds of adding up n floats over all ranks, as a step does it. */
static double time_sum(const struct bm_ranks *ranks, float *x, size_t n)
{
    enum { TIMES = 21 };
    double seconds[TIMES];
    for (int i = 0; i < TIMES; i++) {
        ranks->least(ranks, 0); /* all are there */
        const double start = bm_now_s();
        ranks->begin_sum(ranks, 0, x, n);
        ranks->finish_sum(ranks, 0);
        seconds[i] = bm_now_s() - start;
    }
    return bm_summarise(seconds, TIMES).median;
}

struct bm_allreduce bm_allreduce_measure(const struct bm_ranks *ranks)
{
    struct bm_allreduce a = { .ranks = ranks->count };
    const size_t most = (size_t)4 << (2 * (BM_ALLREDUCE_SIZES - 1)); /* 4 B, 16 B ... 4 MiB */
    float *x = bm_alloc(most);
    for (size_t bytes = sizeof *x; bytes <= most; bytes *= 4, a.sizes++) {
        a.bytes[a.sizes] = (double)bytes;
        a.seconds[a.sizes] = time_sum(ranks, x, bytes / sizeof *x);
    }
    free(x);
    bm_allreduce_fit(&a);
    return a;
}

static double levels(int ranks) { return ceil(log2(ranks)); }
static double both_ways(int ranks) { return 2 * (double)(ranks - 1) / ranks; }

/* Minimises the sum of ((start + bytes slope - seconds) / seconds)^2. */
void bm_allreduce_fit(struct bm_allreduce *a)
{
    double one = 0, x = 0, xx = 0, y = 0, xy = 0;
    for (int i = 0; i < a->sizes; i++) {
        const double weight = 1 / (a->seconds[i] * a->seconds[i]);
        one += weight;
        x += weight * a->bytes[i];
        xx += weight * a->bytes[i] * a->bytes[i];
        y += weight * a->seconds[i];
        xy += weight * a->bytes[i] * a->seconds[i];
    }
    const double slope = (one * xy - x * y) / (one * xx - x * x), start = (y - slope * x) / one;
    a->latency_s = fmax(start, 0) / levels(a->ranks);
    a->bandwidth = both_ways(a->ranks) / slope;
}

double bm_allreduce_predict(const struct bm_allreduce *a, double bytes, int ranks)
{
    const double l = levels(ranks), once = bytes / a->bandwidth;
    return fmin(l * (a->latency_s + once), 2 * l * a->latency_s + both_ways(ranks) * once);
}
