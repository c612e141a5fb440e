/* SPDX-License-Identifier: MIT */
#include "tune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache_sizes.h"
#include "call_caches.h"
#include "plan.h"
#include "topology.h"

/* About what a rung takes in a launch: its samples, and making and checking arrays; 2 cores of a Zen 3. */
static const double RUNG_SECONDS = 0.005, WORK_SECONDS = 1.2e-8;
static const double MOST_CALL = 1; /* seconds */
/* The built-in one, and the least number of rungs: one is above it. */
enum { MIDDLE = BM_RUNGS / 2, LEAST_RUNGS = MIDDLE + 2 };
/* Trials of teams are on rungs up to this many times above both values. */
static const double ABOVE = 2.5;

/* ---- what each threshold is measured on ---- */

/* Shapes for a kernel of a ladder: the text, and the size that it has. */
static double product(double flops, int kernel, int threads, char text[static BM_LABEL])
{
    const long side = lround(fmax(8, 8 * round(pow(flops, 1 / 3.0) / 8))),
               thin = lround(fmax(4, 4 * round(pow(flops / 8, 1 / 3.0) / 4)));
    (void)threads;
    if (kernel == 0)
        snprintf(text, BM_LABEL, "M=%ld N=%ld K=%ld", side, side, side);
    else
        snprintf(text, BM_LABEL, "M=%ld N=%ld K=%ld trans=NT", 4 * thin, 2 * thin, thin);
    return kernel == 0 ? pow((double)side, 3) : 8 * pow((double)thin, 3); /* two threads halve 2 M N K */
}

static double rows(double elements, int kernel, int threads, char text[static BM_LABEL])
{
    enum { CHANNELS = 128 };
    const double n = ceil(elements / CHANNELS);
    (void)kernel;
    (void)threads;
    snprintf(text, BM_LABEL, "N=%.0f C=%d", n, CHANNELS);
    return n * CHANNELS;
}

static double matrices(double bytes, int kernel, int threads, char text[static BM_LABEL])
{
    enum { CHANNELS = 256, FORWARD = 2, BACKWARD = 3 };
    const double row = sizeof(float) * CHANNELS * (kernel == 0 ? FORWARD : BACKWARD),
                 caches = (double)bm_last_caches(bm_call_caches(), threads), n = ceil(bytes * caches / row);
    snprintf(text, BM_LABEL, "N=%.0f C=%d", n, CHANNELS);
    return n * row / caches;
}

static int two(void) { return 2; }
static int of_one_cache(void)
{
    const int all = bm_default_threads(), sharers = gemm_sharers(bm_call_caches());
    return all < sharers ? all : sharers;
}

/* In the order of bm_threshold[]. */
static const struct {
    const char *kernel[BM_TUNE_KERNELS];
    double (*shape)(double size, int kernel, int threads, char text[static BM_LABEL]);
    int (*threads)(void); /* of the ladder */
    bool team;            /* it tells a team from one thread */
} plans[BM_THRESHOLDS] = {
    { { "gemm_auto", "gemm_auto" }, product, two, true },
    { { "bn_forward_auto", "bn_backward_auto" }, rows, bm_default_threads, true },
    { { "bn_forward_auto", "bn_backward_auto" }, matrices, of_one_cache, false },
};

/* ---- the ladder ---- */

/* The least that it takes, about. */
static double seconds_of(const struct bm_paired *c) { return BM_PAIRS_LEAST * (RUNG_SECONDS + WORK_SECONDS * c->work); }

static struct bm_paired pair(const struct bm_kernel *kernel, const char *shape, int threads)
{
    struct bm_shape_line line;
    struct bm_error error;
    if (!bm_shape_parse(shape, "tune", &line, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    return (struct bm_paired){ .op = kernel->op,
                               .shape = shape,
                               .cache = bm_cache_names[BM_WARM],
                               .work = bm_work(kernel->op, &line.shape),
                               .kernel = { kernel->name, kernel->name },
                               .threads = { threads, threads },
                               .figures.verdict = BM_PAIR_INCONCLUSIVE };
}

static void add_rung(struct bm_tuned *t, size_t threshold, double size)
{
    struct bm_rung *r = &t->rung[t->rungs++];
    for (int k = 0; k < BM_TUNE_KERNELS; k++) {
        const double has = plans[threshold].shape(size, k, t->threads, r->shape[k]);
        r->size = k == 0 ? has : r->size;
    }
    r->paired = pair(t->kernel[0], r->shape[0], t->threads);
}

void bm_tune_plan(struct bm_tuned *t, size_t threshold, double seconds)
{
    *t = (struct bm_tuned){ .threshold = &bm_threshold[threshold], .threads = plans[threshold].threads() };
    for (int k = 0; k < BM_TUNE_KERNELS; k++)
        t->kernel[k] = bm_find(plans[threshold].kernel[k]);
    if (plans[threshold].team && bm_default_threads() < 2) {
        snprintf(t->why, sizeof t->why, "this process has one core, and a team needs two");
        return;
    }
    for (int k = 0; k < BM_RUNGS; k++) {
        add_rung(t, threshold, t->threshold->built_in() * ldexp(1, k - MIDDLE));
        seconds -= seconds_of(&t->rung[k].paired);
        if (seconds < 0 && k > 0) {
            t->rungs--;
            break;
        }
    }
    if (t->rungs < LEAST_RUNGS) {
        t->rungs = 0;
        snprintf(t->why, sizeof t->why, "there is no time for it; give a longer --time-cap");
    }
}

static bool is_measured(const struct bm_rung *r) { return r->paired.figures.launches >= BM_PAIRS_LEAST; }

/* The least rung from which on all are faster; NULL: the largest is not. Rungs without room in memory do not count. */
static const struct bm_rung *crossing(const struct bm_tuned *t)
{
    const struct bm_rung *found = NULL;
    for (size_t k = t->rungs; k-- > 0;) {
        const struct bm_rung *r = &t->rung[k];
        if (is_measured(r) && !(r->paired.figures.high < 0))
            break;
        found = is_measured(r) ? r : found;
    }
    return found;
}

void bm_tune_conclude(struct bm_tuned *t)
{
    const struct bm_rung *found = crossing(t), *above = &t->rung[MIDDLE + 1];
    t->value = is_measured(above) && found && found != &t->rung[MIDDLE] ? found->size : 0;
    snprintf(t->why, sizeof t->why, "%.200s",
             !is_measured(above) ? above->paired.reason
             : t->value > 0      ? "measured"
             : found             ? "measured: about the same"
                                 : "on the largest shape that was measured it is not faster for certain");
}

bool bm_tune_ladder(struct bm_tuned *t, double seconds, uint64_t seed, struct bm_error *error)
{
    struct bm_paired paired[BM_RUNGS];
    struct bm_pairs_run run = { .paired = paired,
                                .count = t->rungs,
                                .threshold = BM_PAIRS_THRESHOLD,
                                .max_call = MOST_CALL,
                                .time_cap = seconds,
                                .seed = seed };
    t->threshold->set(&run.side[0].thresholds, BM_NEVER);
    t->threshold->set(&run.side[1].thresholds, BM_ALWAYS);
    for (size_t k = 0; k < t->rungs; k++)
        paired[k] = t->rung[k].paired;
    const bool good = bm_pairs_measure(&run, error);
    for (size_t k = 0; k < t->rungs; k++)
        t->rung[k].paired = paired[k];
    json_decref(run.context);
    return good;
}

/* ---- trials ---- */

/* On the rungs between the two values, which one takes as small and the other as large; of teams also on some above,
 * since more than two threads of GEMM begin there. */
static void add_trials(const struct bm_tuned *t, struct bm_pairs_run *run, double *seconds)
{
    const bool team = plans[t->threshold - bm_threshold].team;
    const double built_in = t->threshold->built_in(), least = fmin(t->value, built_in),
                 most = fmax(t->value, built_in) * (team ? ABOVE : 1);
    for (size_t r = 0; r < t->rungs && t->value > 0; r++)
        for (int k = 0; k < BM_TUNE_KERNELS && t->rung[r].size >= least && t->rung[r].size < most; k++) {
            const struct bm_paired c =
                pair(t->kernel[k], t->rung[r].shape[k], team ? bm_default_threads() : t->threads);
            *seconds -= seconds_of(&c);
            if (*seconds > 0)
                run->paired[run->count++] = c;
        }
}

void bm_tune_plan_trials(const struct bm_tuned *all, double seconds, struct bm_pairs_run *run)
{
    run->threshold = BM_PAIRS_THRESHOLD;
    run->max_call = MOST_CALL;
    run->time_cap = seconds;
    run->paired = bm_alloc(BM_THRESHOLDS * BM_RUNGS * BM_TUNE_KERNELS * sizeof *run->paired);
    for (size_t i = 0; i < BM_THRESHOLDS; i++) {
        add_trials(&all[i], run, &seconds);
        all[i].threshold->set(&run->side[1].thresholds, all[i].value);
    }
}

const struct bm_tuned *bm_tune_of_trial(const struct bm_tuned *all, const struct bm_paired *trial)
{
    for (size_t i = 0; i < BM_THRESHOLDS; i++)
        for (size_t r = 0; r < all[i].rungs; r++)
            for (int k = 0; k < BM_TUNE_KERNELS; k++)
                if (all[i].rung[r].shape[k] == trial->shape)
                    return &all[i];
    return NULL;
}

void bm_tune_judge_trials(struct bm_tuned *all, const struct bm_pairs_run *run)
{
    bool faster[BM_THRESHOLDS] = { false };
    for (size_t i = 0; i < run->count; i++) {
        const struct bm_paired *c = &run->paired[i];
        struct bm_tuned *t = &all[bm_tune_of_trial(all, c) - all];
        if (c->figures.launches < BM_PAIRS_LEAST)
            continue;
        faster[t - all] |= c->figures.high < 0;
        if (c->figures.low > 0) {
            t->value = 0;
            snprintf(t->why, sizeof t->why, "what was measured is slower in %s on %.100s", c->kernel[0], c->shape);
        }
    }
    for (size_t i = 0; i < BM_THRESHOLDS; i++)
        if (all[i].value > 0 && !faster[i]) {
            all[i].value = 0;
            snprintf(all[i].why, sizeof all[i].why, "what was measured is faster for certain in no trial");
        }
}
