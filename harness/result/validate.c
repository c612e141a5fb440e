#include "validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "run.h"

/* ---- members and their types ---- */

/* The members of an object in the list of that name; "runs.epochs": of the lists in that list's objects. Types: text,
 * number, count (whole, from 0), flag, list, object, range (n, median, min, max), hash (16 hex digits) and code (a
 * hash, or empty); those with ? may be null. */
struct rule {
    const char *list, *members;
};

#define LIMITS \
    "isa:text threads:count fma_gflops:number fma_median_gflops:number read_gbs:object copy_gbs:object " \
    "write_gbs:object stream_copy_gbs:number stream_write_gbs:number"

static const struct rule bench_rules[] = {
    { "launches", "launch:count began_s:number seconds:number running_hz:number? load_average:number "
                  "stolen_s:number?" },
    { "cases", "again_bytes:number worst_error:number? copies:count code:code outputs:hash raw:list" },
    { "cases.raw", "cpus:list cpu_ns:number" },
    { "limits", LIMITS },
    { "limits_at_end", LIMITS },
    { "kernels", "name:text file:text compiler:text flags:text isa:text omp:flag peer:text? code:code" },
    { "peer_teams", "peer:text threads:count worked:count? own_threads:count" },
    { "versus", "op:text shape:text threads:count auto:object? ours:object? peers:list auto_ratio:number? "
                "ours_ratio:number? share:number?" },
    { "versus.pairs", "kernel:text threads:count against:text against_threads:count ratio:number? low:number? "
                      "high:number? launches:count paired:flag" },
    { "versus_summary", "op:text threads:count auto:object ours:object" },
    { "skipped", "name:text kernel:text shape:text reason:text" },
    { "beside", "role:text result:text checksum:text commit:text date:text seconds:number left_out:count cases:list" },
    { "beside.cases", "name:text code:list change:number error:number low:number high:number launches:count "
                      "call_s:list" },
    { NULL, NULL }
};
static const struct rule train_rules[] = {
    { "runs", "name:text experiment:text variant:text data:text config:object alone:flag stopped:text "
              "train_images:count validation_images:count test_images:count steps_per_epoch:count epochs:list "
              "calls:list test_loss:number? test_accuracy:number? target_epoch:count target_seconds:number?" },
    { "runs.epochs", "epoch:count steps:count loss:number? accuracy:number? loss100:number? val_loss:number? "
                     "val_accuracy:number? train_seconds:number eval_seconds:number phase_seconds:object" },
    { "runs.calls", "phase:text layer:count kernel:text shape:text seconds_per_step:number" },
    { "summaries", "experiment:text variant:text about:text config:object seeds:list epochs:list test_loss:range "
                   "test_accuracy:range epoch_seconds:range target:number reached:count runs:count target_epochs:range "
                   "target_seconds:number?" },
    { "summaries.epochs", "epoch:count loss:range accuracy:range val_loss:range val_accuracy:range" },
    { "published", "experiment:text variant:text epoch:count figure:text published:number ours:range reproduced:flag? "
                   "why:text" },
    { "claims", "experiment:text claim:text" },
    { "reading", "experiment:text line:text" },
    { "samples", "data:text label:count name:text h:count w:count c:count pixels:text" },
    { "step_bounds", "variant:text threads:count kernels:text fma_gflops:number flops:number optimizer_bytes:number "
                     "bn_bytes:number level:text bound_s:number step_s:number" },
    { "predictions", "variant:text kernels:text threads:count predicted_epoch_seconds:number "
                     "measured_epoch_seconds:number? phase_seconds_per_step:object" },
    { "kernel_sets", "variant:text kernels:text threads:count epoch_seconds:number? epoch_seconds_min:number? "
                     "epoch_seconds_max:number? scaled:flag target_epoch:count target_seconds:number?" },
    { NULL, NULL }
};
static const struct rule verify_rules[] = {
    { "verification", "kernel:text op:text passed:count failed:count refused:count skipped:text? fills:object" },
    { NULL, NULL }
};
static const struct rule noise_rules[] = {
    { "margins", "threads:count level:text changes:count margin:number?" },
    { "pairs", "level:text parallel:flag cases:count error:number" },
    { "of", "date:text checksum:text" },
    { NULL, NULL }
};
static const struct rule machine_rules[] = {
    { "limits", LIMITS },
    { "staircase", "isa:text threads:count bytes:count read_gbs:number copy_gbs:number write_gbs:number "
                   "read_median_gbs:number copy_median_gbs:number write_median_gbs:number" },
    { NULL, NULL }
};
static const struct rule entry_rules[] = { /* of Google Benchmark */
    { "benchmarks", "name:text repetition_index:count threads:count iterations:count real_time:number "
                    "cpu_time:number time_unit:text" },
    { NULL, NULL }
};

static const struct kind {
    const char *name, *must; /* the list that a complete run has */
    const struct rule *rules;
} kinds[] = {
    { "bench", "cases", bench_rules },
    { "train", "runs", train_rules },
    { "verify", "verification", verify_rules },
    { "noise", "margins", noise_rules },
    { "machine", "limits", machine_rules },
};

static void check_members(struct bm_reader *r, const json_t *object, const char *members);

static bool is_count(const json_t *v) { return json_is_integer(v) && json_integer_value(v) >= 0; }

static bool is_hash(const json_t *v)
{
    const char *s = json_string_value(v);
    return s && strlen(s) == 16 && strspn(s, "0123456789abcdef") == 16;
}

static bool is_type(const json_t *v, const char *type)
{
    return strcmp(type, "text") == 0     ? json_is_string(v)
           : strcmp(type, "number") == 0 ? json_is_number(v)
           : strcmp(type, "count") == 0  ? is_count(v)
           : strcmp(type, "flag") == 0   ? json_is_boolean(v)
           : strcmp(type, "list") == 0   ? json_is_array(v)
           : strcmp(type, "hash") == 0   ? is_hash(v)
           : strcmp(type, "code") == 0   ? is_hash(v) || (json_is_string(v) && json_string_length(v) == 0)
                                         : json_is_object(v);
}

/* One "key:type?" of a list of members. */
static void check_member(struct bm_reader *r, const json_t *object, const char *key, char *type)
{
    static const struct { const char *type, *said; } said[] = {
        { "text", "a text" },          { "number", "a number" }, { "count", "a whole number from 0" },
        { "flag", "true or false" },   { "list", "a list" },     { "object", "an object" },
        { "range", "an object" },      { "hash", "16 hex digits" }, { "code", "16 hex digits or empty" },
    };
    const json_t *value = json_object_get(object, key);
    const size_t end = strlen(type) - 1;
    const bool null = type[end] == '?';
    if (null)
        type[end] = '\0';
    if (null && json_is_null(value))
        return;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (strcmp(said[i].type, type) == 0 && !is_type(value, type))
            bm_reader_fail(r, "\"%s\" is %s %s%s", key, value ? "not" : "missing, which should be", said[i].said,
                           null ? " or null" : "");
    if (strcmp(type, "range") == 0)
        check_members(r, value, "n:count median:number? min:number? max:number?");
}

static void check_members(struct bm_reader *r, const json_t *object, const char *members)
{
    char *copy = strdup(members), *rest = NULL;
    if (!copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (!json_is_object(object))
        bm_reader_fail(r, "is not an object");
    for (char *key = strtok_r(copy, " ", &rest); key && r->ok; key = strtok_r(NULL, " ", &rest)) {
        char *type = strchr(key, ':');
        *type = '\0';
        check_member(r, object, key, type + 1);
    }
    free(copy);
}

/* Every object of the list that `path` names, from `object` on; a list that is not there has none. */
static void check_rule(struct bm_reader *r, const json_t *object, const char *path, const char *members)
{
    const char *dot = strchr(path, '.');
    char key[64], where[400];
    snprintf(key, sizeof key, "%.*s", dot ? (int)(dot - path) : (int)strlen(path), path);
    const json_t *list = json_object_get(object, key), *one;
    size_t i;
    if (list && !json_is_array(list))
        bm_reader_fail(r, "\"%s\" is not a list", key);
    json_array_foreach(list, i, one)
    {
        snprintf(where, sizeof where, "%.250s%s%s[%zu]", r->where, strchr(r->where, '[') ? "." : ": ", key, i);
        struct bm_reader inner = { where, r->error, r->ok };
        if (dot)
            check_rule(&inner, one, dot + 1, members);
        else
            check_members(&inner, one, members);
        if (!(r->ok = inner.ok))
            return;
    }
}

static void check_rules(struct bm_reader *r, const json_t *object, const struct rule *rules)
{
    for (; rules->list && r->ok; rules++)
        check_rule(r, object, rules->list, rules->members);
}

/* ---- what all kinds have ---- */

static void check_context(struct bm_reader *r, const json_t *json)
{
    char where[300];
    snprintf(where, sizeof where, "%.240s: context", r->where);
    struct bm_reader inner = { where, r->error, r->ok };
    const json_t *context = json_object_get(json, "context"), *ours = json_object_get(context, "batchmark");
    check_members(&inner, context, "date:text host_name:text num_cpus:count mhz_per_cpu:number caches:list "
                                   "load_avg:list batchmark:object");
    check_members(&inner, ours, "date:text cpu:object clock:object topology:object system:object openmp:object "
                                "build:object peers:list slurm:object? warnings:list");
    check_members(&inner, json_object_get(ours, "build"), "compiler:text commit:text dirty:flag?");
    r->ok = inner.ok;
}

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

/* Members that rows of older results do not have. */
static void check_limits(struct bm_reader *r, const json_t *limits)
{
    const json_t *one;
    size_t i;
    json_array_foreach(limits, i, one)
    {
        const json_t *update = json_object_get(one, "update_gbs"), *capacity = json_object_get(one, "capacity_bytes"),
                     *valid = json_object_get(one, "valid");
        if ((update && !json_is_object(update)) || (capacity && !json_is_object(capacity)))
            bm_reader_fail(r, "limits[%zu]: \"%s\" is not an object", i,
                           json_is_object(capacity) || !capacity ? "update_gbs" : "capacity_bytes");
        if (valid && !json_is_boolean(valid))
            bm_reader_fail(r, "limits[%zu]: \"valid\" is not true or false", i);
    }
}

/* The bound of each case that says enough is that of the limits. */
static void check_bounds(struct bm_reader *r, const struct bm_run *run)
{
    const json_t *limits = json_object_get(run->ours, "limits"), *about;
    size_t i;
    json_array_foreach(json_object_get(run->ours, "cases"), i, about)
    {
        const struct bm_run_case *c = &run->cased[i];
        struct bm_bound bound;
        if (r->ok && bm_case_bound(limits, about, &bound) &&
            (!bm_same_figure(c->bound_s, bound.seconds) || strcmp(c->bound, bound.name) != 0))
            bm_reader_fail(r, "\"bound_s\" of %.150s is not what its work and \"limits\" say: %.6g s, by %s", c->name,
                           bound.seconds, bound.name);
    }
}

/* Two items, both so. */
static bool both(const json_t *pair, bool (*is)(const json_t *))
{
    return json_array_size(pair) == 2 && is(json_array_get(pair, 0)) && is(json_array_get(pair, 1));
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
    check_bounds(r, run);
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

static void check_fills(struct bm_reader *r, const json_t *verification)
{
    const json_t *one;
    size_t i;
    json_array_foreach(verification, i, one)
    {
        const char *fill;
        json_t *value;
        json_object_foreach(json_object_get(one, "fills"), fill, value)
        {
            char where[300];
            snprintf(where, sizeof where, "%.200s: verification[%zu].fills.%.32s", r->where, i, fill);
            struct bm_reader inner = { where, r->error, r->ok };
            check_members(&inner, value, "cases:count missed:count worst_error:number?");
            r->ok = inner.ok;
        }
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

static void describe(const struct bm_document *d, const struct kind *kind, char about[static 128])
{
    static const char *const what[] = { "case", "run", "variant", "margin", "limit" };
    const size_t n = json_array_size(json_object_get(d->ours, kind->must)),
                 launches = json_array_size(json_object_get(d->ours, "launches"));
    int at = snprintf(about, 128, "%s, %zu %s%s", kind->name, n, what[kind - kinds], n == 1 ? "" : "s");
    if (kind == kinds)
        at += snprintf(about + at, (size_t)(128 - at), ", %zu launch%s", launches, launches == 1 ? "" : "es");
    snprintf(about + at, (size_t)(128 - at), ", %s", d->complete ? "complete" : "stopped before its end");
}

static void check_document(struct bm_reader *r, const struct bm_document *d, const struct kind *kind)
{
    check_context(r, d->json);
    bm_text_of(r, d->ours, "checksum");
    bm_list_of(r, d->ours, "command");
    bm_list_of(r, d->json, "benchmarks");
    if (d->complete)
        bm_list_of(r, d->ours, kind->must);
    check_rules(r, d->json, entry_rules);
    check_rules(r, d->ours, kind->rules);
    if (!r->ok)
        return;
    if (kind->rules == train_rules) /* in other kinds these members are nobody's, of any type */
        check_samples(r, json_object_get(d->ours, "samples"));
    if (kind->rules == verify_rules)
        check_fills(r, json_object_get(d->ours, "verification"));
    if (kind->rules == bench_rules || kind->rules == machine_rules)
        check_limits(r, json_object_get(d->ours, "limits"));
    if (kind->rules == machine_rules) {
        check_staircase(r, json_object_get(d->ours, "staircase"));
        check_topology(r, json_object_get(d->ours, "topology_xml"));
    }
}

bool bm_validate_document(const struct bm_document *document, char about[static 128], struct bm_error *error)
{
    struct bm_run run = { 0 };
    struct bm_reader r = { document->path, error, true };
    const struct kind *kind = kinds;
    while (strcmp(kind->name, document->kind) != 0)
        kind++;
    if (kind == kinds)
        r.ok = bm_run_read(document, &run, error);
    if (r.ok)
        check_document(&r, document, kind);
    if (r.ok && kind == kinds)
        check_run(&r, &run);
    if (r.ok && document->edited)
        bm_reader_fail(&r, "edited since it was written: its checksum does not hold");
    if (r.ok)
        describe(document, kind, about);
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
