/* SPDX-License-Identifier: MIT */
#include "noise.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"

/* ---- measuring ---- */

const char *bm_runs_unlike(const struct bm_run *run, size_t runs, char text[static 512])
{
    char differ[256];
    for (size_t a = 0; a < runs; a++)
        for (size_t b = 0; b < a; b++)
            if (json_equal(json_object_get(run[a].ours, "checksum"), json_object_get(run[b].ours, "checksum"))) {
                snprintf(text, 512, "%.200s and %.200s are the same run", run[b].path, run[a].path);
                return text;
            }
    for (size_t i = 1; i < runs; i++)
        if (bm_fingerprints_differ(run[0].fingerprint, run[i].fingerprint, differ)) {
            snprintf(text, 512, "%.250s of %.200s", differ, run[i].path);
            return text;
        }
    for (size_t a = 0; a < runs; a++)
        for (size_t b = a + 1; b < runs; b++)
            for (size_t i = 0; i < run[a].cases; i++) {
                const struct bm_run_case *c = &run[a].cased[i], *other = bm_run_find(&run[b], c->name);
                if (other && strcmp(c->code, other->code) != 0) {
                    snprintf(text, 512, "the code of %.100s in %.150s is another one than in %.150s", c->kernel,
                             run[b].path, run[a].path);
                    return text;
                }
            }
    return NULL;
}

static bool same_class(const struct bm_run_case *a, const struct bm_run_case *b)
{
    return a->threads == b->threads && strcmp(a->level, b->level) == 0;
}

/* The changes, as positive logs, of the cases that are like one of them, from a run to another; returns how many. */
static size_t find_changes(const struct bm_run *from, const struct bm_run *to, const struct bm_run_case *like,
                           double *change)
{
    size_t n = 0;
    for (size_t i = 0; i < from->cases; i++) {
        const struct bm_run_case *c = &from->cased[i], *other = same_class(c, like) ? bm_run_find(to, c->name) : NULL;
        if (other && bm_floor_stands(&c->floor) && bm_floor_stands(&other->floor))
            change[n++] = fabs(log(other->floor.s / c->floor.s));
    }
    return n;
}

static double factor(size_t runs)
{
    enum { NORMAL = 1000 }; /* degrees of freedom with which t is as good as normal */
    const double beyond = 1 - BM_NOISE_QUANTILE;
    return fmin(BM_NOISE_FACTOR, bm_student_t(beyond, (double)runs - 1) / bm_student_t(beyond, NORMAL));
}

/* The class of a case, as an object of margins[]. */
static json_t *measure_class(const struct bm_run *run, size_t runs, const struct bm_run_case *like)
{
    size_t cases = 0, n = 0;
    for (size_t i = 0; i < runs; i++)
        cases += run[i].cases;
    double *change = bm_alloc((cases * runs + 1) * sizeof *change), margin = NAN;
    for (size_t a = 0; a < runs; a++)
        for (size_t b = 0; b < a; b++)
            n += find_changes(&run[a], &run[b], like, change + n);
    bm_sort(change, n);
    if (n >= BM_NOISE_LEAST_CHANGES)
        margin = fmax(BM_FLOOR_NEAR, expm1(factor(runs) * bm_quantile(change, n, BM_NOISE_QUANTILE)));
    free(change);
    return json_pack("{s:i, s:s, s:I, s:o}", "threads", like->threads, "level", like->level, "changes", (json_int_t)n,
                     "margin", bm_real_or_null(margin));
}

static bool is_listed(const json_t *margins, const struct bm_run_case *c)
{
    const json_t *one;
    size_t i;
    json_array_foreach(margins, i,
                       one) if (json_integer_value(json_object_get(one, "threads")) == c->threads &&
                                strcmp(json_string_value(json_object_get(one, "level")), c->level) == 0) return true;
    return false;
}

/* Of the classes of cases that two runs have. */
static void add_margins(json_t *margins, const struct bm_run *run, size_t runs)
{
    for (size_t a = 0; a < runs; a++)
        for (size_t b = a + 1; b < runs; b++)
            for (size_t i = 0; i < run[a].cases; i++) {
                const struct bm_run_case *c = &run[a].cased[i];
                if (!is_listed(margins, c) && bm_run_find(&run[b], c->name))
                    json_array_append_new(margins, measure_class(run, runs, c));
            }
}

json_t *bm_noise_measure(const struct bm_run *run, size_t runs, int argc, char **argv)
{
    const struct bm_run *newest = run;
    json_t *of = json_array(), *command = json_array();
    for (size_t i = 0; i < runs; i++) {
        if (strcmp(run[i].date, newest->date) > 0)
            newest = &run[i];
        json_array_append_new(
            of, json_pack("{s:s, s:O}", "date", run[i].date, "checksum", json_object_get(run[i].ours, "checksum")));
    }
    for (int i = 0; i < argc; i++)
        json_array_append_new(command, json_string(argv[i]));
    json_t *noise =
        json_pack("{s:O, s:[], s:{s:i, s:s, s:b, s:o, s:O, s:o}}", "context", json_object_get(newest->json, "context"),
                  "benchmarks", "batchmark", "schema", BM_RESULT_SCHEMA, "kind", "noise", "complete", 1, "command",
                  command, "fingerprint", run->fingerprint, "of", of);
    add_margins(bm_result_list(noise, "margins"), run, runs);
    return noise;
}

/* ---- reading ---- */

static bool read_pairs(struct bm_noise *n, const json_t *pairs, struct bm_error *error)
{
    const json_t *one;
    size_t i;
    json_array_foreach(pairs, i, one)
    {
        const char *level = json_string_value(json_object_get(one, "level"));
        const double largest = json_number_value(json_object_get(one, "error"));
        if (!level || !(largest >= 0 && largest <= 1e9))
            return bm_failed(error, "%s: pairs[%zu] is no level with a share", n->path, i);
        n->pair_error[bm_pairs_class(level, 1 + json_is_true(json_object_get(one, "parallel")))] = largest;
    }
    return true;
}

static bool read_members(struct bm_noise *n, struct bm_error *error)
{
    const json_t *ours = json_object_get(n->json, "batchmark"), *margins = json_object_get(ours, "margins"), *one;
    size_t i;
    n->fingerprint = json_object_get(ours, "fingerprint");
    n->date =
        json_string_value(json_object_get(json_object_get(json_object_get(n->json, "context"), "batchmark"), "date"));
    if (!n->date || !json_is_array(margins))
        return bm_failed(error, "%s: its date or margins are missing (older files have none); calibrate again",
                         n->path);
    n->class = bm_alloc((json_array_size(margins) + 1) * sizeof *n->class);
    json_array_foreach(margins, i, one)
    {
        const json_t *margin = json_object_get(one, "margin");
        struct bm_noise_class *c = &n->class[n->classes++];
        c->threads = (int)json_integer_value(json_object_get(one, "threads"));
        c->level = json_string_value(json_object_get(one, "level"));
        c->margin = json_is_number(margin) ? json_number_value(margin) : NAN;
        if (!c->level || !(json_is_null(margin) || (c->margin >= BM_FLOOR_NEAR && c->margin <= 1e9)))
            return bm_failed(error, "%s: margins[%zu] is no level with a share from %g or null", n->path, i,
                             BM_FLOOR_NEAR);
    }
    return read_pairs(n, json_object_get(ours, "pairs"), error);
}

bool bm_noise_load(const char *path, struct bm_noise *noise, struct bm_error *error)
{
    struct bm_document d;
    *noise = (struct bm_noise){ 0 };
    if (!bm_document_load(path, &d, error))
        return false;
    *noise = (struct bm_noise){ .path = d.path, .json = d.json }; /* which are not freed with the document */
    bool ok = strcmp(d.kind, "noise") == 0 ||
              bm_failed(error, "%s: no noise measured by `batchmark calibrate`, but a result of %s", path, d.kind);
    ok = ok && read_members(noise, error);
    if (ok && d.edited)
        ok = bm_failed(error, "%s: its checksum does not hold: it was edited after it was written; calibrate again",
                       path);
    if (!ok)
        bm_noise_free(noise);
    return ok;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

bool bm_noise_find(const char *folder, json_t *fingerprint, struct bm_noise *noise, struct bm_error *error)
{
    struct dirent **entry;
    const int n = scandir(folder, &entry, NULL, alphasort);
    bool found = false;
    error->text[0] = '\0';
    for (int i = 0; i < n; i++) {
        char *path = NULL, differ[256];
        struct bm_noise one;
        if (asprintf(&path, "%s/%s", folder, entry[i]->d_name) < 0)
            bm_die(BM_EXIT_INPUT, "out of memory");
        if ((ends_with(path, "-noise.json") || ends_with(path, "-noise.json.gz")) && bm_noise_load(path, &one, error)) {
            if (!bm_fingerprints_differ(fingerprint, one.fingerprint, differ) &&
                (!found || strcmp(one.date, noise->date) >= 0)) {
                if (found)
                    bm_noise_free(noise);
                *noise = one;
                found = true;
            } else
                bm_noise_free(&one);
        }
        free(path);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return found;
}

void bm_noise_free(struct bm_noise *noise)
{
    free(noise->path);
    free(noise->class);
    json_decref(noise->json);
    *noise = (struct bm_noise){ 0 };
}

double bm_noise_margin(const struct bm_noise *noise, const struct bm_run_case *c)
{
    for (size_t i = 0; noise && i < noise->classes; i++) {
        const struct bm_noise_class *class = &noise->class[i];
        if (class->threads == c->threads && strcmp(class->level, c->level) == 0 && !isnan(class->margin))
            return class->margin;
    }
    return strcmp(c->level, "L1") == 0 || strcmp(c->level, "L2") == 0 ? BM_NOISE_ASSUMED
           : strcmp(c->level, "L3") == 0                              ? BM_NOISE_ASSUMED_L3
                                                                      : INFINITY;
}
