/* SPDX-License-Identifier: MIT */
/* cmd_bench.c - batchmark bench: verify, then time in so many process launches, and in more until the floors are known,
 * then set against the machine's limits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_run.h"
#include "beside.h"
#include "cores_timed.h"
#include "ideas.h"
#include "keep.h"
#include "known.h"
#include "provenance.h"
#include "result.h"
#include "run.h"
#include "show.h"
#include "standard_output.h"
#include "tuning.h"
#include "versus.h"

/* ---- the stop rule ---- */

static double time_cap(const struct bm_bench_run *r)
{
    const double each = 0.18 * (double)r->suite.cases;
    return r->o->time_cap >= 0 ? r->o->time_cap : each < 20 ? 20 : each;
}

static bool over(void *user)
{
    const struct bm_bench_run *r = user;
    const bool late = bm_suite_seconds(&r->suite) > time_cap(r);
    return late && (r->all_have_least || r->o->quick);
}

/* Which cases have enough? Returns how many need more. */
static size_t judge(struct bm_bench_run *r)
{
    size_t open = 0;
    r->all_have_least = true;
    for (size_t i = 0; i < r->suite.cases; i++) {
        struct bm_suite_case *c = &r->suite.cased[i];
        if (c->out)
            continue;
        const bool least = c->launches - c->cut >= (size_t)r->o->launches;
        r->all_have_least &= least;
        const bool known = least && bm_bench_floor_of(c) <= r->o->precision;
        c->enough = known || (least && r->o->exact_launches);
        if (c->launches)
            json_object_set_new(c->about, "stop", json_string(known ? "floor" : c->enough ? "launches" : ""));
        open += !c->enough;
    }
    return open;
}

static void stop_by_time(struct bm_bench_run *r)
{
    for (size_t i = 0; i < r->suite.cases; i++)
        if (!r->suite.cased[i].enough && r->suite.cased[i].launches)
            json_object_set_new(r->suite.cased[i].about, "stop", json_string("time cap"));
}

static void measure(struct bm_bench_run *r)
{
    struct bm_suite *s = &r->suite;
    s->time_cap = r->o->exact_launches ? 0 : time_cap(r);
    s->ends_at_cap = r->o->quick;
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
static void keep(struct bm_bench_run *r)
{
    struct bm_suite *s = &r->suite;
    if (r->o->common.json || !s->path)
        return;
    bm_keep_kernels(s->result, s->path);
    if (!bm_interrupted && !s->ended_from_outside)
        bm_beside(s->result, s->path, r->o, BESIDE * time_cap(r));
}

/* Also measures what --versus asks for. */
static void print_results(struct bm_bench_run *r)
{
    struct bm_error error;
    struct bm_run run;
    const char *path = r->suite.path;
    char *own = path ? NULL : bm_result_text(r->suite.result);
    const char *text = own ? own : bm_is_stdout(path) ? bm_stdout_result() : NULL;
    if (text ? !bm_run_parse(text, strlen(text), path ? path : "this run", &run, &error)
             : !bm_run_load(path, &run, &error)) /* so that what is printed is what was written */
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (!r->o->versus)
        bm_show_cases(&run, stdout);
    else if (!bm_versus(&run, r->o->versus, r->o->time_cap, r->o->common.seed, r->suite.result, &error)) {
        fprintf(stderr, "batchmark: %s\n", error.text);
        r->suite.wrong++;
    }
    bm_run_free(&run);
    free(own);
}

static void note_cores(const struct bm_bench_run *r)
{
    const int timed = bm_cores_of_cases(bm_result_list(r->suite.result, "cases"));
    bm_note_cores(r->suite.result, timed, r->o->common.thread_counts, bm_why_no_more(&r->suite, timed));
}

/* ---- the command ---- */

static int dry_run(struct bm_bench_run *r)
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
    bm_bench_print_skipped(s->result);
    return s->ended_from_outside ? BM_EXIT_INPUT : s->wrong || s->crashed ? BM_EXIT_FAILED : BM_EXIT_OK;
}

/* The unfinished result to go on with, checked, and its options in place of those given now. */
static json_t *take_up(struct bm_bench_run *r, struct bm_bench_options *o)
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
    if (!o.format)
        bm_lines_begin();
    if (o.ideas)
        return bm_bench_ideas(&o);
    bm_check_filters(&o.common);
    struct bm_bench_run r = { .o = &o };
    json_t *resumed = o.resume ? take_up(&r, &o) : NULL;
    bm_bench_plan(&o, &plan);
    if (!plan.groups)
        bm_die(BM_EXIT_USAGE, "nothing to do: no kernel matches the filters, or no shape fits; see `batchmark list`");
    r.suite.build = (struct bm_build){ .program = bm_own_program(), .argc = o.argc, .argv = o.argv };
    r.suite.seed = o.common.seed;
    r.suite.limits_each = !o.quick; /* which take two seconds */
    r.suite.planned_launches = (size_t)o.launches;
    if (o.dry_run)
        return dry_run(&r);
    const bool stored = resumed || o.common.json || o.common.store || !bm_bench_is_part(&o);
    if (o.reference && !stored)
        bm_die(BM_EXIT_USAGE, "--reference is for runs that results/ keeps, and this is one of a part: add --store");
    if (stored && !r.suite.path && !(r.suite.path = bm_result_claim(o.common.json, "bench", &error)))
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
    bm_bench_print_limits(r.suite.result);
    bm_bench_print_summary(&r);
    if (stored)
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
