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

static const char *shown_time(double s, char text[static 32])
{
    static const struct {
        double unit;
        const char *name;
    } units[] = { { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "us" }, { 0, "ns" } };
    size_t i = 0;
    while (s < units[i].unit)
        i++;
    snprintf(text, 32, "%.4g %s", s / (units[i].unit > 0 ? units[i].unit : 1e-9), units[i].name);
    return text;
}

static double percent(const struct bm_change *c) { return 100 * (c->after / c->before - 1); }

/* "0123456789ab+changes": what was built. */
static const char *shown_commit(const struct bm_history_run *run, char text[static 64])
{
    snprintf(text, 64, "%.12s%s", run->commit, run->dirty ? "+changes" : "");
    return text;
}

static void put_range(const struct bm_history_run *before, const struct bm_history_run *after, FILE *file)
{
    char from[64], to[64];
    shown_commit(before, from);
    shown_commit(after, to);
    fprintf(file, "%s..%s (%.10s to %.10s%s)", from, to, before->date, after->date,
            strcmp(from, to) == 0 ? ", the same commit" : "");
}

static const struct bm_history_run *run_of(const struct bm_history *h, const struct bm_series *s, size_t point)
{
    return &h->run[s->point[point].run];
}

static void count(const struct bm_history *h, size_t *changes, size_t *slower, size_t *cases, size_t *few)
{
    *changes = *slower = *cases = *few = 0;
    for (size_t i = 0; i < h->all; i++) {
        const struct bm_series *s = &h->series[i];
        *changes += s->changes;
        *cases += s->changes > 0;
        *few += s->points < 2 * BM_LEAST_SEGMENT;
        for (size_t k = 0; k < s->changes; k++)
            *slower += s->change[k].after > s->change[k].before;
    }
}

static void put_head(const struct bm_history *h, const char *mark, FILE *file)
{
    char *machine = bm_printable(machine_of(h));
    fprintf(file, "%s%s: %zu result%s, %.10s to %.10s, %zu case%s\n", mark, machine, h->runs, h->runs == 1 ? "" : "s",
            h->run[0].date, h->run[h->runs - 1].date, h->all, h->all == 1 ? "" : "s");
    free(machine);
    if (h->other)
        fprintf(file, "\n%zu result%s of another set-up left out: %s\n", h->other, h->other == 1 ? "" : "s", h->why);
}

/* What the machine did, a line each; what is unknown is one line, as without hashes of code every result is. */
static void put_machine(const struct bm_history *h, const char *mark, FILE *file)
{
    char text[512];
    size_t unknown = 0, first = 0;
    for (size_t r = 0; r < h->runs; r++)
        if (h->drift.unknown[r] && !unknown++)
            first = r;
    if (h->drift.moves || unknown)
        fputs("\n", file);
    for (size_t i = 0; i < h->drift.moves; i++)
        fprintf(file, "%s%s\n", mark, bm_move_sentence(h, &h->drift.move[i], text));
    if (unknown)
        fprintf(file, "%s%s", mark, bm_unknown_sentence(h, first, text));
    if (unknown > 1)
        fprintf(file, "; and in %zu later place%s", unknown - 1, unknown == 2 ? "" : "s");
    fputs(unknown ? ".\n" : "", file);
}

static void put_together(const struct bm_history *h, const struct bm_together *t, FILE *file)
{
    char at[64];
    fprintf(file, "at %s (%.10s): %zu of %zu cases changed together, %zu slower and %zu faster; ",
            shown_commit(&h->run[t->run], at), h->run[t->run].date, t->cases, h->all, t->slower, t->cases - t->slower);
    if (t->unchanged == t->cases)
        fputs("code unchanged: look at the machine or its libraries", file);
    else
        fprintf(file, "code changed in %zu, unchanged in %zu, unknown in %zu", t->changed, t->unchanged, t->unknown);
    fputs("; ", file);
    put_range(&h->run[t->run - 1], &h->run[t->run], file);
}

static void put_summary(const struct bm_history *h, FILE *file)
{
    size_t changes, slower, cases, few;
    count(h, &changes, &slower, &cases, &few);
    fprintf(file, "%zu change point%s above %g %% in %zu of %zu cases: %zu slower, %zu faster", changes,
            changes == 1 ? "" : "s", 100 * h->floor, cases, h->all, slower, changes - slower);
    if (few)
        fprintf(file, "; %zu with fewer than %d results, where only pairs and changed code can tell", few,
                2 * BM_LEAST_SEGMENT);
    fputs(".\n", file);
}

/* ---- text ---- */

static void put_change(const struct bm_history *h, const struct bm_series *s, const struct bm_change *c, FILE *file)
{
    char before[32], after[32];
    const char *verdict = bm_code_verdict(s, c);
    fprintf(file, "  %+.1f %%  %s -> %s; %s%s; ", percent(c), shown_time(c->before, before),
            shown_time(c->after, after), verdict,
            bm_history_by_pairs(s, c)                ? ", in pairs"
            : strcmp(verdict, "code unchanged") == 0 ? ": look at the machine or its libraries"
                                                     : "");
    put_range(run_of(h, s, c->at - 1), run_of(h, s, c->at), file);
    fputs("\n", file);
}

/* A line a value, from the least at the left to the greatest at the right, and a line where the level changes. */
static void put_values(const struct bm_history *h, const struct bm_series *s, FILE *file)
{
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < s->points; i++) {
        least = fmin(least, s->point[i].s);
        most = fmax(most, s->point[i].s);
    }
    size_t next = 0;
    for (size_t i = 0; i < s->points; i++) {
        const struct bm_point *p = &s->point[i];
        char time[32], commit[64];
        if (next < s->changes && s->change[next].at == i)
            put_change(h, s, &s->change[next++], file);
        const int at = most > least ? (int)lround((COLUMNS - 1) * (p->s - least) / (most - least)) : 0;
        fprintf(file, "    %.10s  %-20s  %10s |%*s*%*s|  by %s", run_of(h, s, i)->date,
                shown_commit(run_of(h, s, i), commit), shown_time(p->s, time), at, "", COLUMNS - 1 - at, "",
                p->pairs ? "pairs" : "floor");
        if (p->error > 0)
            fprintf(file, ", +-%.2f %%", 100 * p->error);
        fputs("\n", file);
    }
}

static void put_series(const struct bm_history *h, const struct bm_series *s, bool all, FILE *file)
{
    bool named = all;
    if (all)
        fprintf(file, "\n%s\n", s->name);
    for (size_t k = 0; k < s->changes && !all; k++) {
        if (bm_history_is_together(h, s, &s->change[k]))
            continue;
        if (!named)
            fprintf(file, "\n%s\n", s->name);
        named = true;
        put_change(h, s, &s->change[k], file);
    }
    if (all)
        put_values(h, s, file);
}

void bm_history_text(const struct bm_history *h, bool all, FILE *file)
{
    put_head(h, "", file);
    put_machine(h, "", file);
    for (size_t i = 0; i < h->togethers; i++) {
        fputs("\n", file);
        put_together(h, &h->together[i], file);
        fputs("\n", file);
    }
    for (size_t i = 0; i < h->all; i++)
        put_series(h, &h->series[i], all, file);
    fputs("\n", file);
    if (h->togethers && !all)
        fputs("--all lists what changed together.\n", file);
    put_summary(h, file);
}

/* ---- Markdown ---- */

/* In a cell of a table, as code. */
static void put_code(const char *text, FILE *file)
{
    fputc('`', file);
    for (; *text; text++)
        fputs(*text == '|' ? "\\|" : *text == '`' ? "'" : (char[]){ *text, '\0' }, file);
    fputc('`', file);
}

static void put_row(const struct bm_history *h, const struct bm_series *s, const struct bm_change *c, FILE *file)
{
    char before[32], after[32];
    fputs("| ", file);
    put_code(s->name, file);
    fprintf(file, " | %s | %s | %+.1f %% | ", shown_time(c->before, before), shown_time(c->after, after), percent(c));
    put_range(run_of(h, s, c->at - 1), run_of(h, s, c->at), file);
    fprintf(file, " | %s%s |\n", bm_code_verdict(s, c), bm_history_by_pairs(s, c) ? ", in pairs" : "");
}

void bm_history_markdown(const struct bm_history *h, bool all, FILE *file)
{
    put_head(h, "## ", file);
    put_machine(h, "- ", file);
    fputs("\n", file);
    for (size_t i = 0; i < h->togethers; i++) {
        fputs("- ", file);
        put_together(h, &h->together[i], file);
        fputs(i + 1 < h->togethers ? "\n" : "\n\n", file);
    }
    size_t rows = 0;
    for (size_t i = 0; i < h->all; i++)
        for (size_t k = 0; k < h->series[i].changes; k++) {
            if (!all && bm_history_is_together(h, &h->series[i], &h->series[i].change[k]))
                continue;
            if (!rows++)
                fputs("| case | before | after | change | commits | code |\n|---|---|---|---|---|---|\n", file);
            put_row(h, &h->series[i], &h->series[i].change[k], file);
        }
    fputs(rows ? "\n" : "", file);
    put_summary(h, file);
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
    json_t *json = json_pack("{s:s, s:I, s:I, s:s, s:I, s:f, s:o, s:o, s:o}", "machine", machine_of(h), "results",
                             (json_int_t)h->runs, "left_out", (json_int_t)h->other, "left_out_why", h->why, "cases",
                             (json_int_t)h->all, "floor", h->floor, "drift", drift_json(h, all), "together", together,
                             "changes", changes);
    if (all)
        json_object_set(json, "series", series);
    json_decref(series);
    return json;
}
