/* SPDX-License-Identifier: MIT */
/* history_text.c - what a history says, for readers and as JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "moves.h"

enum { COLUMNS = 30 };

static const char *machine_of(const struct bm_history *h)
{
    const char *machine = h->runs ? json_string_value(json_object_get(h->run[0].fingerprint, "machine")) : NULL;
    return machine ? machine : "unknown";
}

static double percent(const struct bm_change *c) { return 100 * (c->after / c->before - 1); }

/* "0123456789ab+changes": what was built. */
static const char *shown_commit(const struct bm_history_run *run, char text[static 64])
{
    snprintf(text, 64, "%.12s%s", run->commit, run->dirty ? "+changes" : "");
    return text;
}

/* "2026-01-12 to 2026-01-13", "2026-01-12 09:15 to 17:40": two results of one day differ by the time. */
static const char *shown_days(const struct bm_history_run *before, const struct bm_history_run *after, char text[static 64])
{
    if (strncmp(before->date, after->date, 10) != 0)
        snprintf(text, 64, "%.10s to %.10s", before->date, after->date);
    else if (strlen(before->date) > 11 && strlen(after->date) > 11)
        snprintf(text, 64, "%.10s %.5s to %.5s", before->date, before->date + 11, after->date + 11);
    else
        snprintf(text, 64, "%.10s", before->date);
    return text;
}

static const char *shown_range(const struct bm_history_run *before, const struct bm_history_run *after,
                               char text[static 256])
{
    char from[64], to[64], days[64];
    snprintf(text, 256, "%s..%s (%s%s)", shown_commit(before, from), shown_commit(after, to), shown_days(before, after, days),
             strcmp(before->commit, after->commit) == 0 && before->dirty == after->dirty ? ", the same commit" : "");
    return text;
}

static const struct bm_history_run *run_of(const struct bm_history *h, const struct bm_series *s, size_t point)
{
    return &h->run[s->point[point].run];
}

/* ---- text and Markdown ---- */

static const char *plural(size_t n) { return n == 1 ? "" : "s"; }

/* What the machine did, a sentence each; what is unknown is one, as without hashes of code every result is. */
static void put_machine(const struct bm_history *h, struct bm_page *page)
{
    char text[512];
    size_t unknown = 0, first = 0;
    for (size_t r = 0; r < h->runs; r++)
        if (h->drift.unknown[r] && !unknown++)
            first = r;
    for (size_t i = 0; i < h->drift.moves; i++)
        bm_page_text(page, "%s", bm_move_sentence(h, &h->drift.move[i], text));
    if (unknown > 1)
        bm_page_text(page, "%s; and in %zu later place%s.", bm_unknown_sentence(h, first, text), unknown - 1,
                     plural(unknown - 1));
    else if (unknown)
        bm_page_text(page, "%s.", bm_unknown_sentence(h, first, text));
}

static void put_together(const struct bm_history *h, const struct bm_together *t, struct bm_page *page)
{
    char at[64], code[128] = "code unchanged: look at the machine or its libraries", range[256];
    if (t->unchanged != t->cases)
        snprintf(code, sizeof code, "code changed in %zu, unchanged in %zu, unknown in %zu", t->changed, t->unchanged,
                 t->unknown);
    bm_page_text(page, "at %s (%.10s): %zu of %zu cases changed together, %zu slower and %zu faster; %s; %s",
                 shown_commit(&h->run[t->run], at), h->run[t->run].date, t->cases, h->all, t->slower,
                 t->cases - t->slower, code, shown_range(&h->run[t->run - 1], &h->run[t->run], range));
}

static double size_of(const struct bm_found *f) { return fabs(log(f->change->after / f->change->before)); }

static int largest_first(const void *a, const void *b)
{
    const double left = size_of(a), right = size_of(b);
    return left != right
               ? (left < right) - (left > right)
               : strcmp(((const struct bm_found *)a)->series->name, ((const struct bm_found *)b)->series->name);
}

struct bm_found *bm_history_found(const struct bm_history *h, bool all, size_t *count)
{
    size_t most = 1;
    for (size_t i = 0; i < h->all; i++)
        most += h->series[i].changes;
    struct bm_found *found = bm_alloc(most * sizeof *found);
    *count = 0;
    for (size_t i = 0; i < h->all; i++)
        for (size_t k = 0; k < h->series[i].changes; k++)
            if (all || !bm_history_is_together(h, &h->series[i], &h->series[i].change[k]))
                found[(*count)++] = (struct bm_found){ &h->series[i], &h->series[i].change[k] };
    qsort(found, *count, sizeof *found, largest_first);
    return found;
}

void bm_history_table(struct bm_page *page, const char *id, const struct bm_history *h, const struct bm_found *found,
                      size_t count, const struct bm_source *const *source)
{
    struct bm_grid *grid = bm_grid_new(page, id, "", "case", "before", "after", "change", "commits", "code", NULL);
    char range[256];
    bm_grid_left(grid, 1);
    for (const struct bm_found *f = found; f < found + count; f++) {
        const struct bm_series *s = f->series;
        const struct bm_change *c = f->change;
        const size_t before = s->point[c->at - 1].run, after = s->point[c->at].run;
        const char *verdict = bm_code_verdict(s, c);
        bm_grid_row(grid, "%s|%v|%v|%v|%s|%s%s%s", s->name,
                    bm_derived(c->before, BM_UNIT_SECONDS, source ? source[before] : NULL),
                    bm_derived(c->after, BM_UNIT_SECONDS, source ? source[after] : NULL),
                    bm_derived(percent(c), BM_UNIT_MORE, source ? source[after] : NULL),
                    shown_range(&h->run[before], &h->run[after], range), verdict,
                    bm_history_by_pairs(s, c)                ? ", in pairs"
                    : strcmp(verdict, "code unchanged") == 0 ? ": look at the machine or its libraries"
                                                             : "",
                    bm_history_is_together(h, s, c) ? ", with many others" : "");
    }
    bm_page_table(page, grid);
}

/* A row a value, with its place from the least at the left to the greatest at the right. */
static void put_values(const struct bm_history *h, const struct bm_series *s, struct bm_page *page)
{
    struct bm_grid *grid =
        bm_grid_new(page, s->name, s->name, "date", "commit", "time", "", "change", "by", "error", NULL);
    double least = INFINITY, most = 0;
    size_t next = 0;
    char commit[64];
    bm_grid_left(grid, 2);
    for (size_t i = 0; i < s->points; i++) {
        least = fmin(least, s->point[i].s);
        most = fmax(most, s->point[i].s);
    }
    for (size_t i = 0; i < s->points; i++) {
        const struct bm_point *p = &s->point[i];
        const int at = most > least ? (int)lround((COLUMNS - 1) * (p->s - least) / (most - least)) : 0;
        const bool changed = next < s->changes && s->change[next].at == i;
        bm_grid_text(grid, "%.10s %.5s", run_of(h, s, i)->date,
                     strlen(run_of(h, s, i)->date) > 11 ? run_of(h, s, i)->date + 11 : "");
        bm_grid_text(grid, "%s", shown_commit(run_of(h, s, i), commit));
        bm_grid_text(grid, "%.4g us", 1e6 * p->s);
        bm_grid_text(grid, "|%*s*%*s|", at, "", COLUMNS - 1 - at, "");
        if (changed)
            bm_grid_text(grid, "%+.1f %%", percent(&s->change[next++]));
        else
            bm_grid_text(grid, "%s", "");
        bm_grid_text(grid, "%s", p->pairs ? "pairs" : "floor");
        if (p->error > 0)
            bm_grid_text(grid, "+-%.2f %%", 100 * p->error);
        else
            bm_grid_text(grid, "%s", "");
    }
    bm_page_table(page, grid);
}

void bm_history_summary(struct bm_page *page, const struct bm_history *h)
{
    size_t changes = 0, slower = 0, cases = 0, few = 0;
    for (size_t i = 0; i < h->all; i++) {
        const struct bm_series *s = &h->series[i];
        changes += s->changes;
        cases += s->changes > 0;
        few += s->points < 2 * BM_LEAST_SEGMENT;
        for (size_t k = 0; k < s->changes; k++)
            slower += s->change[k].after > s->change[k].before;
    }
    if (changes || few < h->all)
        bm_page_text(page, "%zu change point%s above %g %% in %zu of %zu cases: %zu slower, %zu faster.", changes,
                     plural(changes), 100 * h->threshold, cases, h->all, slower, changes - slower);
    if (few)
        bm_page_text(page, "%s%zu of %zu cases have fewer than %d results: their times cannot show a change point, only pairs "
                           "with older kernels and changed code can.",
                     changes || few < h->all ? "" : "No change point can be seen yet. ", few, h->all, 2 * BM_LEAST_SEGMENT);
}

void bm_history_sentences(struct bm_page *page, const struct bm_history *h)
{
    char days[64];
    if (h->runs)
        bm_page_text(page, "%s: %zu result%s, %s, %zu case%s", machine_of(h), h->runs, plural(h->runs),
                     shown_days(&h->run[0], &h->run[h->runs - 1], days), h->all, plural(h->all));
    if (h->hosts > 1)
        bm_page_text(page, "Results of %zu hosts: a change may be a step from one to another", h->hosts);
    if (h->elsewhere)
        bm_page_text(page, "%zu result%s of other hosts than %s left out: --host NAME chooses another, --host '*' all",
                     h->elsewhere, plural(h->elsewhere), h->host ? h->host : h->run[0].host);
    if (h->other)
        bm_page_text(page, "%zu result%s of another set-up left out: %s", h->other, plural(h->other), h->why);
    put_machine(h, page);
    for (size_t i = 0; i < h->togethers; i++)
        put_together(h, &h->together[i], page);
}

void bm_history_print(const struct bm_history *h, enum bm_page_format format, bool all, FILE *out)
{
    struct bm_page *page = bm_page_new(format, NULL, "", NULL);
    size_t count;
    struct bm_found *found = bm_history_found(h, all, &count);
    bm_page_wide(page);
    bm_history_sentences(page, h);
    bm_history_table(page, "changes", h, found, count, NULL);
    for (size_t i = 0; i < h->all && all; i++)
        put_values(h, &h->series[i], page);
    if (h->togethers && !all)
        bm_page_text(page, "--all lists what changed together.");
    bm_history_summary(page, h);
    bm_page_print(page, out);
    free(found);
}

/* ---- JSON ---- */

static json_t *side_json(const struct bm_history_run *run, double s)
{
    return json_pack("{s:f, s:s, s:b, s:s, s:s}", "s", s, "commit", run->commit, "dirty", run->dirty, "date", run->date,
                     "file", run->path);
}

static json_t *change_json(const struct bm_history *h, const struct bm_series *s, const struct bm_change *c)
{
    return json_pack("{s:s, s:s, s:f, s:f, s:s, s:s, s:b, s:o, s:o}", "case", s->name, "kernel", s->kernel, "change",
                     c->after / c->before - 1, "p", c->p, "code", bm_code_verdict(s, c) + strlen("code "), "by",
                     bm_history_by_pairs(s, c) ? "pairs" : "floor", "together", bm_history_is_together(h, s, c),
                     "before", side_json(run_of(h, s, c->at - 1), c->before), "after",
                     side_json(run_of(h, s, c->at), c->after));
}

static json_t *series_json(const struct bm_history *h, const struct bm_series *s)
{
    json_t *values = json_array();
    for (size_t i = 0; i < s->points; i++) {
        const struct bm_point *p = &s->point[i];
        json_t *value = side_json(run_of(h, s, i), p->s);
        json_object_update_new(value, json_pack("{s:s, s:f, s:f}", "by", p->pairs ? "pairs" : "floor", "floor_s",
                                                p->is->floor_s, "median_s", p->is->median_s));
        if (isfinite(p->error))
            json_object_set_new(value, "error", json_real(p->error));
        if (isfinite(p->is->high_s)) {
            json_object_set_new(value, "low_s", json_real(p->is->low_s));
            json_object_set_new(value, "high_s", json_real(p->is->high_s));
        }
        json_array_append_new(values, value);
    }
    return json_pack("{s:s, s:s, s:o}", "case", s->name, "kernel", s->kernel, "values", values);
}

/* The machine's moves, and its levels in each result over the first, of the classes that have their own. */
static json_t *drift_json(const struct bm_history *h, bool all)
{
    const struct bm_drift *d = &h->drift;
    json_t *moves = json_array(), *unknown = json_array(), *json = json_object();
    char classes[128];
    for (size_t i = 0; i < d->moves; i++) {
        const struct bm_move *m = &d->move[i];
        json_array_append_new(moves, json_pack("{s:f, s:f, s:f, s:s, s:s, s:I, s:s, s:I, s:b}", "change",
                                               expm1(m->change), "low", expm1(m->low), "high", expm1(m->high), "from",
                                               h->run[m->from].date, "to", h->run[m->to].date, "steps",
                                               (json_int_t)m->steps, "classes", bm_move_classes(m->classes, classes),
                                               "canaries", (json_int_t)m->told_by, "code_unknown", m->unknown));
    }
    for (size_t r = 0; r < h->runs; r++)
        if (d->unknown[r])
            json_array_append_new(unknown, json_string(h->run[r].date));
    json_object_set_new(json, "moves", moves);
    json_object_set_new(json, "unknown_at", unknown);
    for (int class = -1; class < BM_DRIFT_CLASSES && all; class ++) {
        json_t *levels = class < 0 || d->own[class] ? json_array() : NULL;
        for (size_t r = 0; r < h->runs && levels; r++)
            json_array_append_new(levels, json_real(exp(class < 0 ? d->all[r] : d->level[class][r])));
        if (levels)
            json_object_set_new(json, bm_move_classes(class < 0 ? 0 : 1u << class, classes), levels);
    }
    return json;
}

json_t *bm_history_json(const struct bm_history *h, bool all)
{
    json_t *changes = json_array(), *together = json_array(), *series = json_array();
    for (size_t i = 0; i < h->togethers; i++) {
        const struct bm_together *t = &h->together[i];
        json_array_append_new(together,
                              json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "commit", h->run[t->run].commit, "date",
                                        h->run[t->run].date, "cases", (json_int_t)t->cases, "slower",
                                        (json_int_t)t->slower, "code_changed", (json_int_t)t->changed, "code_unchanged",
                                        (json_int_t)t->unchanged, "code_unknown", (json_int_t)t->unknown));
    }
    for (size_t i = 0; i < h->all; i++) {
        for (size_t k = 0; k < h->series[i].changes; k++)
            json_array_append_new(changes, change_json(h, &h->series[i], &h->series[i].change[k]));
        if (all)
            json_array_append_new(series, series_json(h, &h->series[i]));
    }
    json_t *json = json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:I, s:f, s:o, s:o, s:o}", "machine", machine_of(h), "results",
                             (json_int_t)h->runs, "hosts", (json_int_t)h->hosts, "of_other_hosts",
                             (json_int_t)h->elsewhere, "left_out", (json_int_t)h->other, "left_out_why", h->why, "cases",
                             (json_int_t)h->all, "floor", h->threshold, "drift", drift_json(h, all), "together", together,
                             "changes", changes);
    if (all)
        json_object_set(json, "series", series);
    json_decref(series);
    return json;
}
