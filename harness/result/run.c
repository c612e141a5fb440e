/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SECONDS 1e9 /* thirty years */

/* ---- cases ---- */

/* A list beside the samples: absent, or as long and of numbers in range (null allowed if so said). */
static void check_list(struct bm_reader *r, const json_t *raw, const char *key, size_t count, bool must, bool null)
{
    const json_t *list = json_object_get(raw, key), *v;
    size_t i;
    if (!list && !must)
        return;
    if (!json_is_array(list) || json_array_size(list) != count) {
        bm_reader_fail(r, "\"%s\" of a launch is not a list as long as its samples", key);
        return;
    }
    json_array_foreach(list, i, v)
        if (!(json_is_number(v) && json_number_value(v) >= 0) && !(null && json_is_null(v)))
            bm_reader_fail(r, "\"%s\" of a launch holds what is no number from 0", key);
}

static void check_times(struct bm_reader *r, const json_t *ns)
{
    const json_t *v;
    size_t i;
    json_array_foreach(ns, i, v)
        if (!(json_number_value(v) >= 1e-3 && json_number_value(v) <= MOST_SECONDS * 1e9))
            bm_reader_fail(r, "\"ns\" of a launch holds what is no time of a call");
}

static void read_launch(struct bm_reader *r, const json_t *raw, int launches, struct bm_run_launch *launch)
{
    const json_t *ns = bm_list_of(r, raw, "ns"), *v;
    size_t i;
    launch->launch = bm_count_of(r, raw, "launch", 0, launches - 1);
    bm_count_of(r, raw, "iterations", 1, INT_MAX);
    launch->count = json_array_size(ns);
    if (launch->count == 0)
        bm_reader_fail(r, "a launch without samples");
    check_times(r, ns);
    check_list(r, raw, "at_s", launch->count, true, false);
    check_list(r, raw, "clock", launch->count, false, true);
    check_list(r, raw, "contention", launch->count, false, true);
    check_list(r, raw, "switches", launch->count, false, false);
    check_list(r, raw, "migrations", launch->count, false, false);
    check_list(r, raw, "throttled", launch->count, false, false);
    check_list(r, raw, "suspended", launch->count, false, false);
    if (json_object_get(raw, "planned"))
        bm_count_of(r, raw, "planned", (int)launch->count + 1, INT_MAX);
    if (!r->ok)
        return;
    launch->s = bm_alloc(launch->count * sizeof *launch->s);
    json_array_foreach(ns, i, v) launch->s[i] = json_number_value(v) * 1e-9;
}

/* A count that older results do not have. */
static void check_count(struct bm_reader *r, const json_t *json, const char *key, size_t count)
{
    if (json_object_get(json, key) && (size_t)bm_count_of(r, json, key, 0, INT_MAX) != count)
        bm_reader_fail(r, "\"%s\" is not %zu, which the samples say", key, count);
}

static void check_figure(struct bm_reader *r, const json_t *json, const char *key, double said)
{
    const double value = bm_number_of(r, json, key, 0, MOST_SECONDS);
    if (!bm_same_figure(value, said))
        bm_reader_fail(r, "%s is %g, but the samples say %g", key, value, said);
}

/* The medians of older results are of other samples. */
static void check_medians(struct bm_reader *r, const json_t *json, const struct bm_figures *f)
{
    const struct { const char *key; double value; } end[] = { { "median_low_s", f->interval.low },
                                                              { "median_high_s", f->interval.high } };
    check_figure(r, json, "median_s", f->median_s_of_launches);
    for (size_t i = 0; i < 2 && r->ok; i++)
        if (f->launches >= BM_LEAST_INTERVAL)
            check_figure(r, json, end[i].key, end[i].value);
        else if (!json_is_null(json_object_get(json, end[i].key)))
            bm_reader_fail(r, "\"%s\" is not null, but %zu launches have no interval", end[i].key, f->launches);
}

/* Do the description's figures follow from its samples? */
static void check_figures(struct bm_reader *r, const json_t *json, const struct bm_run_case *c, const struct bm_figures *f)
{
    check_figure(r, json, "min_s", f->all.min);
    check_figure(r, json, "p25_s", f->all.p25);
    check_figure(r, json, "p75_s", f->all.p75);
    check_figure(r, json, "p95_s", f->p95);
    check_figure(r, json, "max_s", f->all.max);
    if (c->older)
        check_figure(r, json, "all_median_s", f->all.median);
    else
        check_medians(r, json, f);
    if ((size_t)bm_count_of(r, json, "samples", 1, INT_MAX) != f->samples)
        bm_reader_fail(r, "\"samples\" is not the number of samples");
    if ((size_t)bm_count_of(r, json, "disturbed", 0, INT_MAX) != f->disturbed)
        bm_reader_fail(r, "\"disturbed\" is not the number of disturbed samples");
    if (json_object_get(json, "floor_s") &&
        !bm_same_figure(bm_number_of(r, json, "floor_s", 0, MOST_SECONDS), f->floor.s))
        bm_reader_fail(r, "\"floor_s\" is not the least of the samples");
    check_count(r, json, "floor_samples", f->floor.samples);
    check_count(r, json, "floor_launches", f->floor.launches);
    if (!json_is_boolean(json_object_get(json, "contended")) ||
        json_is_true(json_object_get(json, "contended")) != f->contended)
        bm_reader_fail(r, "\"contended\" is not what the samples say");
}

static void take_figures(struct bm_run_case *c, const struct bm_figures *f)
{
    for (size_t i = 0; i < c->launches; i++)
        c->launch[i].median_s = f->median_s[i];
    c->floor = f->floor;
    c->samples = f->samples;
    c->stats = f->all;
    c->stats.median = f->median_s_of_launches;
    c->stats.low = f->interval.low;
    c->stats.high = f->interval.high;
    c->p95_s = f->p95;
    c->contended = f->contended;
}

/* Launches for the floor alone. */
static void check_floor_launches(struct bm_reader *r, const json_t *list)
{
    const json_t *launch, *ns;
    size_t l, i;
    if (list && !json_is_array(list))
        bm_reader_fail(r, "\"floor_raw\" is no list");
    json_array_foreach(list, l, launch)
    {
        if (!json_is_array(json_object_get(launch, "ns")))
            bm_reader_fail(r, "a launch of \"floor_raw\" has no samples");
        json_array_foreach(json_object_get(launch, "ns"), i, ns)
            if (!json_is_number(ns) || !(json_number_value(ns) > 0 && json_number_value(ns) < MOST_SECONDS * 1e9))
                bm_reader_fail(r, "a sample of \"floor_raw\" is no time");
    }
}

/* `seen`: of each launch of the run, one more than the last case that has it. */
static void read_launches(struct bm_reader *r, const json_t *raw, int launches, size_t number, size_t *seen,
                          struct bm_run_case *c)
{
    const json_t *one;
    size_t i;
    json_array_foreach(raw, i, one)
    {
        struct bm_run_launch *launch = &c->launch[i];
        read_launch(r, one, launches, launch);
        if (!r->ok)
            return;
        c->launches++;
        if (seen[launch->launch] == number + 1)
            bm_reader_fail(r, "launch %d is there twice", launch->launch);
        seen[launch->launch] = number + 1;
    }
}

/* The member may be absent: few machines have counters. */
static double read_instructions(struct bm_reader *r, json_t *counters)
{
    const char *name;
    json_t *value;
    if (counters && !json_is_object(counters))
        bm_reader_fail(r, "\"counters\" is not an object");
    json_object_foreach(counters, name, value)
        if (!json_is_number(value) || json_number_value(value) < 0)
            bm_reader_fail(r, "\"%.32s\" in \"counters\" is not a number from 0", name);
    const json_t *instructions = json_object_get(counters, "instructions");
    return instructions ? json_number_value(instructions) : NAN;
}

static void read_case(struct bm_reader *r, const json_t *json, int launches, size_t number, size_t *seen,
                      struct bm_run_case *c)
{
    const json_t *raw = c->raw = bm_list_of(r, json, "raw");
    c->floor_raw = json_object_get(json, "floor_raw");
    c->older = json_object_get(json, "all_median_s") != NULL;
    c->name = bm_text_of(r, json, "name");
    c->kernel = bm_text_of(r, json, "kernel");
    c->op = bm_text_of(r, json, "op");
    c->shape = bm_text_of(r, json, "shape");
    c->cache = bm_text_of(r, json, "cache");
    c->origin = bm_text_of(r, json, "origin");
    c->level = bm_text_of(r, json, "level");
    c->bound = bm_text_of(r, json, "bound");
    c->stop = bm_text_of(r, json, "stop");
    c->code = bm_text_of(r, json, "code");
    c->implementation = json_string_value(json_object_get(json, "implementation"));
    c->threads = bm_count_of(r, json, "threads", 1, 1 << 20);
    c->weight = bm_number_of(r, json, "weight", 0, 1e9);
    c->flops = bm_number_of(r, json, "flops", 0, 1e30);
    c->read_bytes = bm_number_of(r, json, "read_bytes", 0, 1e30);
    c->write_bytes = bm_number_of(r, json, "write_bytes", 0, 1e30);
    c->bound_s = bm_number_of(r, json, "bound_s", 0, MOST_SECONDS);
    c->instructions = read_instructions(r, json_object_get(json, "counters"));
    if (json_array_size(raw) == 0)
        bm_reader_fail(r, "no launch has samples");
    if (!r->ok)
        return;
    c->launch = bm_alloc(json_array_size(raw) * sizeof *c->launch);
    read_launches(r, raw, launches, number, seen, c);
    if (!r->ok)
        return;
    check_floor_launches(r, c->floor_raw);
    if (!r->ok)
        return;
    struct bm_figures f = bm_figures_of(raw, c->floor_raw);
    take_figures(c, &f);
    check_figures(r, json, c, &f);
    free(f.median_s);
}

/* ---- the whole ---- */

static int by_name(const void *a, const void *b, void *context)
{
    const struct bm_run_case *cased = context;
    return strcmp(cased[*(const size_t *)a].name, cased[*(const size_t *)b].name);
}

static void sort_cases(struct bm_reader *r, struct bm_run *run)
{
    for (size_t i = 0; i < run->cases; i++)
        run->by_name[i] = i;
    qsort_r(run->by_name, run->cases, sizeof *run->by_name, by_name, run->cased);
    for (size_t i = 1; i < run->cases; i++)
        if (by_name(&run->by_name[i - 1], &run->by_name[i], run->cased) == 0)
            bm_reader_fail(r, "the case %.200s is there twice", run->cased[run->by_name[i]].name);
}

/* Returns the number of launches. */
static int check_launches(struct bm_reader *r, const json_t *list)
{
    const json_t *one;
    size_t i;
    if (json_array_size(list) > INT_MAX)
        bm_reader_fail(r, "too many launches");
    json_array_foreach(list, i, one)
        if (!json_is_integer(json_object_get(one, "launch")) ||
            json_integer_value(json_object_get(one, "launch")) != (json_int_t)i)
            bm_reader_fail(r, "launches[%zu] has another \"launch\" than its place", i);
    return r->ok ? (int)json_array_size(list) : 0;
}

static void read_cases(struct bm_reader *r, const json_t *cases, int launches, struct bm_run *run)
{
    const json_t *one, *benchmarks = bm_list_of(r, run->json, "benchmarks");
    size_t i, entries = 0, missing = 0, *seen = bm_alloc(((size_t)launches + 1) * sizeof *seen);
    run->cased = bm_alloc((json_array_size(cases) + 1) * sizeof *run->cased);
    run->by_name = bm_alloc((json_array_size(cases) + 1) * sizeof *run->by_name);
    json_array_foreach(cases, i, one)
    {
        char where[300];
        snprintf(where, sizeof where, "%.240s: cases[%zu]", run->path, i);
        struct bm_reader inner = { where, r->error, r->ok };
        run->cases++;
        read_case(&inner, one, launches, i, seen, &run->cased[i]);
        if (!(r->ok = inner.ok))
            break;
        entries += run->cased[i].launches;
        missing += run->cased[i].older ? run->cased[i].launches : 0; /* those without an undisturbed sample */
    }
    free(seen);
    if (json_array_size(benchmarks) > entries || json_array_size(benchmarks) + missing < entries)
        bm_reader_fail(r, "%zu entries in \"benchmarks\", but the cases have %zu launches",
                       json_array_size(benchmarks), entries);
    if (r->ok)
        sort_cases(r, run);
}

bool bm_run_read(const struct bm_document *d, struct bm_run *run, struct bm_error *error)
{
    const json_t *context = json_object_get(json_object_get(d->json, "context"), "batchmark");
    struct bm_reader r = { d->path, error, true };
    *run = (struct bm_run){ .path = strdup(d->path), .json = json_incref(d->json), .ours = d->ours,
                            .complete = d->complete, .edited = d->edited };
    if (strcmp(d->kind, "bench") != 0)
        bm_reader_fail(&r, "a result of %s, not of bench", d->kind);
    run->fingerprint = json_object_get(d->ours, "fingerprint");
    run->machine = bm_text_of(&r, run->fingerprint, "machine");
    run->date = bm_text_of(&r, context, "date");
    run->commit = bm_text_of(&r, json_object_get(context, "build"), "commit");
    const int launches = check_launches(&r, bm_list_of(&r, run->ours, "launches"));
    const json_t *cases = bm_list_of(&r, run->ours, "cases");
    if (r.ok)
        read_cases(&r, cases, launches, run);
    if (!r.ok)
        bm_run_free(run);
    return r.ok;
}

/* Takes the document over. */
static bool read_and_free(bool loaded, struct bm_document *d, struct bm_run *run, struct bm_error *error)
{
    const bool ok = loaded && bm_run_read(d, run, error);
    if (!loaded)
        *run = (struct bm_run){ .other_schema = d->other_schema };
    bm_document_free(d);
    return ok;
}

bool bm_run_parse(const char *text, size_t length, const char *path, struct bm_run *run, struct bm_error *error)
{
    struct bm_document document;
    return read_and_free(bm_document_parse(text, length, path, &document, error), &document, run, error);
}

bool bm_run_load(const char *path, struct bm_run *run, struct bm_error *error)
{
    struct bm_document document;
    return read_and_free(bm_document_load(path, &document, error), &document, run, error);
}

void bm_run_free(struct bm_run *run)
{
    for (size_t i = 0; i < run->cases; i++) {
        for (size_t k = 0; k < run->cased[i].launches; k++)
            free(run->cased[i].launch[k].s);
        free(run->cased[i].launch);
    }
    free(run->cased);
    free(run->by_name);
    free(run->path);
    json_decref(run->json);
    *run = (struct bm_run){ 0 };
}

const struct bm_run_case *bm_run_find(const struct bm_run *run, const char *name)
{
    size_t low = 0, high = run->cases;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const struct bm_run_case *c = &run->cased[run->by_name[middle]];
        const int order = strcmp(name, c->name);
        if (order == 0)
            return c;
        *(order < 0 ? &high : &low) = order < 0 ? middle : middle + 1;
    }
    return NULL;
}

static void shown(const json_t *value, char text[static 96])
{
    char *dumped = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    snprintf(text, 96, "%s", dumped ? dumped : "nothing");
    free(dumped);
}

const struct bm_run_launch *bm_run_launch_of(const struct bm_run_case *c, int launch)
{
    for (size_t i = 0; i < c->launches; i++)
        if (c->launch[i].launch == launch)
            return &c->launch[i];
    return NULL;
}

size_t bm_launch_ratios(const struct bm_run_case *from, const struct bm_run_case *to, double *ratio)
{
    size_t n = 0;
    for (size_t i = 0; i < from->launches; i++) {
        const struct bm_run_launch *other = bm_run_launch_of(to, from->launch[i].launch);
        if (other)
            ratio[n++] = from->launch[i].median_s / other->median_s;
    }
    return n;
}

const char *bm_fingerprints_differ(json_t *a, json_t *b, char text[static 256])
{
    for (int turn = 0; turn < 2; turn++) { /* the second for what only b has */
        const char *key;
        json_t *value;
        json_object_foreach(turn ? b : a, key, value)
        {
            const json_t *mine = json_object_get(a, key), *other = json_object_get(b, key);
            if (mine && other && json_equal(mine, other))
                continue;
            char left[96], right[96];
            shown(mine, left);
            shown(other, right);
            snprintf(text, 256, "%.40s: %s against %s", key, left, right);
            bm_plain(text);
            return text;
        }
    }
    return NULL;
}
