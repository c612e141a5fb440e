/* SPDX-License-Identifier: MIT */
#include "validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "members.h"
#include "result.h"
#include "run.h"

/* ---- what only one kind has ---- */

/* The name says what the case is. */
static void check_name(struct bm_reader *r, const struct bm_run_case *c)
{
    const int room = (int)(strlen(c->kernel) + strlen(c->shape) + strlen(c->cache)) + 64;
    char *name = bm_alloc((size_t)room);
    const int begin = snprintf(name, (size_t)room, "%s/", c->kernel);
    const int end = begin + snprintf(name + begin, (size_t)(room - begin), "%s", c->shape);
    for (int i = begin; i < end; i++)
        name[i] = name[i] == ' ' ? '/' : name[i] == '=' ? ':' : name[i];
    snprintf(name + end, (size_t)(room - end), "/threads:%d/%s/real_time", c->threads, c->cache);
    if (strcmp(name, c->name) != 0)
        bm_reader_fail(r, "the case %.150s is not what its kernel, shape, threads and cache say", c->name);
    if (strcmp(c->cache, "warm") != 0 && strcmp(c->cache, "cold") != 0)
        bm_reader_fail(r, "the case %.150s is neither warm nor cold", c->name);
    free(name);
}

/* Google Benchmark's entries, one a case and launch, say what the samples say. `taken`, of each case: entries so far,
 * which are in the order of its launches. */
static void check_entry(struct bm_reader *r, const struct bm_run *run, const json_t *entry, size_t *taken)
{
    const char *name = json_string_value(json_object_get(entry, "name"));
    const struct bm_run_case *c = bm_run_find(run, name);
    if (!c || taken[c - run->cased] == c->launches) {
        bm_reader_fail(r, "the entry %.150s in \"benchmarks\" has no case and launch", name);
        return;
    }
    const struct bm_run_launch *launch = &c->launch[taken[c - run->cased]++];
    if (!c->older && !bm_same_figure(json_number_value(json_object_get(entry, "real_time")), launch->median_s * 1e9))
        bm_reader_fail(r, "\"real_time\" of %.150s in \"benchmarks\" is not the median of its launch %d", name,
                       launch->launch);
    if (json_integer_value(json_object_get(entry, "threads")) != c->threads)
        bm_reader_fail(r, "\"threads\" of %.150s in \"benchmarks\" is not its case's", name);
}

/* The limit of each case that says enough is that of the machine's limits. */
static void check_case_limits(struct bm_reader *r, const struct bm_run *run)
{
    const json_t *limits = json_object_get(run->ours, "limits"), *about;
    size_t i;
    json_array_foreach(json_object_get(run->ours, "cases"), i, about)
    {
        const struct bm_run_case *c = &run->cased[i];
        struct bm_limit limit;
        if (r->ok && bm_case_limit(limits, about, &limit) &&
            (!bm_same_figure(c->bound_s, limit.seconds) || strcmp(c->bound, limit.name) != 0))
            bm_reader_fail(r, "\"bound_s\" of %.150s is not what its work and \"limits\" say: %.6g s, by %s", c->name,
                           limit.seconds, limit.name);
    }
}

/* Two items, both so. */
static bool both(const json_t *pair, bool (*is)(const json_t *))
{
    return json_array_size(pair) == 2 && is(json_array_get(pair, 0)) && is(json_array_get(pair, 1));
}

static bool is_hash(const json_t *v)
{
    return bm_member_is(&(struct bm_member){ .type = "hash" }, v, true);
}

static bool is_time(const json_t *v) { return json_number_value(v) > 0; }

static void check_pair(struct bm_reader *r, const struct bm_run *run, const json_t *one)
{
    const char *name = json_string_value(json_object_get(one, "name"));
    const double change = json_number_value(json_object_get(one, "change")),
                 low = json_number_value(json_object_get(one, "low")),
                 high = json_number_value(json_object_get(one, "high"));
    if (!bm_run_find(run, name))
        bm_reader_fail(r, "beside: %.150s is no case of the run", name);
    if (!both(json_object_get(one, "code"), is_hash))
        bm_reader_fail(r, "beside: \"code\" of %.150s is not two hashes of 16 hex digits", name);
    if (!both(json_object_get(one, "call_s"), is_time))
        bm_reader_fail(r, "beside: \"call_s\" of %.150s is not two times", name);
    if (!(low <= change && change <= high))
        bm_reader_fail(r, "beside: \"change\" of %.150s is not from \"low\" to \"high\"", name);
}

static void check_beside(struct bm_reader *r, const struct bm_run *run)
{
    const json_t *element, *one;
    size_t i, k;
    json_array_foreach(json_object_get(run->ours, "beside"), i, element)
    {
        const char *role = json_string_value(json_object_get(element, "role"));
        if (strcmp(role, "previous") != 0 && strcmp(role, "reference") != 0)
            bm_reader_fail(r, "beside[%zu]: \"role\" is neither previous nor reference", i);
        json_array_foreach(json_object_get(element, "cases"), k, one) check_pair(r, run, one);
    }
}

static void check_run(struct bm_reader *r, const struct bm_run *run)
{
    const json_t *entry;
    size_t i, *taken = bm_alloc((run->cases + 1) * sizeof *taken);
    for (i = 0; i < run->cases && r->ok; i++)
        check_name(r, &run->cased[i]);
    json_array_foreach(json_object_get(run->json, "benchmarks"), i, entry) if (r->ok) check_entry(r, run, entry, taken);
    free(taken);
    check_case_limits(r, run);
    check_beside(r, run);
}

static void check_samples(struct bm_reader *r, const json_t *samples)
{
    static const char *const sides[] = { "h", "w", "c" };
    const json_t *one;
    size_t i;
    json_array_foreach(samples, i, one)
    {
        const char *pixels = json_string_value(json_object_get(one, "pixels"));
        double size = 1;
        for (int side = 0; side < 3; side++)
            size *= json_number_value(json_object_get(one, sides[side]));
        if ((double)strlen(pixels) != 2 * size || strspn(pixels, "0123456789abcdef") != strlen(pixels))
            bm_reader_fail(r, "samples[%zu]: \"pixels\" are not two hex digits for each of h x w x c bytes", i);
    }
}

static bool same_stairs(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "isa"), json_object_get(b, "isa")) &&
           json_equal(json_object_get(a, "threads"), json_object_get(b, "threads"));
}

/* Each ISA and thread count goes up, at bandwidths above 0 of which none is below its median. */
static void check_staircase(struct bm_reader *r, const json_t *staircase)
{
    static const char *const rates[][2] = { { "read_gbs", "read_median_gbs" },
                                            { "copy_gbs", "copy_median_gbs" },
                                            { "write_gbs", "write_median_gbs" } };
    const json_t *one, *before = NULL;
    size_t i;
    json_array_foreach(staircase, i, one)
    {
        const json_int_t bytes = json_integer_value(json_object_get(one, "bytes"));
        if (json_integer_value(json_object_get(one, "threads")) < 1)
            bm_reader_fail(r, "staircase[%zu]: \"threads\" is not a whole number from 1", i);
        if (bytes < 1)
            bm_reader_fail(r, "staircase[%zu]: \"bytes\" is not a whole number from 1", i);
        if (before && same_stairs(before, one) && bytes <= json_integer_value(json_object_get(before, "bytes")))
            bm_reader_fail(r, "staircase[%zu]: \"bytes\" is not above that of the size before", i);
        for (size_t k = 0; k < sizeof rates / sizeof *rates; k++) {
            const double best = json_number_value(json_object_get(one, rates[k][0])),
                         median = json_number_value(json_object_get(one, rates[k][1]));
            if (!(median > 0 && best >= median))
                bm_reader_fail(r, "staircase[%zu]: \"%s\" is not above 0 and at least \"%s\"", i, rates[k][0],
                               rates[k][1]);
        }
        before = one;
    }
}

/* Only that it is there as a text: XML that may come from anyone is read by nothing here. */
static void check_topology(struct bm_reader *r, const json_t *xml)
{
    if (xml && strncmp(json_is_string(xml) ? json_string_value(xml) : "", "<topology", 9) != 0)
        bm_reader_fail(r, "\"topology_xml\" is not a text that begins with <topology");
}

/* ---- a file ---- */

static void describe(const struct bm_document *d, const char *must, char about[static 128])
{
    static const char *const what[][2] = { { "cases", "case" },
                                           { "runs", "run" },
                                           { "seed_runs", "run" },
                                           { "verification", "kernel" },
                                           { "margins", "margin" },
                                           { "limits", "limit" },
                                           { "thresholds", "threshold" } };
    const size_t n = json_array_size(json_object_get(d->ours, must)),
                 launches = json_array_size(json_object_get(d->ours, "launches"));
    size_t k = 0;
    while (strcmp(what[k][0], must) != 0)
        k++;
    int at = snprintf(about, 128, "%s, %zu %s%s", d->kind, n, what[k][1], n == 1 ? "" : "s");
    if (k == 0)
        at += snprintf(about + at, (size_t)(128 - at), ", %zu launch%s", launches, launches == 1 ? "" : "es");
    snprintf(about + at, (size_t)(128 - at), ", %s", d->complete ? "complete" : "stopped before its end");
}

bool bm_validate_document(const struct bm_document *d, char about[static 128], struct bm_error *error)
{
    struct bm_run run = { 0 };
    struct bm_reader r = { d->path, error, true };
    const char *must = bm_document_must(d->kind);
    const bool bench = strcmp(d->kind, "bench") == 0;
    r.ok = !bench || bm_run_read(d, &run, error);
    bm_text_of(&r, d->ours, "checksum");
    bm_list_of(&r, d->ours, "command");
    bm_list_of(&r, d->json, "benchmarks");
    if (d->complete)
        bm_list_of(&r, d->ours, must);
    r.ok = r.ok && bm_members_check(d->json, d->path, true, error);
    if (r.ok && bench)
        check_run(&r, &run);
    if (r.ok && strcmp(d->kind, "train") == 0) /* in other kinds these members are nobody's, of any type */
        check_samples(&r, json_object_get(d->ours, "samples"));
    if (r.ok && strcmp(d->kind, "machine") == 0) {
        check_staircase(&r, json_object_get(d->ours, "staircase"));
        check_topology(&r, json_object_get(d->ours, "topology_xml"));
    }
    if (d->edited)
        bm_reader_fail(&r, "edited since it was written: its checksum does not hold");
    if (r.ok)
        describe(d, must, about);
    bm_run_free(&run);
    return r.ok;
}

bool bm_validate(const char *path, char about[static 128], struct bm_error *error)
{
    struct bm_document document;
    const bool ok = bm_document_load(path, &document, error) && bm_validate_document(&document, about, error);
    bm_document_free(&document);
    return ok;
}
