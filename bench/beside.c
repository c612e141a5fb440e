/* SPDX-License-Identifier: MIT */
#include "beside.h"

#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "call_caches.h"
#include "canary.h"
#include "document.h"
#include "keep.h"
#include "older.h"
#include "pairs_run.h"
#include "progress.h"
#include "result.h"

enum { OLD, OWN };
static const double MOST_CALL = 0.02; /* seconds; cases whose calls take longer are left out */
/* About what a case takes in a launch: its samples, making and checking arrays, and calls; 2 cores of a Zen 3. */
static const double CASE_SECONDS = 0.005, BYTE_SECONDS = 9e-9, CASE_CALLS = 45;

struct element {
    const char *role;
    struct bm_older older;
    size_t differ;  /* cases with other code */
    json_t *chosen; /* of them; run.paired in the same order */
    double cost;    /* of the least launches of these, about, in seconds */
    struct bm_pairs_run run;
};

/* ---- modules ---- */

static void note(const struct element *e, const char *what)
{
    bm_progress(0, 0, NULL);
    fprintf(stderr, "batchmark: not all kernels of %s are timed beside these: %s\n", e->older.path, what);
}

static bool load(struct bm_pair_side *side, const char *result, const char *hash, struct bm_error *error)
{
    char *path = bm_kept_path(result, hash);
    const bool loaded = bm_pair_side_add(side, path, error);
    free(path);
    return loaded;
}

/* Those of both results, of the ops in which they differ. */
static void load_modules(struct element *e, const json_t *result, const char *path)
{
    struct bm_error error, first;
    const char *op;
    json_t *own;
    size_t failed = 0;
    json_object_foreach(json_object_get(json_object_get(result, "batchmark"), "modules"), op, own)
    {
        const json_t *older = json_object_get(e->older.modules, op);
        if (!older || json_equal(older, own) ||
            (load(&e->run.side[OLD], e->older.path, bm_member_text(e->older.modules, op), &error) &&
             load(&e->run.side[OWN], path, json_string_value(own), &error)))
            continue;
        if (!failed++)
            first = error;
    }
    if (failed)
        note(e, first.text);
}

static bool differs(const struct element *e, const char *kernel)
{
    const char *older = bm_pair_code(&e->run.side[OLD], kernel), *own = bm_pair_code(&e->run.side[OWN], kernel);
    return older && own && *older && *own && strcmp(older, own) != 0;
}

/* ---- cases ---- */

struct ranked {
    bool rest; /* not of the canary */
    unsigned long sum;
    size_t at;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->rest != y->rest ? x->rest - y->rest : (x->sum > y->sum) - (x->sum < y->sum);
}

static int by_place(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static struct bm_paired pair_of(const json_t *c)
{
    const char *kernel = bm_member_text(c, "kernel");
    const int threads = (int)json_integer_value(json_object_get(c, "threads"));
    return (struct bm_paired){ .op = bm_find(kernel)->op,
                               .shape = bm_member_text(c, "shape"),
                               .cache = bm_member_text(c, "cache"),
                               .work = bm_member_number(c, "flops") + bm_member_number(c, "read_bytes") +
                                       bm_member_number(c, "write_bytes"),
                               .kernel = { kernel, kernel },
                               .threads = { threads, threads },
                               .figures.verdict = BM_PAIR_INCONCLUSIVE };
}

static double cost_of(const json_t *c)
{
    const double bytes = bm_member_number(c, "read_bytes") + bm_member_number(c, "write_bytes");
    return BM_PAIRS_LEAST * (CASE_SECONDS + BYTE_SECONDS * bytes + CASE_CALLS * bm_member_number(c, "floor_s"));
}

/* Sorts what comes first to the front, as much as the time allows, and all of the canary; returns how many. */
static size_t cut(struct element *e, struct ranked *rank, const json_t *cases, double seconds)
{
    size_t kept = 0;
    qsort(rank, e->differ, sizeof *rank, by_rank);
    for (size_t i = 0; i < e->differ; i++) {
        const json_t *c = json_array_get(cases, rank[i].at);
        if (bm_member_number(c, "floor_s") > MOST_CALL || (rank[i].rest && e->cost + cost_of(c) > seconds))
            continue;
        e->cost += cost_of(c);
        rank[kept++] = rank[i];
    }
    return kept;
}

/* The cases whose code differs, in the order of the run: neighbours share arrays. */
static void choose(struct element *e, json_t *cases, bool canary_only, double seconds)
{
    struct ranked *rank = bm_alloc((json_array_size(cases) + 1) * sizeof *rank);
    const json_t *c;
    size_t i;
    json_array_foreach(cases, i, c)
    {
        const char *name = bm_member_text(c, "name");
        const bool canary = bm_in_canary(e->older.canary, c);
        if ((canary || !canary_only) && differs(e, bm_member_text(c, "kernel")))
            rank[e->differ++] = (struct ranked){ !canary, crc32_z(0, (const unsigned char *)name, strlen(name)), i };
    }
    e->run.count = cut(e, rank, cases, seconds);
    qsort(rank, e->run.count, sizeof *rank, by_place);
    e->run.paired = bm_alloc((e->run.count + 1) * sizeof *e->run.paired);
    e->chosen = json_array();
    for (i = 0; i < e->run.count; i++) {
        json_array_append(e->chosen, json_array_get(cases, rank[i].at));
        e->run.paired[i] = pair_of(json_array_get(cases, rank[i].at));
    }
    free(rank);
}

/* ---- which older results ---- */

static bool find_reference(json_t *result, const char *path, const char *given, struct bm_older *older)
{
    struct bm_error error;
    json_t *ours = json_object_get(result, "batchmark"), *fingerprint = json_object_get(ours, "fingerprint");
    if (!given)
        return bm_older_reference(path, fingerprint, json_object_get(ours, "cases"), older);
    if (!bm_older_read(given, fingerprint, older, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    return true;
}

/* Into element[], of which there is room for two; returns how many. */
static size_t find(json_t *result, const char *path, const char *given, struct element *element)
{
    json_t *fingerprint = json_object_get(json_object_get(result, "batchmark"), "fingerprint");
    struct bm_older *previous = &element[0].older, reference;
    size_t n = 0;
    if (bm_older_previous(path, fingerprint, previous))
        element[n++].role = "previous";
    if (!find_reference(result, path, given, &reference))
        return n;
    if (n && json_equal(json_object_get(previous->about, "checksum"), json_object_get(reference.about, "checksum"))) {
        bm_older_free(&reference);
        return n;
    }
    element[n].role = "reference";
    element[n++].older = reference;
    return n;
}

void bm_beside_check(const struct bm_bench_options *o, json_t *fingerprint)
{
    struct bm_older older;
    struct bm_error error;
    if (!o->reference)
        return;
    if (!bm_older_read(o->reference, fingerprint, &older, &error))
        bm_die(BM_EXIT_INPUT, "--reference: %s", error.text);
    bm_older_free(&older);
}

/* ---- measuring ---- */

static void note_faults(const struct element *e)
{
    const struct bm_paired *first = NULL;
    size_t faults = 0;
    char *text;
    for (size_t i = 0; i < e->run.count; i++) {
        const struct bm_paired *c = &e->run.paired[i];
        if (bm_pair_fault(c->figures.verdict) && !faults++)
            first = c;
    }
    if (!faults)
        return;
    if (asprintf(&text, "%s on %s: %s; %zu case%s in all", first->kernel[OLD], first->shape, first->reason, faults,
                 faults == 1 ? "" : "s") < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    note(e, text);
    free(text);
}

/* Without a threshold no case has a verdict, which would end its launches: time does. */
static void measure(struct element *e, const struct bm_bench_options *o, double seconds)
{
    struct bm_error error;
    e->run.threshold = NAN;
    e->run.seed = o->common.seed;
    e->run.side[OLD].thresholds = e->run.side[OWN].thresholds = bm_call_caches()->thresholds;
    e->run.max_call = fmin(o->max_call, MOST_CALL);
    e->run.time_cap = seconds;
    if (!bm_pairs_measure(&e->run, &error))
        note(e, error.text);
    bm_pairs_look(&e->run); /* an interrupt may have come between two looks */
    note_faults(e);
}

/* NULL: it is not known. */
static json_t *case_json(const struct element *e, size_t i)
{
    const struct bm_paired *c = &e->run.paired[i];
    const struct bm_pair_figures *f = &c->figures;
    if (f->launches < BM_PAIRS_LEAST || !isfinite(f->mean) || !isfinite(f->error))
        return NULL;
    return json_pack("{s:O, s:[s, s], s:f, s:f, s:f, s:f, s:I, s:[f, f]}", "name",
                     json_object_get(json_array_get(e->chosen, i), "name"), "code",
                     bm_pair_code(&e->run.side[OLD], c->kernel[OLD]), bm_pair_code(&e->run.side[OWN], c->kernel[OWN]),
                     "change", f->mean, "error", f->error, "low", f->low, "high", f->high, "launches",
                     (json_int_t)f->launches, "call_s", c->call_s[OLD], c->call_s[OWN]);
}

static void add_element(json_t *list, const struct element *e)
{
    json_t *cases = json_array(), *json = json_copy(e->older.about), *one;
    for (size_t i = 0; i < e->run.count; i++)
        if ((one = case_json(e, i)))
            json_array_append_new(cases, one);
    json_object_set_new(json, "role", json_string(e->role));
    json_object_set_new(json, "seconds", json_real(e->run.seconds));
    json_object_set_new(json, "left_out", json_integer((json_int_t)(e->differ - json_array_size(cases))));
    json_object_set_new(json, "cases", cases);
    if (json_array_size(cases))
        json_array_append(list, json);
    json_decref(json);
}

static void free_element(struct element *e)
{
    bm_older_free(&e->older);
    json_decref(e->chosen);
    json_decref(e->run.context);
    free(e->run.paired);
    free(e->run.side[OLD].module);
    free(e->run.side[OWN].module);
}

/* Its part of the time; more than some sixteen launches would not tell much more. */
static double time_of(const struct element *e, double cost, double seconds)
{
    return fmin(seconds * e->cost / cost, (double)e->run.count + 4 * e->cost);
}

void bm_beside(json_t *result, const char *path, const struct bm_bench_options *o, double seconds)
{
    struct element element[2] = { { .role = NULL } };
    const size_t n = find(result, path, o->reference, element);
    json_t *cases = bm_result_list(result, "cases"), *list = bm_result_list(result, "beside");
    double cost = 0;
    json_array_clear(list); /* of a run that was interrupted here */
    for (size_t i = 0; i < n; i++) {
        load_modules(&element[i], result, path);
        choose(&element[i], cases, strcmp(element[i].role, "reference") == 0, seconds);
        cost += element[i].cost;
    }
    for (size_t i = 0; i < n; i++) {
        if (element[i].run.count && !bm_interrupted) {
            measure(&element[i], o, time_of(&element[i], cost, seconds));
            add_element(list, &element[i]);
        }
        free_element(&element[i]);
    }
}

/* ---- what came out ---- */

static double change_of(const json_t *c) { return json_number_value(json_object_get(c, "change")); }

static void print_case(const json_t *c, FILE *out)
{
    const char *name = bm_member_text(c, "name"), *end = strstr(name, "/real_time");
    fprintf(out, "%.3f (%.3f to %.3f) %.*s", exp(change_of(c)), exp(bm_member_number(c, "low")),
            exp(bm_member_number(c, "high")), end ? (int)(end - name) : (int)strlen(name), name);
}

static void print_element(const json_t *e, const char *folder, const char *given, FILE *out)
{
    const json_t *cases = json_object_get(e, "cases"), *least = json_array_get(cases, 0), *most = least, *c;
    const char *role = bm_member_text(e, "role"), *name = bm_member_text(e, "result");
    const bool elsewhere = given && strcmp(role, "reference") == 0;
    size_t i;
    json_array_foreach(cases, i, c)
    {
        least = change_of(c) < change_of(least) ? c : least;
        most = change_of(c) > change_of(most) ? c : most;
    }
    const json_int_t left_out = json_integer_value(json_object_get(e, "left_out"));
    fprintf(out, "Beside the kernels of %s (%s), %zu case%s with other code timed in %.1f s", name, role, i,
            i == 1 ? "" : "s", bm_member_number(e, "seconds"));
    if (left_out)
        fprintf(out, "; %lld more left out", (long long)left_out);
    fprintf(out, "\n  time over theirs: %s", i > 1 ? "from " : "");
    print_case(least, out);
    if (most != least) {
        fprintf(out, " to ");
        print_case(most, out);
    }
    fprintf(out, "; `batchmark ab %s%s%s` decides\n", elsewhere ? "" : folder, elsewhere ? "" : "/",
            elsewhere ? given : name);
}

void bm_beside_print(const json_t *result, const char *path, const struct bm_bench_options *o, FILE *out)
{
    const json_t *list = json_object_get(json_object_get(result, "batchmark"), "beside"), *e;
    char *copy = strdup(path);
    if (!copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    const char *folder = dirname(copy);
    size_t i;
    json_array_foreach(list, i, e) print_element(e, folder, o->reference, out);
    free(copy);
}
