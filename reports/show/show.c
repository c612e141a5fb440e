/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ladder.h"
#include "members.h"

bool bm_show_wanted(const struct bm_show *s, const char *op, const char *kernel)
{
    return (!s->options->op || fnmatch(s->options->op, op, 0) == 0) &&
           (!s->options->kernel || fnmatch(s->options->kernel, kernel, 0) == 0);
}

/* ---- members ---- */

json_t *bm_show_list(const struct bm_show *s, const char *key) { return json_object_get(s->document->ours, key); }

const json_t *bm_show_at(const json_t *object, const char *path)
{
    char key[64];
    for (const char *end; object && *path; path = *end ? end + 1 : end) {
        end = strchrnul(path, '.');
        snprintf(key, sizeof key, "%.*s", (int)(end - path), path);
        object =
            strcmp(key, "-1") == 0 ? json_array_get(object, json_array_size(object) - 1) : json_object_get(object, key);
    }
    return object;
}

double bm_show_number(const json_t *object, const char *path)
{
    const json_t *number = bm_show_at(object, path);
    return json_is_number(number) ? json_number_value(number) : NAN;
}

const char *bm_show_figure(const char *format, double value, char text[static 24])
{
    if (isnan(value))
        return "-";
    snprintf(text, 24, format, value); /* the callers' formats have one double */
    return text;
}

/* ---- tables ---- */

static void put_range(struct bm_grid *grid, const json_t *range, const char *format)
{
    char text[3][24];
    const double low = bm_show_number(range, "min"), high = bm_show_number(range, "max");
    const char *middle = bm_show_figure(format, bm_show_number(range, "median"), text[0]);
    if (bm_show_number(range, "n") > 1 && low < high)
        bm_grid_text(grid, "%s (%s to %s)", middle, bm_show_figure(format, low, text[1]),
                     bm_show_figure(format, high, text[2]));
    else
        bm_grid_text(grid, "%s", middle);
}

static void put_flag(struct bm_grid *grid, const json_t *flag, const char *words)
{
    for (int i = json_is_true(flag) ? 0 : json_is_false(flag) ? 1 : 2; i; i--)
        words += strcspn(words, "|") + 1;
    bm_grid_text(grid, "%.*s", (int)strcspn(words, "|"), words);
}

static void put_cell(struct bm_grid *grid, const json_t *one, const struct bm_column *c, double most)
{
    const json_t *member = bm_show_at(one, c->path);
    const double scale = c->scale > 0 ? c->scale : 1,
                 x = json_is_number(member) ? scale * json_number_value(member) : NAN;
    char text[24], seconds[16];
    const char *time = isnan(x) ? "-" : bm_seconds_text(x, seconds);
    switch (c->how) {
    case BM_HOW_TEXT: bm_grid_text(grid, "%s", json_is_string(member) ? json_string_value(member) : "-"); break;
    case BM_HOW_NUMBER: bm_grid_text(grid, "%s", x == 0 ? "-" : bm_show_figure(c->format, x, text)); break;
    case BM_HOW_COUNT: bm_grid_text(grid, "%s", bm_show_figure("%.0f", x, text)); break;
    case BM_HOW_SECONDS: bm_grid_text(grid, "%s", time); break;
    case BM_HOW_BAR: bm_grid_bar(grid, x / most, "%s", bm_show_figure(c->format, x, text)); break;
    case BM_HOW_SECONDS_BAR: bm_grid_bar(grid, x / most, "%s", time); break;
    case BM_HOW_RANGE: put_range(grid, member, c->format); break;
    case BM_HOW_RATIO:
        bm_grid_text(grid, "%s", bm_show_figure("%.2f", x / bm_show_number(one, c->format), text));
        break;
    case BM_HOW_LENGTH: bm_grid_text(grid, "%zu", json_array_size(member)); break;
    case BM_HOW_FLAG: put_flag(grid, member, c->format);
    }
}

void bm_show_table(const struct bm_show *s, const json_t *list, const char *caption, size_t left,
                   const struct bm_column *column, size_t columns)
{
    const char **head = bm_alloc(columns * sizeof *head);
    const json_t *one;
    size_t i;
    double most = 0; /* of all bars of the table */
    for (size_t k = 0; k < columns; k++) {
        head[k] = column[k].head;
        json_array_foreach(list, i, one) if (column[k].how == BM_HOW_BAR || column[k].how == BM_HOW_SECONDS_BAR) most =
            fmax(most, bm_show_number(one, column[k].path) * (column[k].scale > 0 ? column[k].scale : 1));
    }
    struct bm_grid *grid = bm_grid_of(s->page, "", caption, head, columns);
    bm_grid_left(grid, left);
    json_array_foreach(list, i, one) for (size_t k = 0; k < columns; k++) put_cell(grid, one, &column[k], most);
    bm_page_table(s->page, grid);
    free(head);
}

/* ---- the head ---- */

static const char *text_or_dash(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "-";
}

static void put_head(struct bm_show *s)
{
    const struct bm_document *d = s->document;
    const json_t *context = json_object_get(json_object_get(d->json, "context"), "batchmark"), *one;
    const json_t *build = json_object_get(context, "build"), *print = json_object_get(d->ours, "fingerprint");
    char cores[24], given[24];
    size_t i;
    bm_page_text(s->page, "%s: %s, %s%s", d->path, d->kind, d->complete ? "complete" : "interrupted",
                 d->edited ? ", edited" : "");
    bm_page_note(s->page, "machine", "%s: %s, ISA %s (cap %s), %s cores, %s of them given",
                 text_or_dash(print, "machine"), text_or_dash(print, "cpu"), text_or_dash(print, "isa"),
                 json_is_string(json_object_get(print, "isa_cap")) ? text_or_dash(print, "isa_cap") : "none",
                 bm_show_figure("%.0f", bm_show_number(print, "cores"), cores),
                 bm_show_figure("%.0f", bm_show_number(print, "cores_available"), given));
    bm_page_note(s->page, "built", "%s, commit %.12s%s; run %s", bm_member_text(build, "compiler"),
                 bm_member_text(build, "commit"), json_is_true(json_object_get(build, "dirty")) ? " with changes" : "",
                 bm_member_text(context, "date"));
    json_array_foreach(json_object_get(context, "warnings"), i, one) if (json_is_string(one))
        bm_page_note(s->page, "WARNING", "%s", json_string_value(one));
    if (d->edited)
        bm_page_note(s->page, "EDITED", "its checksum does not hold: it was edited after it was written");
    if (!d->complete)
        bm_page_note(s->page, "STOPPED", "the run was interrupted: this is what it has");
}

/* ---- the whole ---- */

static void put_ladders(struct bm_show *s, const struct bm_run *run)
{
    struct bm_ladder ladder[BM_LADDERS];
    bm_ladders_of(run, ladder);
    bm_ladder_tables(s->page, ladder, NULL);
}

static bool put_kind(struct bm_show *s, struct bm_error *error)
{
    static const struct {
        const char *kind;
        void (*show)(struct bm_show *);
    } kinds[] = { { "train", bm_show_train },
                  { "verify", bm_show_verify },
                  { "machine", bm_show_machine },
                  { "noise", bm_show_noise } };
    struct bm_run run;
    if (s->options->ladder && strcmp(s->document->kind, "bench") != 0)
        return bm_failed(error, "%s: a result of %s has no ladder, one of bench has", s->document->path,
                         s->document->kind);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(s->document->kind, kinds[i].kind) == 0) {
            kinds[i].show(s);
            return true;
        }
    if (!bm_run_read(s->document, &run, error))
        return false;
    (s->options->ladder ? put_ladders : bm_show_bench)(s, &run);
    bm_run_free(&run);
    return true;
}

bool bm_show(const char *path, const struct bm_show_options *options, FILE *out, struct bm_error *error)
{
    struct bm_document document;
    if (!bm_document_load(path, &document, error))
        return false;
    bool ok = bm_members_check(document.json, path, false, error);
    if (ok) {
        struct bm_show s = { options, &document, bm_page_new(options->format, NULL, "", NULL) };
        put_head(&s);
        ok = put_kind(&s, error);
        bm_page_print(s.page, ok ? out : NULL);
    }
    bm_document_free(&document);
    return ok;
}
