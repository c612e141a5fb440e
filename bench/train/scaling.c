/* SPDX-License-Identifier: MIT */
#include "scaling.h"

#include <math.h>
#include <stdio.h>

#include "communication.h"
#include "places.h"
#include "result.h"
#include "stats.h"
#include "variant.h"

enum { ROUNDS = 3, FIRST_STEPS = 8, MOST_STEPS = 2000, FARTHEST = 1024 };
static const double run_seconds = 0.3; /* of a round */

/* A step with so many ranks; NaN: not measured. */
struct point {
    double step_s, communication_s, gradient_bytes, norm_bytes[BM_MAX_WIDTHS];
};

/* Of so many steps; `steps` becomes how many take run_seconds. */
static struct point time_steps(const struct bm_train_config *config, const struct bm_dataset *data, size_t *steps)
{
    struct bm_train_config c = *config;
    struct bm_train_result r;
    struct bm_error error;
    struct bm_exchanged layer[BM_MAX_WIDTHS];
    c.epochs = 1;
    c.earlier_epochs = 0;
    c.max_steps = *steps;
    c.target = 0;
    if (!bm_train(&c, data, NULL, &r, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    struct point p = { .step_s = bm_step_seconds(&r),
                       .communication_s = bm_communication_seconds(&r),
                       .gradient_bytes = (double)bm_exchanged_in_all(&r).gradient_bytes };
    const unsigned layers = bm_exchanged_by_layer(&r, layer);
    for (unsigned l = 0; l < layers; l++)
        p.norm_bytes[l] = (double)layer[l].norm_bytes;
    const double slowest = -c.ranks->least(c.ranks, -p.step_s);
    *steps = (size_t)fmin(fmax(run_seconds / slowest, FIRST_STEPS), MOST_STEPS);
    bm_train_result_free(&r);
    return p;
}

/* The round with the median time of a step. */
static struct point time_point(const struct bm_train_config *c, const struct bm_dataset *data)
{
    struct point round[ROUNDS];
    double seconds[ROUNDS];
    size_t steps = FIRST_STEPS;
    time_steps(c, data, &steps);
    const size_t chosen = steps;
    for (int i = 0; i < ROUNDS; i++, steps = chosen) {
        round[i] = time_steps(c, data, &steps);
        seconds[i] = round[i].step_s;
    }
    const double median = bm_summarise(seconds, ROUNDS).median;
    int i = 0;
    while (i < ROUNDS - 1 && round[i].step_s != median)
        i++;
    return round[i];
}

struct scaling {
    const struct bm_train_config *config;
    const struct bm_dataset *data;
    const char *variant;
    json_t *result;
    struct point alone, all; /* weak scaling: one rank, and all of them */
};

static void record(const struct scaling *s, const char *mode, const struct bm_train_config *c, const struct point *p)
{
    json_array_append_new(bm_result_list(s->result, "scaling"),
                          json_pack("{s:s, s:s, s:I, s:I, s:s, s:I, s:o, s:o}", "variant", s->variant, "mode", mode,
                                    "ranks", (json_int_t)c->ranks->count, "threads", (json_int_t)c->threads,
                                    "statistics",
                                    !c->bn                         ? "none"
                                    : c->bn_ranks == BM_RANKS_SYNC ? "sync"
                                                                   : "local",
                                    "batch", (json_int_t)c->batch, "step_s", bm_real_or_null(p->step_s),
                                    "communication_s", bm_real_or_null(p->communication_s)));
}

/* One mode with some of the ranks, which this one is among. */
static struct point measure(struct scaling *s, bool weak, const struct bm_ranks *ranks, const struct point *alone)
{
    struct bm_train_config c = *s->config;
    struct point local = { .step_s = NAN };
    const char *mode = weak ? "weak" : "strong";
    c.ranks = ranks;
    c.batch *= weak ? (size_t)ranks->count : 1;
    const struct point p = time_point(&c, s->data);
    record(s, mode, &c, &p);
    c.bn_ranks = BM_RANKS_LOCAL;
    if (c.bn && ranks->count > 1 && s->config->bn_ranks == BM_RANKS_SYNC && bm_train_check(&c, NULL)) {
        local = time_point(&c, s->data);
        record(s, mode, &c, &local);
    }
    const double base = alone ? alone->step_s : p.step_s, ideal = weak ? base : base / ranks->count;
    printf("  %-6s %5d %7zu %9.1f us %7.2f %8.0f %% %11.1f us", mode, ranks->count, c.batch, 1e6 * p.step_s,
           base / p.step_s * (weak ? ranks->count : 1), 100 * ideal / p.step_s, 1e6 * p.communication_s);
    if (isfinite(local.step_s))
        printf(" %12.1f us %+9.1f us", 1e6 * local.step_s, 1e6 * (p.step_s - local.step_s));
    printf("\n");
    return p;
}

static bool fits(const struct scaling *s, bool weak, int ranks)
{
    return s->config->batch * (weak ? (size_t)ranks : 1) <= s->data->train_count / 2;
}

/* 1, 2, 4 ... and all ranks. */
static void measure_mode(struct scaling *s, bool weak)
{
    const struct bm_ranks *all = s->config->ranks;
    struct point alone = { .step_s = NAN };
    for (int n = 1; n <= all->count && fits(s, weak, n) && !bm_training_stops();
         n = n < all->count && 2 * n > all->count ? all->count : 2 * n) {
        const struct bm_ranks *some = all->first(all, n);
        if (!some)
            continue;
        const struct point p = measure(s, weak, some, n > 1 ? &alone : NULL);
        alone = n == 1 ? p : alone;
        s->alone = weak ? alone : s->alone;
        s->all = weak && n == all->count ? p : s->all;
    }
}

/* ---- more ranks than there are ---- */

static void print_allreduce(const struct scaling *s, const struct bm_allreduce *a)
{
    printf("\n  allreduce over %d ranks:", a->ranks);
    for (int i = 0; i < a->sizes; i++) {
        printf("%s%.0f B in %.3g us", i ? ", " : " ", a->bytes[i], 1e6 * a->seconds[i]);
        json_array_append_new(bm_result_list(s->result, "allreduce"),
                              json_pack("{s:I, s:I, s:f}", "ranks", (json_int_t)a->ranks, "bytes",
                                        (json_int_t)a->bytes[i], "seconds", a->seconds[i]));
    }
    printf("\n  by least squares a message takes %.3g us and %.3g GB/s\n", 1e6 * a->latency_s, 1e-9 * a->bandwidth);
}

static void predict(const struct scaling *s, const struct bm_allreduce *a, int ranks)
{
    const struct point *p = &s->all;
    const double compute = fmax(p->step_s - p->communication_s, s->alone.step_s);
    double norm = 0;
    for (unsigned l = 0; l < BM_MAX_WIDTHS; l++) /* half of a layer's traffic forward, and about as much backward */
        norm += p->norm_bytes[l] > 0 ? 2 * bm_allreduce_predict(a, p->norm_bytes[l] / 2, ranks) : 0;
    const double gradients = bm_allreduce_predict(a, p->gradient_bytes, ranks), step = compute + gradients + norm,
                 hidden = fmax(compute, gradients) + norm;
    printf("  %6d %10zu %12.1f us %10.1f us %9.1f us %6.0f %% %9.1f us %6.0f %%\n", ranks,
           s->config->batch * (size_t)ranks, 1e6 * gradients, 1e6 * norm, 1e6 * step, 100 * s->alone.step_s / step,
           1e6 * hidden, 100 * s->alone.step_s / hidden);
    json_array_append_new(bm_result_list(s->result, "scaling_predictions"),
                          json_pack("{s:s, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "variant", s->variant,
                                    "ranks", (json_int_t)ranks, "batch", (json_int_t)(s->config->batch * (size_t)ranks),
                                    "latency_s", a->latency_s, "bandwidth_gbs", 1e-9 * a->bandwidth, "gradients_s",
                                    gradients, "norm_s", norm, "step_s", step, "hidden_step_s", hidden, "alone_s",
                                    s->alone.step_s));
}

void bm_scaling(const struct bm_train_config *config, const struct bm_dataset *data, const char *variant,
                json_t *result)
{
    struct scaling s = { config, data, variant, result, { .step_s = NAN }, { .step_s = NAN } };
    const struct bm_ranks *all = config->ranks;
    printf("\nScaling of %s: a step by ranks of %zu thread%s, medians of %d rounds; strong: the batch shared out, "
           "weak: as\n"
           "many images for each; what synchronising BN costs is the step's time over that with local BN\n"
           "  %-6s %5s %7s %12s %7s %10s %14s %15s %12s\n",
           variant, config->threads, config->threads == 1 ? "" : "s", ROUNDS, "", "ranks", "batch", "step", "speed-up",
           "efficiency", "communication", "with local BN", "sync costs");
    measure_mode(&s, false);
    measure_mode(&s, true);
    if (bm_training_stops() || all->count == 1)
        return;
    const struct bm_allreduce a = bm_allreduce_measure(all);
    print_allreduce(&s, &a);
    if (!isfinite(s.all.step_s))
        return;
    printf(
        "\n  Prediction, not measured, of weak scaling: by the cheaper of recursive doubling, l (latency + n / "
        "bandwidth),\n"
        "  and of halving and doubling, 2 l latency + 2 (p - 1) / p n / bandwidth, l = log2 p (Thakur et al., 2005),\n"
        "  as between these %d ranks on %d node%s; `hidden`: if all that is not BN's overlaps with computing\n"
        "  %6s %10s %15s %13s %12s %8s %12s %8s\n",
        all->count, bm_nodes_of(all), bm_nodes_of(all) == 1 ? "" : "s", "ranks", "batch", "gradients", "BN", "step",
        "eff.", "hidden", "eff.");
    for (int ranks = 2; ranks <= FARTHEST; ranks *= 2)
        if (ranks >= all->count)
            predict(&s, &a, ranks);
}
