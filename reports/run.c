#include "run.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "result.h"

enum { MOST_BYTES = 1 << 28 };

/* ---- typed members: what is absent or of another type fails, and says which ---- */

struct reader {
    const char *where; /* "cases[3]" */
    struct bm_error *error;
    bool ok;
};

__attribute__((format(printf, 2, 3))) static void fail(struct reader *r, const char *format, ...)
{
    char text[256];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (r->ok)
        r->ok = bm_failed(r->error, "%s: %s", r->where, text);
}

static const char *string_of(struct reader *r, const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    if (!s)
        fail(r, "\"%s\" is not a string", key);
    return s ? s : "";
}

static double number_of(struct reader *r, const json_t *object, const char *key, double least, double most)
{
    const json_t *n = json_object_get(object, key);
    const double value = json_number_value(n);
    if (!json_is_number(n) || !(value >= least && value <= most))
        fail(r, "\"%s\" is not a number from %g to %g", key, least, most);
    return value;
}

static const json_t *array_of(struct reader *r, const json_t *object, const char *key)
{
    const json_t *a = json_object_get(object, key);
    if (!json_is_array(a))
        fail(r, "\"%s\" is not a list", key);
    return a;
}

/* ---- cases ---- */

static bool is_disturbed(const json_t *raw, size_t i, double clock)
{
    const json_t *now = json_array_get(json_object_get(raw, "clock"), i);
    return json_number_value(json_array_get(json_object_get(raw, "switches"), i)) > 0 ||
           json_number_value(json_array_get(json_object_get(raw, "migrations"), i)) > 0 ||
           (json_is_number(now) && clock > 0 && fabs(json_number_value(now) / clock - 1) > BM_CLOCK_OFF);
}

/* A list beside the samples: absent, or as long and of numbers in range (null allowed if so said). */
static void check_list(struct reader *r, const json_t *raw, const char *key, size_t count, bool must, bool null)
{
    const json_t *list = json_object_get(raw, key), *v;
    size_t i;
    if (!list && !must)
        return;
    if (!json_is_array(list) || json_array_size(list) != count) {
        fail(r, "\"%s\" of a launch is not a list as long as its samples", key);
        return;
    }
    json_array_foreach(list, i, v)
        if (!(json_is_number(v) && json_number_value(v) >= 0) && !(null && json_is_null(v)))
            fail(r, "\"%s\" of a launch holds what is no number", key);
}

static void read_launch(struct reader *r, const json_t *raw, int launches, struct bm_run_launch *launch)
{
    const json_t *ns = array_of(r, raw, "ns"), *v;
    size_t i;
    launch->launch = (int)number_of(r, raw, "launch", 0, launches - 1);
    number_of(r, raw, "iterations", 1, 1e15);
    launch->count = json_array_size(ns);
    if (launch->count == 0)
        fail(r, "a launch without samples");
    check_list(r, raw, "ns", launch->count, true, false);
    check_list(r, raw, "at_s", launch->count, true, false);
    check_list(r, raw, "clock", launch->count, false, true);
    check_list(r, raw, "switches", launch->count, false, false);
    check_list(r, raw, "migrations", launch->count, false, false);
    if (!r->ok)
        return;
    double *s = bm_alloc(launch->count * sizeof *s), *sorted = bm_alloc(launch->count * sizeof *sorted);
    json_array_foreach(ns, i, v) sorted[i] = s[i] = json_number_value(v) * 1e-9;
    launch->s = s;
    launch->median_s = bm_summarise(sorted, launch->count).median;
    size_t clocks = 0;
    json_array_foreach(json_object_get(raw, "clock"), i, v) if (json_is_number(v)) sorted[clocks++] = json_number_value(v);
    const double clock = clocks ? bm_summarise(sorted, clocks).median : 0;
    for (i = 0; i < launch->count; i++)
        launch->disturbed += is_disturbed(raw, i, clock);
    free(sorted);
}

/* Do the description's figures follow from its samples? */
static void check_figures(struct reader *r, const json_t *json, const struct bm_run_case *c)
{
    const struct { const char *key; double value; } figure[] = {
        { "min_s", c->stats.min },       { "p25_s", c->stats.p25 },        { "p75_s", c->stats.p75 },
        { "p95_s", c->p95_s },           { "max_s", c->stats.max },        { "median_s", c->stats.median },
        { "median_low_s", c->stats.low }, { "median_high_s", c->stats.high },
    };
    for (size_t i = 0; i < sizeof figure / sizeof *figure && r->ok; i++) {
        const json_t *said = json_object_get(json, figure[i].key);
        if (json_is_null(said) && i >= 6 && c->launches < 6)
            continue;
        const double value = number_of(r, json, figure[i].key, 0, 1e9);
        if (!(fabs(value - figure[i].value) <= 1e-5 * fabs(figure[i].value)))
            fail(r, "%s is %g, but the samples say %g", figure[i].key, value, figure[i].value);
    }
    if (number_of(r, json, "samples", 1, 1e9) != (double)c->samples)
        fail(r, "\"samples\" is not the number of samples");
    size_t disturbed = 0;
    for (size_t i = 0; i < c->launches; i++)
        disturbed += c->launch[i].disturbed;
    if (number_of(r, json, "disturbed", 0, 1e9) != (double)disturbed)
        fail(r, "\"disturbed\" is not the number of disturbed samples");
}

static void summarise(struct bm_run_case *c)
{
    double *all = bm_alloc(c->samples * sizeof *all), *median = bm_alloc(c->launches * sizeof *median);
    size_t n = 0;
    for (size_t i = 0; i < c->launches; i++) {
        memcpy(all + n, c->launch[i].s, c->launch[i].count * sizeof *all);
        n += c->launch[i].count;
        median[i] = c->launch[i].median_s;
    }
    c->stats = bm_summarise(all, n);
    c->p95_s = bm_quantile(all, n, 0.95);
    c->stats.median = bm_summarise(median, c->launches).median;
    const struct bm_interval interval = bm_median_interval(median, c->launches);
    c->stats.low = interval.low;
    c->stats.high = interval.high;
    free(all);
    free(median);
}

static void read_case(struct reader *r, const json_t *json, int launches, struct bm_run_case *c)
{
    const json_t *raw = array_of(r, json, "raw"), *one;
    size_t i;
    c->name = string_of(r, json, "name");
    c->kernel = string_of(r, json, "kernel");
    c->op = string_of(r, json, "op");
    c->shape = string_of(r, json, "shape");
    c->cache = string_of(r, json, "cache");
    c->origin = string_of(r, json, "origin");
    c->level = string_of(r, json, "level");
    c->bound = string_of(r, json, "bound");
    c->stop = string_of(r, json, "stop");
    c->code = string_of(r, json, "code");
    c->threads = (int)number_of(r, json, "threads", 1, 1e6);
    c->weight = number_of(r, json, "weight", 0, 1e9);
    c->flops = number_of(r, json, "flops", 0, 1e30);
    c->read_bytes = number_of(r, json, "read_bytes", 0, 1e30);
    c->write_bytes = number_of(r, json, "write_bytes", 0, 1e30);
    c->bound_s = number_of(r, json, "bound_s", 0, 1e9);
    if (json_array_size(raw) == 0)
        fail(r, "no launch has samples");
    if (!r->ok)
        return;
    c->launch = bm_alloc(json_array_size(raw) * sizeof *c->launch);
    json_array_foreach(raw, i, one)
    {
        read_launch(r, one, launches, &c->launch[c->launches]);
        c->launches += r->ok;
        for (size_t k = 0; r->ok && k < i; k++)
            if (c->launch[k].launch == c->launch[i].launch)
                fail(r, "launch %d is there twice", c->launch[i].launch);
        if (!r->ok)
            return;
        c->samples += c->launch[i].count;
    }
    summarise(c);
    check_figures(r, json, c);
}

/* ---- the whole ---- */

static const struct bm_run *sorting;

static int by_name(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return strcmp(sorting->cased[x].name, sorting->cased[y].name);
}

static void read_fingerprint(struct reader *r, struct bm_run *run)
{
    const char *key;
    json_t *value;
    run->fingerprint = json_object_get(run->ours, "fingerprint");
    if (!json_is_object(run->fingerprint))
        fail(r, "\"fingerprint\" is not an object");
    json_object_foreach(run->fingerprint, key, value)
        if (json_is_object(value) || json_is_array(value))
            fail(r, "fingerprint.%s is neither text nor number", key);
    run->machine = string_of(r, run->fingerprint, "machine");
}

static void read_members(struct reader *r, struct bm_run *run)
{
    const json_t *context = json_object_get(json_object_get(run->json, "context"), "batchmark"), *one;
    size_t i;
    run->ours = json_object_get(run->json, "batchmark");
    if (!json_is_object(run->ours))
        fail(r, "no result of batchmark: it has no object \"batchmark\"");
    const json_t *schema = json_object_get(run->ours, "schema");
    if (json_integer_value(schema) != BM_RESULT_SCHEMA)
        fail(r, "its schema is %lld, this program reads %d; run it again with this build",
             (long long)json_integer_value(schema), BM_RESULT_SCHEMA);
    const char *kind = string_of(r, run->ours, "kind");
    if (strcmp(kind, "bench") != 0)
        fail(r, "a result of \"%.20s\", not of bench", kind);
    if (!json_is_boolean(json_object_get(run->ours, "complete")))
        fail(r, "\"complete\" is neither true nor false");
    run->complete = json_is_true(json_object_get(run->ours, "complete"));
    run->date = string_of(r, context, "date");
    run->commit = string_of(r, json_object_get(context, "build"), "commit");
    read_fingerprint(r, run);
    const int launches = (int)json_array_size(array_of(r, run->ours, "launches"));
    const json_t *cases = array_of(r, run->ours, "cases"), *benchmarks = array_of(r, run->json, "benchmarks");
    if (!r->ok)
        return;
    run->cased = bm_alloc((json_array_size(cases) + 1) * sizeof *run->cased);
    run->by_name = bm_alloc((json_array_size(cases) + 1) * sizeof *run->by_name);
    size_t entries = 0;
    json_array_foreach(cases, i, one)
    {
        char where[600];
        snprintf(where, sizeof where, "%.500s: cases[%zu]", run->path, i);
        struct reader inner = { where, r->error, true };
        run->cases++;
        read_case(&inner, one, launches, &run->cased[i]);
        if (!(r->ok = inner.ok))
            return;
        run->by_name[i] = i;
        entries += run->cased[i].launches;
    }
    if (json_array_size(benchmarks) != entries)
        fail(r, "%zu entries in \"benchmarks\", but the cases have %zu launches", json_array_size(benchmarks), entries);
    sorting = run;
    qsort(run->by_name, run->cases, sizeof *run->by_name, by_name);
    for (i = 1; i < run->cases && r->ok; i++)
        if (by_name(&run->by_name[i - 1], &run->by_name[i]) == 0)
            fail(r, "the case %.200s is there twice", run->cased[run->by_name[i]].name);
}

bool bm_run_parse(const char *text, size_t length, const char *path, struct bm_run *run, struct bm_error *error)
{
    json_error_t at;
    *run = (struct bm_run){ .path = strdup(path), .json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &at) };
    struct reader r = { path, error, true };
    if (!run->json) {
        bm_failed(error, "%s:%d: not a whole JSON document: %s", path, at.line, at.text);
        bm_run_free(run);
        return false;
    }
    read_members(&r, run);
    if (r.ok) {
        char *sum = bm_result_checksum(run->json);
        const char *said = json_string_value(json_object_get(run->ours, "checksum"));
        run->edited = !said || strcmp(said, sum) != 0;
        free(sum);
    } else
        bm_run_free(run);
    return r.ok;
}

/* A whole file, unpacked; NULL with a message. */
static char *read_file(const char *path, size_t *length, struct bm_error *error)
{
    gzFile file = gzopen(path, "rb");
    if (!file) {
        bm_failed(error, "cannot open %s; is the path right?", path);
        return NULL;
    }
    size_t room = 1 << 16;
    char *text = bm_alloc(room);
    int got = 0;
    for (*length = 0; (got = gzread(file, text + *length, (unsigned)(room - *length))) > 0 && *length < MOST_BYTES;) {
        *length += (size_t)got;
        if (*length < room)
            continue;
        char *grown = realloc(text, room *= 2);
        if (!grown)
            bm_die(BM_EXIT_INPUT, "out of memory for %s", path);
        text = grown;
    }
    const bool whole = got == 0 && gzclose_r(file) == Z_OK;
    if (got != 0)
        gzclose_r(file);
    if (whole)
        return text;
    free(text);
    bm_failed(error, *length >= MOST_BYTES ? "%s: larger than any result" : "%s: cannot be read to its end: truncated, damaged or a folder", path);
    return NULL;
}

bool bm_run_load(const char *path, struct bm_run *run, struct bm_error *error)
{
    size_t length;
    char *text = read_file(path, &length, error);
    const bool ok = text && bm_run_parse(text, length, path, run, error);
    free(text);
    return ok;
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
            return text;
        }
    }
    return NULL;
}
