/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <math.h>
#include <string.h>

#include "ladder.h"
#include "members.h"
#include "parts.h"
#include "train_report.h"

/* ---- the head ---- */

static void put_head(struct bm_page *page, const struct bm_source *s)
{
    const json_t *context = json_object_get(json_object_get(s->document.json, "context"), "batchmark"), *one;
    const json_t *build = json_object_get(context, "build"), *print = json_object_get(s->document.ours, "fingerprint");
    const char *cap = bm_member_text(print, "isa_cap");
    size_t i;
    bm_page_text(page, "%s: %s, %s%s", s->document.path, s->document.kind,
                 s->document.complete ? "complete" : "interrupted", s->document.edited ? ", edited" : "");
    bm_page_note(page, "machine", "%s: %s, ISA %s (cap %s), %g cores, %g of them given", s->machine,
                 bm_member_text(print, "cpu"), bm_member_text(print, "isa"), *cap ? cap : "none",
                 bm_member_number(print, "cores"), bm_member_number(print, "cores_available"));
    bm_page_note(page, "built", "%s, commit %.12s%s; run %s", bm_member_text(build, "compiler"), s->commit,
                 json_is_true(json_object_get(build, "dirty")) ? " with changes" : "", s->date);
    json_array_foreach(json_object_get(context, "warnings"), i, one)
        bm_page_note(page, "WARNING", "%s", json_is_string(one) ? json_string_value(one) : "");
    if (s->document.edited)
        bm_page_note(page, "EDITED", "its checksum does not hold: it was edited after it was written");
    if (!s->document.complete)
        bm_page_note(page, "STOPPED", "the run was interrupted: this is what it has");
}

/* ---- noise ---- */

static void put_noise(struct bm_page *page, const struct bm_source *s)
{
    const json_t *pairs = json_object_get(s->document.ours, "pairs"), *one;
    const bool paired = json_array_size(pairs) > 0;
    const json_t *margins = json_object_get(s->document.ours, "margins");
    double most = 0;
    size_t i;
    struct bm_grid *grid =
        paired ? bm_grid_new(page, "pairs", "How far pairs of equal code lie apart (exceeded by 0.5 % of the cases)",
                             "level", "threads", "cases", "error", NULL)
               : bm_grid_new(page, "margins", "How far floors of equal code lie apart between runs", "level", "threads",
                             "changes", "margin (-: not known)", NULL);
    bm_page_note(page, "noise",
                 paired ? "from this build against itself: smaller changes are the machine's own"
                        : "from %zu runs of equal code: smaller changes of a floor are the machine's own",
                 json_array_size(json_object_get(s->document.ours, "of")));
    json_array_foreach(margins, i, one) most = fmax(most, bm_member_number(one, "margin"));
    json_array_foreach(pairs, i, one) bm_grid_row(grid, "%s|%s|%v|%v", bm_member_text(one, "level"),
                                                  json_is_true(json_object_get(one, "parallel")) ? "several" : "1",
                                                  bm_value_from(BM_UNIT_COUNT, s, "pairs[%zu].cases", i),
                                                  bm_value_from(BM_UNIT_PERCENT, s, "100*pairs[%zu].error", i));
    json_array_foreach(paired ? NULL : margins, i, one) bm_grid_row(
        grid, "%s|%v|%v|%b%v", bm_member_text(one, "level"), bm_value_from(BM_UNIT_COUNT, s, "margins[%zu].threads", i),
        bm_value_from(BM_UNIT_COUNT, s, "margins[%zu].changes", i), bm_member_number(one, "margin") / most,
        bm_value_from(BM_UNIT_PERCENT, s, "100*margins[%zu].margin", i));
    bm_page_table(page, grid);
}

/* ---- tuning ---- */

static void put_tuning(struct bm_page *page, const struct bm_source *s)
{
    const json_t *one;
    size_t i;
    struct bm_grid *grid = bm_grid_new(page, "thresholds", "Thresholds of kernels, measured on this machine", "threshold",
                                       "unit", "built in", "measured", "why", NULL);
    json_array_foreach(json_object_get(s->document.ours, "thresholds"), i, one)
        bm_grid_row(grid, "%s|%s|%v|%v|%s", bm_member_text(one, "name"), bm_member_text(one, "unit"),
                    bm_value_from(BM_UNIT_COUNT, s, "thresholds[%zu].built_in", i),
                    bm_value_from(BM_UNIT_COUNT, s, "thresholds[%zu].value", i), bm_member_text(one, "why"));
    bm_page_table(page, grid);
}

/* ---- the whole ---- */

/* Leaves what passes the filters. */
static void filter(json_t *list, const struct bm_show_options *o)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *one = json_array_get(list, i);
        if (!bm_show_wanted(o, bm_member_text(one, "op"), bm_member_text(one, "kernel")))
            json_array_remove(list, i);
    }
}

static void put_ladders(struct bm_page *page, const struct bm_source *s)
{
    struct bm_ladder ladder[BM_LADDERS];
    bm_ladders_of(&s->run, ladder);
    bm_ladder_tables(page, ladder, NULL);
}

static void put_kind(struct bm_page *page, struct bm_source *s, const struct bm_show_options *o)
{
    const struct bm_library alone = { .source = s, .sources = 1, .machine = s->machine };
    if (o->ladder)
        put_ladders(page, s);
    else if (strcmp(s->document.kind, "train") == 0) {
        bm_part_training(page, &alone);
        if (json_array_size(json_object_get(s->document.ours, "kernel_sets")))
            bm_training_sets_picture(page, s);
    } else if (strcmp(s->document.kind, "claim") == 0)
        bm_part_claims(page, &alone);
    else if (strcmp(s->document.kind, "verify") == 0) {
        filter(json_object_get(s->document.ours, "verification"), o);
        bm_part_numerics(page, &alone);
    } else if (strcmp(s->document.kind, "machine") == 0)
        bm_part_machine(page, &alone);
    else if (strcmp(s->document.kind, "noise") == 0)
        put_noise(page, s);
    else if (strcmp(s->document.kind, "tuning") == 0)
        put_tuning(page, s);
    else
        bm_show_bench(page, s, o);
}

bool bm_show(const char *path, const struct bm_show_options *options, FILE *out, struct bm_error *error)
{
    struct bm_source s = { 0 };
    if (!bm_document_load(path, &s.document, error))
        return false;
    bool ok = bm_members_check(s.document.json, path, false, error) && bm_source_read(&s, error);
    if (ok && options->ladder && strcmp(s.document.kind, "bench") != 0)
        ok = bm_failed(error, "%s: a result of %s has no ladder, one of bench has", path, s.document.kind);
    if (ok) {
        struct bm_page *page = bm_page_new(options->format, NULL, "", NULL);
        bm_page_wide(page);
        put_head(page, &s);
        put_kind(page, &s, options);
        bm_page_print(page, out);
    }
    bm_source_free(&s);
    return ok;
}
