/* SPDX-License-Identifier: MIT */
/* cmd_bench.c - batchmark bench: verify, then time in so many process launches, and in more until the floors are known,
 * then set against the machine's limits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"
#include "clock.h"
#include "compare_print.h"
#include "cores_timed.h"
#include "ideas.h"
#include "keep.h"
#include "known.h"
#include "provenance.h"
#include "result.h"
#include "run.h"
#include "standard_output.h"
#include "stop_rule.h"
#include "suite.h"
#include "show.h"
#include "tuning.h"
#include "versus.h"

/* ---- the command line ---- */

enum { KEY_CHANNEL = 0x100, KEY_RESUME, KEY_REFERENCE, KEY_IDEAS };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct bm_bench_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        for (int i = 0; i < BM_KERNEL_ARGPS; i++)
            state->child_inputs[i] = &o->common;
        return 0;
    case 'c': {
        char *rest = NULL, *list = strdup(arg); /* argv goes to workers as it is */
        o->cache[BM_WARM] = o->cache[BM_COLD] = false;
        for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
            o->cache[bm_read_word("--cache", word, bm_cache_names)] = true;
        free(list);
        return 0;
    }
    case 'l': o->launches = (int)bm_read_long("--launches", arg, 1, 1000); return 0;
    case 'P': o->precision = bm_read_double("--precision", arg, 0.01, 100) / 100; return 0;
    case 'T': o->time_cap = bm_read_double("--time-cap", arg, 0, 1e6); return 0;
    case 'm': o->sample_s = bm_read_double("--sample-time", arg, 1e-6, 3600); return 0;
    case 'L': o->launch_s = bm_read_double("--launch-time", arg, 0, 3600); return 0;
    case 'x': o->max_call = bm_read_double("--max-call", arg, 1e-6, 3600); return 0;
    case 'd': o->dry_run = true; return 0;
    case 'V': o->versus = BM_VERSUS_PEERS + bm_read_word("--versus", arg, bm_versus_names); return 0;
    case KEY_CHANNEL: o->channel = (int)bm_read_long("--channel", arg, 3, 1 << 20); return 0;
    case KEY_RESUME:
        o->resume = true;
        o->resumed = arg;
        return 0;
    case KEY_REFERENCE: o->reference = arg; return 0;
    case KEY_IDEAS: o->ideas = true; return 0;
    case 'f': o->format = bm_read_word("--format", arg, bm_compare_formats); return 0;
    case ARGP_KEY_END:
        if (o->ideas && (o->versus || o->resume || o->dry_run || o->reference || o->common.json || o->common.thread_counts))
            bm_die(BM_EXIT_USAGE, "--ideas goes with --op, --kernel, --shape, --shapes, --max-call, --time-cap, --seed and "
                                  "--format only: it times serial kernels, and stores nothing");
        if (o->format && !o->ideas)
            bm_die(BM_EXIT_USAGE, "--format is for --ideas; `batchmark show` prints what bench stores");
        if (o->reference && o->common.json)
            bm_die(BM_EXIT_USAGE, "--reference is for runs that results/ keeps, so not with --json");
        return 0;
    case ARGP_KEY_ARG: bm_die(BM_EXIT_USAGE, "unexpected argument '%s'", arg);
    default: return ARGP_ERR_UNKNOWN;
    }
}

void bm_bench_parse(struct bm_bench_options *o, int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "cache", 'c', "LIST", 0,
          "warm, cold (rotating through copies three times the last level cache), or both (default: warm)", 0 },
        { "launches", 'l', "N", 0, "Process launches of every case; all its quantiles are of these (default 6)", 0 },
        { "precision", 'P', "PERCENT", 0,
          "Then more launches of the cases whose floor (the least sample) is not known so well: until 3 samples of 2 "
          "launches lie within PERCENT of it, or --time-cap is over (default 5)",
          0 },
        { "time-cap", 'T', "S", 0,
          "When --precision gives up: seconds of the whole run (default: 0.18 for each case, 20 at least)", 0 },
        { "sample-time", 'm', "S", 0, "Seconds of one sample, a batch of calls, or one call (default 0.0001)", 0 },
        { "launch-time", 'L', "S", 0,
          "Seconds of samples of a case in one launch: as many as fit, 2 to 40, the same number in every launch "
          "(default 0.025)",
          0 },
        { "max-call", 'x', "S", 0,
          "Leave out, and say so, cases of which one call takes longer (default 0.1, with --versus peers 2)", 0 },
        { "versus", 'V', "peers|naive", 0,
          "Then also how many times faster, in pairs of neighbours (see `batchmark ab`), with intervals, geometric "
          "means and totals; for at most as long again, or 0.4 s a pair. peers: <op>_auto and the best of the AVX2 and "
          "AVX-512 kernels against the libraries of others (default shapes: the built-in lists 'gemm_training' and "
          "'bn_training'). naive: each kernel against <op>_naive on one thread",
          0 },
        { "ideas", KEY_IDEAS, NULL, 0,
          "Instead, what each idea of a tuned serial kernel brings or costs on each shape: the kernel without the idea "
          "against the kernel, in pairs of neighbours. `make ideas` builds these kernels, `batchmark list --ideas` "
          "names them. --time-cap is then 150 for each family, bn and gemm",
          0 },
        { "format", 'f', "NAME", 0, "With --ideas: text (default), markdown or json", 0 },
        { "dry-run", 'd', NULL, 0, "Verify and name the cases; time and write nothing", 0 },
        { "resume", KEY_RESUME, "FILE", OPTION_ARG_OPTIONAL,
          "Go on with an interrupted run where it stopped, with its options (default: this machine's newest run that "
          "is not complete)",
          0 },
        { "reference", KEY_REFERENCE, "RESULT", 0,
          "The old result whose kernels are timed beside those of this run (default: the oldest comparable one of this "
          "machine that keeps kernels of these cases)",
          0 },
        { "channel", KEY_CHANNEL, "N", OPTION_HIDDEN, NULL, 0 },
        { 0 }
    };
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Verifies every kernel on every shape, times the right ones (Google Benchmark, wall time, in several process "
        "launches, each with the shapes in another random order and the samples of all kernels of a shape "
        "interleaved at random), and sets them against this machine's FMA peak and bandwidth, measured in the same "
        "run.\v"
        "Default shapes: the built-in list 'quick'. Serial kernels run on one thread, _omp kernels on all cores "
        "unless --threads says otherwise, <op>_auto and peers on each number of threads that is timed. 'of limit' is "
        "the least time that the roofline allows, with what the caches can keep of the arrays, over the median. The "
        "limits are the best that any launch measured. The median is that of the launches' medians.\n\n"
        "A run that is stored in results/ then times older kernels, which earlier results keep, beside its own, in pairs "
        "(see ab), for a tenth of --time-cap: of the newest comparable result those whose machine code differs, of the "
        "oldest (--reference) a fixed dozen of cases. So history can tell the machine from the code.",
        bm_kernel_argps,
        NULL,
        NULL
    };
    struct bm_error error;
    *o = (struct bm_bench_options){ .common.seed = 1,
                                    .cache = { [BM_WARM] = true },
                                    .sample_s = 0.0001,
                                    .launch_s = 0.025,
                                    .launches = 6,
                                    .precision = 0.05,
                                    .time_cap = -1,
                                    .channel = -1, .argc = argc, .argv = argv };
    bm_parse(&argp, argc, argv, 0, o);
    if (o->max_call == 0)
        o->max_call = o->versus == BM_VERSUS_PEERS ? 2 : 0.1;
    const bool no_shapes = !o->common.shapes.count, peers = o->versus == BM_VERSUS_PEERS;
    if (no_shapes && (!bm_shapes_load(&o->common.shapes, peers ? "gemm_training" : "quick", &error) ||
                      (peers && !bm_shapes_load(&o->common.shapes, "bn_training", &error))))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
}

/* ---- the stop rule ---- */

struct run {
    const struct bm_bench_options *o;
    struct bm_suite suite;
    bool all_have_least;
    double seconds, sampled; /* of the launches: how long, and the share within samples */
};

static double time_cap(const struct run *r)
{
    const double each = 0.18 * (double)r->suite.cases;
    return r->o->time_cap >= 0 ? r->o->time_cap : each < 20 ? 20 : each;
}

static bool over(void *user)
{
    const struct run *r = user;
    return r->all_have_least && bm_suite_seconds(&r->suite) > time_cap(r);
}

static double floor_of(const struct bm_suite_case *c)
{
    return bm_floor_precision(json_object_get(c->about, "raw"), json_object_get(c->about, "floor_raw"));
}

/* Which cases have enough? Returns how many need more. */
static size_t judge(struct run *r)
{
    size_t open = 0;
    r->all_have_least = true;
    for (size_t i = 0; i < r->suite.cases; i++) {
        struct bm_suite_case *c = &r->suite.cased[i];
        if (c->out)
            continue;
        const bool least = c->launches - c->cut >= (size_t)r->o->launches;
        r->all_have_least &= least;
        c->enough = least && floor_of(c) <= r->o->precision;
        if (c->launches)
            json_object_set_new(c->about, "stop", json_string(c->enough ? "floor" : ""));
        open += !c->enough;
    }
    return open;
}

static void stop_by_time(struct run *r)
{
    for (size_t i = 0; i < r->suite.cases; i++)
        if (!r->suite.cased[i].enough && r->suite.cased[i].launches)
            json_object_set_new(r->suite.cased[i].about, "stop", json_string("time cap"));
}

static void measure(struct run *r)
{
    struct bm_suite *s = &r->suite;
    bool last = judge(r) == 0 || over(r); /* of a run that is resumed, some have enough */
    while (!last && !bm_interrupted && !s->ended_from_outside) {
        bm_suite_launch(s, over, r);
        last = judge(r) == 0 || over(r); /* asked once: time goes on */
        bm_suite_stop(s, last && !bm_interrupted);
        bm_suite_save(s);
    }
    bm_suite_stop(s, false);
    if (!bm_interrupted && !s->ended_from_outside)
        stop_by_time(r);
    r->seconds = bm_suite_seconds(s);
    r->sampled = bm_suite_sampled(s);
}

/* The share of the run's time that older kernels get. */
static const double BESIDE = 0.1;

/* Keeps the kernels of the result, and times older ones beside them. A file elsewhere is a file alone. */
static void keep(struct run *r)
{
    struct bm_suite *s = &r->suite;
    if (r->o->common.json)
        return;
    bm_keep_kernels(s->result, s->path);
    if (!bm_interrupted && !s->ended_from_outside)
        bm_beside(s->result, s->path, r->o, BESIDE * time_cap(r));
}

/* ---- what there is to say at the end ---- */

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
        printf("NOTE: others disturbed limits of %s with %d thread%s in every launch (%s): nothing is held against them, "
               "but for teams against those of one thread, times the threads\n",
               json_string_value(json_object_get(limits, "isa")),
               (int)json_integer_value(json_object_get(limits, "threads")),
               json_integer_value(json_object_get(limits, "threads")) == 1 ? "" : "s", list);
}

/* And how much the machine moved while we measured. */
static void print_limits(json_t *result)
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
        printf("NOTE: there was too little memory to measure that level outside the caches: limits set by memory may be "
               "too low, and shares of them with them\n");
}

/* What was left out and why, each reason once. */
static void print_skipped(json_t *result)
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
        known += !s->cased[i].out && floor_of(&s->cased[i]) <= precision;
    return s->timed ? 100.0 * (double)known / (double)s->timed : 0;
}

static void print_summary(const struct run *r)
{
    const struct bm_suite *s = &r->suite;
    size_t enough = 0, begun = 0, planned = 0;
    for (size_t i = 0; i < s->cases; i++) {
        enough += s->cased[i].enough && !s->cased[i].out;
        begun += s->cased[i].launches && !s->cased[i].out;
        planned += !s->cased[i].out;
    }
    printf("\n%zu cases timed in %d launches and %.0f s, of which %.0f %% in samples; %zu wrong, %zu crashed, "
           "%zu skipped\nThe floor is known to within 1 %% for %.0f %% of the cases, 2 %% for %.0f %%, 5 %% for %.0f %%; asked were "
           "%.3g %%: %zu cases\n",
           s->timed, s->launches, r->seconds, 100 * r->sampled, s->wrong, s->crashed,
           json_array_size(bm_result_list(s->result, "skipped")), known_to(s, 0.01), known_to(s, 0.02),
           known_to(s, 0.05), 100 * r->o->precision, enough);
    print_skipped(s->result);
    print_timer(s);
    if (bm_interrupted || s->ended_from_outside)
        printf("interrupted: %zu of %zu cases have no figures yet, %zu have not enough; what was finished is in %s\n"
               "`batchmark bench --resume=%s` goes on\n",
               planned - begun, planned, begun - enough, bm_place_name(s->path),
               bm_is_stdout(s->path) ? "FILE" : s->path);
    else
        printf("raw samples and provenance: %s\n", bm_place_name(s->path));
}

/* Also measures what --versus asks for. */
static void print_results(struct run *r)
{
    struct bm_error error;
    struct bm_run run;
    const char *text = bm_is_stdout(r->suite.path) ? bm_stdout_result() : NULL;
    if (text ? !bm_run_parse(text, strlen(text), r->suite.path, &run, &error)
             : !bm_run_load(r->suite.path, &run, &error)) /* so that what is printed is what was written */
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (!r->o->versus)
        bm_show_cases(&run, stdout);
    else if (!bm_versus(&run, r->o->versus, r->o->time_cap, r->o->common.seed, r->suite.result, &error)) {
        fprintf(stderr, "batchmark: %s\n", error.text);
        r->suite.wrong++;
    }
    bm_run_free(&run);
}

static void note_cores(const struct run *r)
{
    const int timed = bm_cores_of_cases(bm_result_list(r->suite.result, "cases"));
    bm_note_cores(r->suite.result, timed, r->o->common.thread_counts, bm_why_no_more(&r->suite, timed));
}

/* ---- the command ---- */

static int dry_run(struct run *r)
{
    struct bm_suite *s = &r->suite;
    s->verify_only = true;
    s->thresholds = bm_use_tuning(&r->o->common);
    bm_suite_start(s, NULL);
    bm_suite_launch(s, NULL, NULL);
    bm_suite_stop(s, false);
    size_t cases = 0;
    for (size_t i = 0; i < s->cases; i++)
        if (!s->cased[i].out && ++cases)
            printf("%s\n", json_string_value(json_object_get(s->cased[i].about, "name")));
    printf("\n%zu cases, %zu wrong, %zu crashed, %zu skipped\n", cases, s->wrong, s->crashed,
           json_array_size(bm_result_list(s->result, "skipped")));
    print_skipped(s->result);
    return s->ended_from_outside ? BM_EXIT_INPUT : s->wrong || s->crashed ? BM_EXIT_FAILED : BM_EXIT_OK;
}

/* The unfinished result to go on with, checked, and its options in place of those given now. */
static json_t *take_up(struct run *r, struct bm_bench_options *o)
{
    struct bm_error error;
    struct bm_run run;
    char *path = o->resumed ? bm_result_claim(o->resumed, "bench", &error) : bm_result_unfinished("bench", &error), text[256];
    if (!path || !bm_run_load(path, &run, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (run.complete)
        bm_die(BM_EXIT_INPUT, "%s is complete: there is nothing to go on with", path);
    if (run.edited)
        bm_die(BM_EXIT_INPUT, "%s was edited after it was written (its checksum does not hold); start a new run", path);
    json_t *resumed = json_incref(run.json);
    const json_t *command = json_object_get(run.ours, "command");
    const int argc = (int)json_array_size(command);
    char **argv = bm_alloc(((size_t)argc + 1) * sizeof *argv); /* lives as long as the options */
    for (int i = 0; i < argc; i++)
        argv[i] = strdup(json_string_value(json_array_get(command, (size_t)i)));
    bm_bench_parse(o, argc, argv);
    r->suite.path = path;
    r->suite.thresholds = bm_use_tuning(&o->common);
    json_t *now = bm_result_new("bench", 0, NULL, NULL);
    bm_result_set_tuning(now);
    json_t *print = json_object_get(json_object_get(now, "batchmark"), "fingerprint");
    json_object_set(print, "threads", json_object_get(run.fingerprint, "threads"));
    if (bm_fingerprints_differ(run.fingerprint, print, text))
        bm_die(BM_EXIT_INPUT, "%s was begun in other circumstances (%s); start a new run", path, text);
    const char *commit = json_string_value(json_object_get(
        json_object_get(json_object_get(json_object_get(now, "context"), "batchmark"), "build"), "commit"));
    if (strcmp(commit, run.commit) != 0)
        bm_die(BM_EXIT_INPUT, "%s was begun by commit %.12s, this is %.12s; start a new run", path, run.commit, commit);
    json_decref(now);
    bm_run_free(&run);
    return resumed;
}

int bm_cmd_bench(int argc, char **argv)
{
    static struct bm_bench_options o;
    static struct bm_bench_plan plan;
    struct bm_error error;
    bm_bench_parse(&o, argc, argv);
    if (o.channel >= 0) {
        bm_bench_plan(&o, &plan);
        return bm_serve(&plan);
    }
    if (o.ideas)
        return bm_bench_ideas(&o);
    bm_check_filters(&o.common);
    struct run r = { .o = &o };
    json_t *resumed = o.resume ? take_up(&r, &o) : NULL;
    bm_bench_plan(&o, &plan);
    if (!plan.groups)
        bm_die(BM_EXIT_USAGE, "nothing to do: no kernel matches the filters, or no shape fits; see `batchmark list`");
    r.suite.build = (struct bm_build){ .program = bm_own_program(), .argc = o.argc, .argv = o.argv };
    r.suite.seed = o.common.seed;
    r.suite.limits_each = true;
    r.suite.planned_launches = (size_t)o.launches;
    if (o.dry_run)
        return dry_run(&r);
    if (!r.suite.path && !(r.suite.path = bm_result_claim(o.common.json, "bench", &error)))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (!resumed)
        r.suite.thresholds = bm_use_tuning(&o.common);
    bm_catch_interrupts();
    bm_suite_start(&r.suite, resumed);
    json_decref(resumed);
    bm_beside_check(&o, json_object_get(json_object_get(r.suite.result, "batchmark"), "fingerprint"));
    bm_suite_save(&r.suite); /* a folder that cannot be written shows now, not after the work */
    measure(&r);
    keep(&r);
    bm_suite_save(&r.suite);
    if (r.suite.timed)
        print_results(&r);
    json_object_set_new(json_object_get(r.suite.result, "batchmark"), "complete",
                        json_boolean(!bm_interrupted && !r.suite.ended_from_outside));
    note_cores(&r);
    bm_suite_save(&r.suite);
    print_limits(r.suite.result);
    print_summary(&r);
    bm_beside_print(r.suite.result, r.suite.path, &o, stdout);
    const bool failed = r.suite.wrong || r.suite.crashed, timed = r.suite.timed, ended = r.suite.ended_from_outside;
    bm_suite_free(&r.suite);
    bm_bench_plan_free(&plan);
    bm_shapes_free(&o.common.shapes);
    if (bm_interrupted)
        return failed ? BM_EXIT_FAILED : BM_EXIT_INTERRUPTED;
    if (ended)
        return BM_EXIT_INPUT;
    if (!timed && !failed)
        bm_die(BM_EXIT_INPUT, "nothing was timed: every case was left out, for the reasons above");
    return failed ? BM_EXIT_FAILED : BM_EXIT_OK;
}
