/* SPDX-License-Identifier: MIT */
/* cmd_tune.c - batchmark tune: measures the thresholds of kernels that no formula knows, tries them, and keeps them for
 * this machine. */
#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ab.h"
#include "compare_print.h"
#include "lock.h"
#include "options.h"
#include "page.h"
#include "pairs_print.h"
#include "provenance.h"
#include "result.h"
#include "tune.h"

/* The shares of the time of the ladders, in the order of bm_threshold[], and of the trials. */
static const double LADDER_SHARE[BM_THRESHOLDS] = { 0.15, 0.15, 0.45 }, TRIAL_SHARE = 0.25;

struct tune {
    double time_cap;
    uint64_t seed;
    char *path;
    json_t *result;
    struct bm_tuned tuned[BM_THRESHOLDS];
    struct bm_pairs_run trials; /* A: as built in, B: as measured */
};

/* ---- the command line ---- */

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct tune *t = state->input;
    switch (key) {
    case 'T': t->time_cap = bm_read_double("--time-cap", arg, 0, 1e6); return 0;
    case 'r': t->seed = (uint64_t)bm_read_long("--seed", arg, 0, 2147483647); return 0;
    case ARGP_KEY_ARG: bm_die(BM_EXIT_USAGE, "unexpected argument '%s'", arg);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void read_options(struct tune *t, int argc, char **argv)
{
    static const struct argp_option options[] = { { "time-cap", 'T', "S", 0, "About how many seconds it may take (default 60)",
                                                    0 },
                                                  { "seed", 'r', "N", 0, "Seed of all random orders (default 1)", 0 },
                                                  { 0 } };
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Measures on this machine what no formula knows: from how much work on GEMM and BN start a team of threads, "
        "and "
        "from how many bytes on BN writes past the caches. Each is measured in pairs, as ab does, on sizes from an "
        "eighth to eight "
        "times the built-in one. Then the measured ones are tried against the built-in ones on more kernels; one that "
        "is "
        "slower in a trial, or faster in none, is dropped. The rest is kept in results/<machine>/tuning.json, and "
        "bench, train, verify and "
        "ab use it "
        "and say so, until --no-tuning. It never changes a bit of a result. docs/blocking.md explains it.\v"
        "Exit: 0 done; 1 a kernel is wrong or crashes; 2 bad usage; 3 nothing can be measured here, the process that "
        "measures "
        "was killed, or the file cannot be written; above 128 interrupted by a signal. After all but 0 the file is as "
        "it was.",
        NULL,
        NULL,
        NULL
    };
    *t = (struct tune){ .time_cap = 60, .seed = 1 };
    bm_parse(&argp, argc, argv, 0, t);
}

/* ---- the result ---- */

static json_t *figures_json(const struct bm_paired *c)
{
    const struct bm_pair_figures *f = &c->figures;
    const bool known = f->launches >= BM_PAIRS_LEAST;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "kernel", c->kernel[0], "shape", c->shape, "verdict",
                     bm_pair_verdicts[f->verdict], "ratio", known ? bm_real_or_null(exp(f->mean)) : json_null(), "low",
                     known ? bm_real_or_null(exp(f->low)) : json_null(), "high",
                     known ? bm_real_or_null(exp(f->high)) : json_null(), "launches", (json_int_t)f->launches);
}

static json_t *tuned_json(const struct bm_tuned *t)
{
    json_t *rungs = json_array();
    for (size_t k = 0; k < t->rungs; k++) {
        json_t *one = figures_json(&t->rung[k].paired);
        json_object_set_new(one, "size", json_real(t->rung[k].size));
        json_array_append_new(rungs, one);
    }
    return json_pack("{s:s, s:s, s:f, s:o, s:s, s:i, s:o}", "name", t->threshold->name, "unit", t->threshold->unit,
                     "built_in", t->threshold->built_in(), "value", t->value > 0 ? json_real(t->value) : json_null(),
                     "why", t->why, "threads", t->threads, "rungs", rungs);
}

static void keep(struct tune *t)
{
    struct bm_error error;
    json_t *thresholds = bm_result_list(t->result, "thresholds"), *trials = bm_result_list(t->result, "trials");
    for (size_t i = 0; i < BM_THRESHOLDS; i++)
        json_array_append_new(thresholds, tuned_json(&t->tuned[i]));
    for (size_t i = 0; i < t->trials.count; i++) {
        json_t *one = figures_json(&t->trials.paired[i]);
        json_object_set_new(one, "threshold",
                            json_string(bm_tune_of_trial(t->tuned, &t->trials.paired[i])->threshold->name));
        json_object_set_new(one, "threads", json_integer(t->trials.paired[i].threads[0]));
        json_array_append_new(trials, one);
    }
    json_object_set_new(json_object_get(t->result, "batchmark"), "complete", json_true());
    if (!bm_result_write(t->result, t->path, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
}

/* ---- what there is to say ---- */

static void print_ladder(const struct bm_tuned *t)
{
    struct bm_page *page = bm_page_new(BM_TEXT, NULL, "", NULL);
    char caption[200];
    snprintf(caption, sizeof caption, "%s (%s), %s on %d thread%s:", t->threshold->name, t->threshold->means,
             t->kernel[0]->name, t->threads, t->threads == 1 ? "" : "s");
    struct bm_grid *grid =
        bm_grid_new(page, "ladder", caption, t->threshold->unit, "shape", "with over without", "95 % interval", NULL);
    bm_page_wide(page);
    for (size_t k = 0; k < t->rungs; k++) {
        const struct bm_paired *c = &t->rung[k].paired;
        const struct bm_pair_figures *f = &c->figures;
        bm_grid_text(grid, "%.0f", t->rung[k].size);
        bm_grid_text(grid, "%s", c->shape);
        if (f->launches < BM_PAIRS_LEAST) {
            bm_grid_text(grid, "-");
            bm_grid_text(grid, "%s", *c->reason ? c->reason : "-");
            continue;
        }
        bm_grid_text(grid, "%+.1f %%", 100 * expm1(f->mean));
        bm_grid_text(grid, "%+.1f to %+.1f %%", 100 * expm1(f->low), 100 * expm1(f->high));
    }
    bm_page_table(page, grid);
    bm_page_print(page, stdout);
}

static void print_value(const struct bm_tuned *t)
{
    if (t->value > 0)
        printf("%s: %.0f %s instead of %.0f\n", t->threshold->name, t->value, t->threshold->unit,
               t->threshold->built_in());
    else
        printf("%s: stays as built in, %.0f %s: %s\n", t->threshold->name, t->threshold->built_in(), t->threshold->unit,
               t->why);
}

static void print_trials(struct tune *t)
{
    static const struct bm_pair_counts none;
    char again[64];
    snprintf(again, sizeof again, "batchmark tune --time-cap %.0f", 2 * t->time_cap);
    const struct bm_pairs_view view = { BM_TEXT, true, json_array(), &none, again };
    t->trials.side[0].label = "thresholds as built in";
    t->trials.side[1].label = "thresholds as measured";
    putchar('\n');
    bm_pairs_print(&t->trials, &view, stdout);
    json_decref(view.notes);
}

/* ---- the command ---- */

static void begin(struct tune *t, int argc, char **argv)
{
    struct bm_error error;
    const json_t *one;
    size_t i;
    t->result = bm_result_new("tuning", argc, argv, NULL);
    t->path = bm_tuning_path();
    char *copy = strdup(t->path);
    if (!copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (!bm_make_folder(dirname(copy), &error) || !bm_lock_take(t->path, &error)) /* shows now, not after the work */
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    free(copy);
    json_array_foreach(json_object_get(json_object_get(json_object_get(t->result, "context"), "batchmark"), "warnings"),
                       i, one) printf("WARNING %s\n", json_string_value(one));
    fflush(stdout);
}

static void end_if(bool measured, const struct bm_error *error, const struct bm_paired *c, const char *path)
{
    if (!measured)
        bm_die(BM_EXIT_INPUT, "%s; %s is as it was", error->text, path);
    if (bm_interrupted)
        fprintf(stderr, "batchmark: interrupted; %s is as it was\n", path);
    if (bm_interrupted)
        exit(bm_interrupted_code());
    if (c && bm_pair_fault(c->figures.verdict))
        bm_die(BM_EXIT_FAILED, "%s on %s is %s: %s; %s is as it was", c->kernel[0], c->shape,
               bm_pair_verdicts[c->figures.verdict], c->reason, path);
}

/* Returns how many rungs were measured; *why: the reason that one was not. */
static size_t climb(struct tune *t, const char **why)
{
    struct bm_error error;
    size_t measured = 0;
    for (size_t i = 0; i < BM_THRESHOLDS; i++) {
        struct bm_tuned *one = &t->tuned[i];
        const double seconds = LADDER_SHARE[i] * t->time_cap;
        bm_tune_plan(one, i, seconds);
        const bool good = !one->rungs || bm_tune_ladder(one, seconds, t->seed, &error);
        end_if(good, &error, NULL, t->path);
        if (one->rungs)
            bm_tune_conclude(one);
        for (size_t k = 0; k < one->rungs; k++) {
            end_if(true, &error, &one->rung[k].paired, t->path);
            measured += one->rung[k].paired.figures.launches > 0;
        }
        *why = one->why;
        if (one->rungs)
            print_ladder(one);
        else
            putchar('\n');
        print_value(one);
        fflush(stdout);
    }
    return measured;
}

static void try_values(struct tune *t)
{
    struct bm_error error;
    bm_tune_plan_trials(t->tuned, TRIAL_SHARE * t->time_cap, &t->trials);
    if (!t->trials.count) {
        printf("Nothing was measured to be other than it is built in: there is nothing to try.\n");
        return;
    }
    t->trials.seed = t->seed;
    free(bm_ab_find_noise(&t->trials));
    const bool good = bm_pairs_measure(&t->trials, &error);
    end_if(good, &error, NULL, t->path);
    for (size_t i = 0; i < t->trials.count; i++)
        end_if(true, &error, &t->trials.paired[i], t->path);
    bm_tune_judge_trials(t->tuned, &t->trials);
    print_trials(t);
    putchar('\n');
    for (size_t i = 0; i < BM_THRESHOLDS; i++)
        print_value(&t->tuned[i]);
}

int bm_cmd_tune(int argc, char **argv)
{
    static struct tune t;
    const char *why = "";
    read_options(&t, argc, argv);
    bm_catch_interrupts();
    begin(&t, argc, argv);
    if (!climb(&t, &why))
        bm_die(BM_EXIT_INPUT, "nothing was measured: %s; %s is as it was", why, t.path);
    try_values(&t);
    keep(&t);
    printf("Kept for bench, train, verify and ab on this machine (--no-tuning: without): %s\n", t.path);
    bm_lock_leave(t.path);
    json_decref(t.trials.context);
    json_decref(t.result);
    free(t.trials.paired);
    free(t.path);
    return BM_EXIT_OK;
}
