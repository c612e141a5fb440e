/* SPDX-License-Identifier: MIT */
/* history_find.c - what results in the order of time say: of the machine, then of each case. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "moves.h"
#include "result.h"
#include "series.h"

/* As many, and as large a share of the series, that changed at once are one event. */
enum { LEAST_TOGETHER = 5, TOGETHER_PERCENT = 10 };

static int by_date(const void *a, const void *b)
{
    const struct bm_history_run *x = a, *y = b;
    const int order = strcmp(x->date, y->date); /* one form, UTC */
    return order ? order : strcmp(x->path, y->path);
}

/* Equal machines are not equally fast: a step from one to another is no change of either. */
static void keep_host(struct bm_history *h)
{
    size_t kept = 0;
    char *newest = h->runs ? strdup(h->run[h->runs - 1].host) : NULL;
    for (size_t i = 0; i < h->runs; i++)
        if (h->host ? fnmatch(h->host, h->run[i].host, 0) == 0 : strcmp(h->run[i].host, newest) == 0)
            h->run[kept++] = h->run[i];
        else {
            h->elsewhere++;
            bm_history_run_free(&h->run[i]);
        }
    h->runs = kept;
    free(newest);
}

static void count_hosts(struct bm_history *h)
{
    for (size_t i = 0; i < h->runs; i++) {
        size_t before = 0;
        while (before < i && strcmp(h->run[before].host, h->run[i].host) != 0)
            before++;
        h->hosts += before == i;
    }
}

static size_t comparable_with(const struct bm_history *h, json_t *fingerprint)
{
    char why[256];
    size_t comparable = 0;
    for (size_t i = 0; i < h->runs; i++)
        comparable += !bm_fingerprints_differ(h->run[i].fingerprint, fingerprint, why);
    return comparable;
}

/* The set-up that the history is of: the newest that has results enough for a change point, else the one with the most,
 * and of these the newest. So one run with other threads does not end it. */
static json_t *chosen_setup(const struct bm_history *h)
{
    size_t most = 0, chosen = 0;
    for (size_t i = h->runs; i-- > 0 && most < 2 * BM_LEAST_SEGMENT;) {
        const size_t comparable = comparable_with(h, h->run[i].fingerprint);
        if (comparable > most) {
            most = comparable;
            chosen = i;
        }
    }
    return h->runs ? json_incref(h->run[chosen].fingerprint) : NULL;
}

static void keep_comparable(struct bm_history *h)
{
    size_t kept = 0;
    json_t *setup = chosen_setup(h);
    for (size_t i = 0; i < h->runs; i++) {
        char why[256];
        if (!bm_fingerprints_differ(h->run[i].fingerprint, setup, why)) {
            h->run[kept++] = h->run[i];
            continue;
        }
        char *shown = bm_printable(why);
        snprintf(h->why, sizeof h->why, "%s", shown);
        free(shown);
        h->other++;
        bm_history_run_free(&h->run[i]);
    }
    h->runs = kept;
    json_decref(setup);
}

static struct bm_series *series_named(struct bm_history *h, json_t *index, const struct bm_history_case *c)
{
    const json_t *known = json_object_get(index, c->name);
    if (known)
        return &h->series[json_integer_value(known)];
    json_object_set_new(index, c->name, json_integer((json_int_t)h->all));
    h->series = bm_grown(h->series, h->all, sizeof *h->series);
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
            s->point = bm_grown(s->point, s->points, sizeof *s->point);
            s->point[s->points++] = (struct bm_point){ .run = r, .is = c };
        }
    json_decref(index);
    if (h->all)
        qsort(h->series, h->all, sizeof *h->series, by_name);
}

static void find_together(struct bm_history *h)
{
    struct bm_together *at = bm_alloc((h->runs + 1) * sizeof *at);
    for (size_t i = 0; i < h->all; i++)
        for (size_t k = 0; k < h->series[i].changes; k++) {
            const struct bm_change *c = &h->series[i].change[k];
            struct bm_together *t = &at[h->series[i].point[c->at].run];
            const enum bm_code_change code = bm_code_at(&h->series[i], c);
            t->cases++;
            t->slower += c->after > c->before;
            t->changed += code == BM_CODE_CHANGED;
            t->unchanged += code == BM_CODE_UNCHANGED;
            t->unknown += code == BM_CODE_UNKNOWN;
        }
    for (size_t r = 0; r < h->runs; r++)
        if (at[r].cases >= LEAST_TOGETHER && 100 * at[r].cases >= TOGETHER_PERCENT * h->all) {
            at[h->togethers] = at[r];
            at[h->togethers++].run = r;
        }
    h->together = at;
}

void bm_history_find(struct bm_history *h, const char *glob, double threshold)
{
    h->threshold = threshold;
    if (h->runs)
        qsort(h->run, h->runs, sizeof *h->run, by_date);
    keep_host(h);
    keep_comparable(h);
    count_hosts(h);
    bm_drift_find(&h->drift, h->run, h->runs);
    bm_moves_find(&h->drift, h->runs, h->threshold);
    make_series(h, glob);
    bm_series_find(h);
    find_together(h);
}
