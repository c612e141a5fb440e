/* SPDX-License-Identifier: MIT */
/* bench_summary.c - what there is to say at the end of a run of bench. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench_run.h"
#include "clock.h"
#include "result.h"
#include "standard_output.h"
#include "stop_rule.h"

double bm_bench_floor_of(const struct bm_suite_case *c)
{
    return bm_floor_precision(json_object_get(c->about, "raw"), json_object_get(c->about, "floor_raw"));
}

static double peak_of(const json_t *list, const json_t *of)
{
    const json_t *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        if (json_equal(json_object_get(one, "isa"), json_object_get(of, "isa")) &&
            json_equal(json_object_get(one, "threads"), json_object_get(of, "threads")))
            return json_number_value(json_object_get(one, "fma_gflops"));
    }
    return NAN;
}

/* Limits that the machine never showed undisturbed. */
static void print_disturbed(const json_t *limits)
{
    char name[24], list[512] = "";
    unsigned bit;
    for (size_t i = 0; bm_disturbed_name(i, &bit, name); i++)
        if (bm_rate_disturbed(limits, name))
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? ", " : "", name);
    if (*list)
        printf(
            "NOTE: others disturbed limits of %s with %d thread%s in every launch (%s): nothing is held against them, "
            "but for teams against those of one thread, times the threads\n",
            json_string_value(json_object_get(limits, "isa")),
            (int)json_integer_value(json_object_get(limits, "threads")),
            json_integer_value(json_object_get(limits, "threads")) == 1 ? "" : "s", list);
}

void bm_bench_print_limits(json_t *result)
{
    double least = INFINITY, most = 0;
    const json_t *one, *limits = bm_result_list(result, "limits");
    size_t i;
    json_array_foreach(bm_result_list(result, "limits_at_end"), i, one)
    {
        const double ratio = json_number_value(json_object_get(one, "fma_gflops")) / peak_of(limits, one);
        least = fmin(least, ratio);
        most = fmax(most, ratio);
    }
    if (most > 0)
        printf("FMA peak at the end against the best of the run: %.2f to %.2f\n", least, most);
    bool in_cache = false;
    json_array_foreach(limits, i, one)
    {
        struct bm_limits row;
        in_cache |= bm_limits_of_json(one, &row) && bm_limits_in_cache(&row);
        print_disturbed(one);
    }
    if (in_cache)
        printf(
            "NOTE: there was too little memory to measure that level outside the caches: limits set by memory may be "
            "too low, and shares of them with them\n");
}

void bm_bench_print_skipped(json_t *result)
{
    json_t *list = bm_result_list(result, "skipped"), *reasons = json_object(), *count;
    const char *reason;
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        reason = json_string_value(json_object_get(one, "reason"));
        json_object_set_new(reasons, reason, json_integer(json_integer_value(json_object_get(reasons, reason)) + 1));
    }
    json_object_foreach(reasons, reason, count)
        printf("  %4lld skipped: %s\n", (long long)json_integer_value(count), reason);
    json_decref(reasons);
}

/* A clock that is too coarse or too slow for the shortest samples (Hoefler & Belli: 5 % and a tenth). */
static void print_timer(const struct bm_suite *s)
{
    const double overhead = bm_clock_overhead_s(), resolution = bm_clock_resolution_s();
    size_t poor = 0;
    for (size_t i = 0; i < s->cases; i++) {
        const json_t *about = s->cased[i].about, *raw = json_array_get(json_object_get(about, "raw"), 0);
        const double sample =
            json_number_value(json_object_get(about, "min_s")) * json_number_value(json_object_get(raw, "iterations"));
        poor += sample > 0 && (overhead > 0.05 * sample || resolution > 0.1 * sample);
    }
    if (poor)
        printf("NOTE: reading the clock takes %.0f ns in steps of %.0f ns: too much for the samples of %zu cases; "
               "give a longer --sample-time\n",
               overhead * 1e9, resolution * 1e9, poor);
}

/* The share of the cases whose floor is known so well, in per cent. */
static double known_to(const struct bm_suite *s, double precision)
{
    size_t known = 0;
    for (size_t i = 0; i < s->cases; i++)
        known += !s->cased[i].out && bm_bench_floor_of(&s->cased[i]) <= precision;
    return s->timed ? 100.0 * (double)known / (double)s->timed : 0;
}

/* What a whole run has more. */
static void print_quick(const struct bm_suite *s)
{
    char *words[] = { s->build.argv[0], NULL };
    struct bm_bench_options whole;
    struct bm_bench_plan plan;
    size_t all = 0;
    bm_bench_parse(&whole, 1, words);
    bm_bench_plan(&whole, &plan);
    for (size_t i = 0; i < plan.groups; i++)
        all += plan.group[i].cases;
    printf("--quick left out all but %zu of the %zu cases of a whole run, and all but %d of its %d launches and more: "
           "it is "
           "no base for decisions. `batchmark bench` measures the rest\n",
           s->timed, all, s->launches, whole.launches);
    bm_bench_plan_free(&plan);
    bm_shapes_free(&whole.common.shapes);
}

static void print_place(const struct bm_suite *s, size_t planned, size_t begun, size_t enough)
{
    const bool interrupted = bm_interrupted || s->ended_from_outside;
    if (interrupted)
        printf("interrupted: %zu of %zu cases have no figures yet, %zu have not enough\n", planned - begun, planned,
               begun - enough);
    if (!s->path)
        puts("result: not stored, since it is of a part (--store keeps it in results/, --json=FILE in a file)");
    else if (interrupted)
        printf("what was finished is in %s\n`batchmark bench --resume=%s` goes on\n", bm_place_name(s->path),
               bm_is_stdout(s->path) ? "FILE" : s->path);
    else
        printf("result, with raw samples and provenance: %s\n", bm_place_name(s->path));
}

void bm_bench_print_summary(const struct bm_bench_run *r)
{
    const struct bm_suite *s = &r->suite;
    size_t enough = 0, begun = 0, planned = 0;
    for (size_t i = 0; i < s->cases; i++) {
        enough += s->cased[i].enough && !s->cased[i].out;
        begun += s->cased[i].launches && !s->cased[i].out;
        planned += !s->cased[i].out;
    }
    printf(
        "\n%zu cases timed in %d launches and %.0f s, of which %.0f %% in samples; %zu wrong, %zu crashed, "
        "%zu skipped\nThe floor is known to within 1 %% for %.0f %% of the cases, 2 %% for %.0f %%, 5 %% for %.0f %%; ",
        s->timed, s->launches, r->seconds, 100 * r->sampled, s->wrong, s->crashed,
        json_array_size(bm_result_list(s->result, "skipped")), known_to(s, 0.01), known_to(s, 0.02), known_to(s, 0.05));
    if (r->o->exact_launches)
        printf("asked were %d launch%s: %zu cases\n", r->o->launches, r->o->launches == 1 ? "" : "es", enough);
    else
        printf("asked were %.3g %%: %zu cases\n", 100 * r->o->precision, enough);
    bm_bench_print_skipped(s->result);
    print_timer(s);
    if (r->o->quick)
        print_quick(s);
    print_place(s, planned, begun, enough);
}
