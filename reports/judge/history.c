/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pairs.h"
#include "result.h"
#include "series.h"

/* As many, and as large a share of the series, that changed at once are one event. */
enum { LEAST_TOGETHER = 5, TOGETHER_PERCENT = 10 };

/* ---- reading ---- */

char *bm_printable(const char *text)
{
    json_t *string = json_string(text); /* NULL if it is no UTF-8 */
    const bool utf8 = string != NULL;
    json_decref(string);
    char *copy = strdup(text), *to = copy;
    if (!copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        const bool two = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;
        *to++ = two || *c < 0x20 || *c == 0x7f || (*c >= 0x80 && !utf8) ? '?' : (char)*c;
        c += two;
    }
    *to = '\0';
    return copy;
}

static void *grown(void *list, size_t items, size_t size)
{
    void *more = items & (items - 1) ? list : realloc(list, (items ? 2 * items : 1) * size);
    if (!more)
        bm_die(BM_EXIT_INPUT, "out of memory for %zu items", 2 * items);
    return more;
}

static void take_cases(const struct bm_run *from, struct bm_history_run *run)
{
    run->cases = from->cases;
    run->cased = bm_alloc((from->cases + 1) * sizeof *run->cased);
    for (size_t i = 0; i < from->cases; i++) {
        const struct bm_run_case *c = &from->cased[i];
        run->cased[i] = (struct bm_history_case){ bm_printable(c->name),
                                                  bm_printable(c->kernel),
                                                  bm_printable(c->op),
                                                  bm_printable(c->shape),
                                                  bm_printable(c->cache),
                                                  bm_printable(c->level),
                                                  bm_printable(c->code),
                                                  c->threads,
                                                  c->stats.median,
                                                  c->stats.low,
                                                  c->stats.high,
                                                  c->stats.min,
                                                  c->floor.s };
    }
}

/* Launches of pairs to their degrees of freedom (pairs.c). */
static double freedom(int launches) { return launches - 2 * (launches / 5) - 1 + BM_PAIRS_PRIOR; }

static bool read_beside(struct bm_reader *r, const json_t *from, struct bm_beside *to)
{
    const json_t *code = bm_list_of(r, from, "code"), *call_s = bm_list_of(r, from, "call_s");
    const char *name = bm_text_of(r, from, "name");
    *to = (struct bm_beside){ .change = bm_number_of(r, from, "change", -100, 100),
                              .error = bm_number_of(r, from, "error", 0, 100),
                              .df = freedom(bm_count_of(r, from, "launches", 2, INT_MAX)) };
    for (size_t i = 0; i < 2; i++) {
        to->call_s[i] = json_number_value(json_array_get(call_s, i));
        if (!json_is_string(json_array_get(code, i)) || !*json_string_value(json_array_get(code, i)))
            bm_reader_fail(r, "\"code\" is not two hashes");
        if (!(to->call_s[i] > 0))
            bm_reader_fail(r, "\"call_s\" is not two times");
    }
    if (!r->ok)
        return false;
    to->name = bm_printable(name);
    for (size_t i = 0; i < 2; i++)
        to->code[i] = bm_printable(json_string_value(json_array_get(code, i)));
    return true;
}

/* Results that timed nothing beside their own kernels have no such member. */
static bool take_beside(const struct bm_run *from, struct bm_history_run *run, struct bm_error *error)
{
    const json_t *all = json_object_get(from->ours, "beside"), *older, *one;
    char where[300];
    snprintf(where, sizeof where, "%.240s: beside[]", from->path);
    struct bm_reader r = { where, error, true };
    size_t i, k;
    json_array_foreach(all, i, older) json_array_foreach(bm_list_of(&r, older, "cases"), k, one)
    {
        run->beside = grown(run->beside, run->besides, sizeof *run->beside);
        if (!read_beside(&r, one, &run->beside[run->besides]))
            return false;
        run->besides++;
    }
    return r.ok;
}

/* The reader does not ask that a time is above 0, as logarithms do. */
static bool check(const struct bm_history *h, const struct bm_run *run, struct bm_error *error)
{
    struct tm utc;
    const char *end = strptime(run->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (run->edited)
        return bm_failed(error, "%s: edited since it was written: its checksum does not hold", run->path);
    if (!end || *end)
        return bm_failed(error, "%s: its date \"%.40s\" is not of the form 2026-01-31T12:00:00Z", run->path, run->date);
    for (size_t i = 0; i < run->cases; i++)
        if (!(run->cased[i].stats.median > 0))
            return bm_failed(error, "%s: the case %.200s took no time", run->path, run->cased[i].name);
    const char *sum = json_string_value(json_object_get(run->ours, "checksum"));
    for (size_t i = 0; i < h->runs; i++)
        if (strcmp(h->run[i].sum, sum) == 0)
            return bm_failed(error, "%s: the same result as %s", run->path, h->run[i].path);
    return true;
}

static void free_run(struct bm_history_run *run)
{
    for (size_t i = 0; i < run->cases; i++) {
        struct bm_history_case *c = &run->cased[i];
        free(c->name), free(c->kernel), free(c->op), free(c->shape), free(c->cache), free(c->level), free(c->code);
    }
    for (size_t i = 0; i < run->besides; i++)
        free(run->beside[i].name), free(run->beside[i].code[0]), free(run->beside[i].code[1]);
    free(run->cased);
    free(run->beside);
    free(run->path), free(run->commit), free(run->date), free(run->sum);
    json_decref(run->fingerprint);
}

enum bm_added bm_history_add(struct bm_history *h, const char *path, struct bm_error *error)
{
    struct bm_document document;
    struct bm_run run;
    if (!bm_document_load(path, &document, error))
        return BM_UNREADABLE;
    const bool other = strcmp(document.kind, "bench") != 0, read = bm_run_read(&document, &run, error);
    bm_document_free(&document);
    if (!read)
        return other ? BM_OTHER_KIND : BM_UNREADABLE;
    bool ok = check(h, &run, error);
    if (ok) {
        const json_t *build =
            json_object_get(json_object_get(json_object_get(run.json, "context"), "batchmark"), "build");
        h->run = grown(h->run, h->runs, sizeof *h->run);
        struct bm_history_run *one = &h->run[h->runs++];
        *one = (struct bm_history_run){ .path = bm_printable(path),
                                        .commit = bm_printable(run.commit),
                                        .date = bm_printable(run.date),
                                        .sum = bm_printable(json_string_value(json_object_get(run.ours, "checksum"))),
                                        .dirty = json_is_true(json_object_get(build, "dirty")),
                                        .fingerprint = json_incref(run.fingerprint) };
        take_cases(&run, one);
        if (!take_beside(&run, one, error)) {
            free_run(one);
            h->runs--;
            ok = false;
        }
    }
    bm_run_free(&run);
    return ok ? BM_ADDED : BM_UNREADABLE;
}

/* ---- order ---- */

static int by_date(const void *a, const void *b)
{
    const struct bm_history_run *x = a, *y = b;
    const int order = strcmp(x->date, y->date); /* one form, UTC */
    return order ? order : strcmp(x->path, y->path);
}

static void keep_comparable(struct bm_history *h)
{
    size_t kept = 0;
    json_t *newest = h->runs ? json_incref(h->run[h->runs - 1].fingerprint) : NULL;
    for (size_t i = 0; i < h->runs; i++) {
        char why[256];
        if (!bm_fingerprints_differ(h->run[i].fingerprint, newest, why)) {
            h->run[kept++] = h->run[i];
            continue;
        }
        char *shown = bm_printable(why);
        snprintf(h->why, sizeof h->why, "%s", shown);
        free(shown);
        h->other++;
        free_run(&h->run[i]);
    }
    h->runs = kept;
    json_decref(newest);
}

/* ---- series ---- */

const struct bm_history_case *bm_history_case_named(const struct bm_history_run *run, const char *name)
{
    for (size_t i = 0; i < run->cases; i++)
        if (strcmp(run->cased[i].name, name) == 0)
            return &run->cased[i];
    return NULL;
}

static struct bm_series *series_named(struct bm_history *h, json_t *index, const struct bm_history_case *c)
{
    const json_t *known = json_object_get(index, c->name);
    if (known)
        return &h->series[json_integer_value(known)];
    json_object_set_new(index, c->name, json_integer((json_int_t)h->all));
    h->series = grown(h->series, h->all, sizeof *h->series);
    h->series[h->all] = (struct bm_series){ .name = c->name, .kernel = c->kernel };
    return &h->series[h->all++];
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct bm_series *)a)->name, ((const struct bm_series *)b)->name);
}

static void make_series(struct bm_history *h, const char *glob)
{
    json_t *index = json_object();
    for (size_t r = 0; r < h->runs; r++)
        for (size_t i = 0; i < h->run[r].cases; i++) {
            const struct bm_history_case *c = &h->run[r].cased[i];
            if (glob && fnmatch(glob, c->kernel, 0) != 0 && fnmatch(glob, c->name, 0) != 0)
                continue;
            struct bm_series *s = series_named(h, index, c);
            if (s->points && s->point[s->points - 1].run == r)
                continue; /* two names that differ in what was cleaned only */
            s->point = grown(s->point, s->points, sizeof *s->point);
            s->point[s->points++] = (struct bm_point){ .run = r, .is = c };
        }
    json_decref(index);
    if (h->all)
        qsort(h->series, h->all, sizeof *h->series, by_name);
}

enum code { CODE_UNKNOWN, CODE_CHANGED, CODE_UNCHANGED };

static enum code code_at(const struct bm_series *s, const struct bm_change *c)
{
    const char *before = s->point[c->at - 1].is->code, *after = s->point[c->at].is->code;
    return !*before || !*after ? CODE_UNKNOWN : strcmp(before, after) == 0 ? CODE_UNCHANGED : CODE_CHANGED;
}

const char *bm_code_verdict(const struct bm_series *s, const struct bm_change *c)
{
    static const char *const verdict[] = { "code unknown", "code changed", "code unchanged" };
    return verdict[code_at(s, c)];
}

bool bm_history_by_pairs(const struct bm_series *s, const struct bm_change *c)
{
    const struct bm_point *p = &s->point[c->at];
    return p->pairs && p->pairs == p[-1].pairs;
}

static void find_together(struct bm_history *h)
{
    struct bm_together *at = bm_alloc((h->runs + 1) * sizeof *at);
    for (size_t i = 0; i < h->all; i++)
        for (size_t k = 0; k < h->series[i].changes; k++) {
            const struct bm_change *c = &h->series[i].change[k];
            struct bm_together *t = &at[h->series[i].point[c->at].run];
            const enum code code = code_at(&h->series[i], c);
            t->cases++;
            t->slower += c->after > c->before;
            t->changed += code == CODE_CHANGED;
            t->unchanged += code == CODE_UNCHANGED;
            t->unknown += code == CODE_UNKNOWN;
        }
    for (size_t r = 0; r < h->runs; r++)
        if (at[r].cases >= LEAST_TOGETHER && 100 * at[r].cases >= TOGETHER_PERCENT * h->all) {
            at[h->togethers] = at[r];
            at[h->togethers++].run = r;
        }
    h->together = at;
}

void bm_history_find(struct bm_history *h, const char *glob, double floor)
{
    h->floor = floor;
    if (h->runs)
        qsort(h->run, h->runs, sizeof *h->run, by_date);
    keep_comparable(h);
    bm_drift_find(h);
    make_series(h, glob);
    bm_series_find(h);
    find_together(h);
}

bool bm_history_is_together(const struct bm_history *h, const struct bm_series *s, const struct bm_change *c)
{
    for (size_t i = 0; i < h->togethers; i++)
        if (h->together[i].run == s->point[c->at].run)
            return true;
    return false;
}

void bm_history_free(struct bm_history *h)
{
    for (size_t i = 0; i < h->all; i++) {
        free(h->series[i].point);
        free(h->series[i].change);
    }
    for (size_t i = 0; i < h->runs; i++)
        free_run(&h->run[i]);
    bm_drift_free(&h->drift);
    free(h->series);
    free(h->together);
    free(h->run);
    *h = (struct bm_history){ 0 };
}
