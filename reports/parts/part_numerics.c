/* SPDX-License-Identifier: MIT */
/*
 * part_numerics.c - are the results right? Of each variant the largest error on each kind of data, in units of the
 * bound that the op derives (kernels/<op>/<op>.c): 1 is all that is allowed.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "marks.h"
#include "markup.h"
#include "part_common.h"
#include "parts.h"
#include "works.h"

enum { MOST_FILLS = 16, MOST_VARIANTS = 64 };

/* What the part shows: the variants of one op, as they stand in the file's list. */
struct view {
    struct bm_page *page;
    const struct bm_source *source;
    const json_t *all;
    const char *op;
    size_t at[MOST_VARIANTS], variants;
    const char *fill[MOST_FILLS];
    size_t fills;
};

static const char *variant_at(const struct view *v, size_t i)
{
    return bm_variant_of(v->op, bm_member_text(json_array_get(v->all, v->at[i]), "kernel"));
}

/* NULL: this fill was not tried. */
static const json_t *fill_of(const struct view *v, size_t i, size_t fill)
{
    const json_t *one = json_object_get(json_object_get(json_array_get(v->all, v->at[i]), "fills"), v->fill[fill]);
    return bm_member_number(one, "cases") > 0 ? one : NULL;
}

/* Infinite where a peer returned something else than a number. */
static double error_of(const struct view *v, size_t i, size_t fill)
{
    const json_t *one = fill_of(v, i, fill);
    if (!one)
        return NAN;
    return json_is_number(json_object_get(one, "worst_error")) ? bm_member_number(one, "worst_error") : INFINITY;
}

static void add_fills(struct view *v, json_t *fills)
{
    const char *name;
    json_t *one;
    json_object_foreach(fills, name, one)
    {
        size_t known = 0;
        while (known < v->fills && strcmp(v->fill[known], name) != 0)
            known++;
        if (known == v->fills && v->fills < MOST_FILLS && json_is_object(one))
            v->fill[v->fills++] = name;
    }
}

/* The variants of the op of entry `first` that were tried. */
static struct view view_of(struct bm_page *page, const struct bm_source *source, const json_t *all, size_t first)
{
    struct view v = {
        .page = page, .source = source, .all = all, .op = bm_member_text(json_array_get(all, first), "op")
    };
    const json_t *one;
    size_t i;
    json_array_foreach(all, i, one)
    {
        if (strcmp(bm_member_text(one, "op"), v.op) != 0 || v.variants == MOST_VARIANTS ||
            !(bm_member_number(one, "passed") + bm_member_number(one, "failed") > 0))
            continue;
        v.at[v.variants++] = i;
        add_fills(&v, json_object_get(one, "fills"));
    }
    return v;
}

static struct bm_value error_value(const struct view *v, size_t i, size_t fill)
{
    return bm_value_of(error_of(v, i, fill), BM_UNIT_PLAIN, v->source, "verification[%zu].fills[\"%.60s\"].worst_error",
                       v->at[i], v->fill[fill]);
}

/* The fill with the largest error; the first that ties. */
static size_t worst_fill(const struct view *v, size_t i)
{
    size_t worst = 0;
    for (size_t f = 0; f < v->fills; f++)
        if (error_of(v, i, f) > error_of(v, i, worst) || isnan(error_of(v, i, worst)))
            worst = f;
    return worst;
}

/* ---- a picture an op ---- */

static int fill_style(size_t fill) { return bm_style(fill) + (fill >= BM_SERIES ? BM_HOLLOW : 0); }

static void range_of(const struct view *v, double *low, double *high)
{
    *low = 0.1;
    *high = 2;
    for (size_t i = 0; i < v->variants; i++)
        for (size_t f = 0; f < v->fills; f++) {
            const double e = error_of(v, i, f);
            if (e > 0)
                *low = fmin(*low, fmax(e / 1.5, 1e-4));
            if (isfinite(e))
                *high = fmax(*high, 2 * e);
        }
}

static char *draw(const struct view *v, const char *id)
{
    double low, high;
    char alt[256], text[32];
    struct bm_marks marks;
    bm_marks_begin(&marks);
    range_of(v, &low, &high);
    for (size_t i = 0; i < v->variants; i++) {
        const double worst = error_of(v, i, worst_fill(v, i));
        const struct bm_value value = bm_value_of(worst, BM_UNIT_PLAIN, NULL, "%s", "");
        bm_marks_row(&marks, variant_at(v, i), BM_ROW_NAME, isfinite(worst) ? bm_value_text(&value, text) : "NaN");
        for (size_t f = 0; f < v->fills; f++)
            if (!isnan(error_of(v, i, f)))
                bm_marks_add(&marks, fmin(fmax(error_of(v, i, f), low), high), NAN, NAN, fill_style(f));
    }
    for (size_t f = 0; f < v->fills; f++)
        bm_marks_key(&marks, fill_style(f), v->fill[f], 12, "point");
    bm_marks_include(&marks, low);
    bm_marks_include(&marks, high);
    FILE *data = bm_marks_end(&marks, "worst error / its bound (left end: none)", true);
    bm_plot_set(data, "most", 1);
    bm_plot_set(data, "spread", 0.5); /* equal errors do not hide each other */
    bm_plot_set_text(data, "note_head", "worst", 10);
    snprintf(alt, sizeof alt,
             "Errors of %zu kernels of %.60s in units of their bounds, a mark for each of %zu kinds of data",
             v->variants, v->op, v->fills);
    return bm_page_draw(v->page, bm_plot_script(data, "marks"), id, alt);
}

static struct bm_grid *numbers_of(const struct view *v)
{
    const char *column[MOST_FILLS + 2] = { "Kernel", "Checks passed" };
    for (size_t f = 0; f < v->fills; f++)
        column[2 + f] = v->fill[f];
    struct bm_grid *grid = bm_grid_of(v->page, "", "Worst error over its bound by kind of data", column, 2 + v->fills);
    for (size_t i = 0; i < v->variants; i++) {
        bm_grid_row(grid, "%s|%v", variant_at(v, i),
                    bm_value_from(BM_UNIT_COUNT, v->source, "verification[%zu].passed", v->at[i]));
        for (size_t f = 0; f < v->fills; f++)
            if (isinf(error_of(v, i, f)))
                bm_grid_cell(grid, "NaN");
            else
                bm_grid_cell(grid, "%v", error_value(v, i, f));
    }
    return grid;
}

/* Of ours the variant whose largest error is nearest to its bound, or beyond; v->variants: there is none. */
static size_t worst_of_ours(const struct view *v)
{
    size_t worst = v->variants;
    for (size_t i = 0; i < v->variants; i++)
        if (!bm_variant_is_peer(variant_at(v, i)) &&
            (worst == v->variants || error_of(v, i, worst_fill(v, i)) > error_of(v, worst, worst_fill(v, worst))))
            worst = i;
    return worst;
}

/* "onednn misses it on offset, constant"; free() it. */
static char *misses_of_peers(const struct view *v)
{
    char *text = NULL;
    size_t size, peers = 0;
    FILE *out = bm_text_file(&text, &size);
    for (size_t i = 0; i < v->variants; i++) {
        size_t missed = 0;
        for (size_t f = 0; f < v->fills; f++)
            if (bm_member_number(fill_of(v, i, f), "missed") > 0) {
                if (missed++ == 0)
                    fprintf(out, "%s%s misses its bound on ", peers++ ? "; " : " ", variant_at(v, i));
                fprintf(out, "%s%s", missed > 1 ? ", " : "", v->fill[f]);
            }
    }
    fputs(peers ? "." : "", out);
    fclose(out);
    return text;
}

static void put_op(const struct view *v, size_t count)
{
    char id[64];
    const size_t worst = worst_of_ours(v);
    bm_work_id("numerics", v->op, count, id);
    char *svg = draw(v, id), *misses = misses_of_peers(v);
    if (worst == v->variants)
        bm_page_picture(v->page, id, v->op, svg, numbers_of(v), "Only peers were tried.%s", misses);
    else {
        const size_t fill = worst_fill(v, worst);
        bm_page_picture(v->page, id, v->op, svg, numbers_of(v),
                        "Of ours %s has the largest error, on %s data: %v of what is allowed.%s", variant_at(v, worst),
                        v->fill[fill], error_value(v, worst, fill), misses);
    }
    free(misses);
}

/* ---- the part ---- */

static void put_wrong(struct bm_page *page, const struct bm_source *source, const json_t *all)
{
    const json_t *one;
    size_t i;
    json_array_foreach(all, i, one) if (bm_member_number(one, "failed") > 0)
        bm_page_paragraph(page, "WRONG: %s fails %v of its checks.", bm_member_text(one, "kernel"),
                          bm_value_from(BM_UNIT_COUNT, source, "verification[%zu].failed", i));
}

static void put_skipped(struct bm_page *page, const json_t *all)
{
    const json_t *one;
    size_t i, skipped = 0;
    json_array_foreach(all, i, one) if (*bm_member_text(one, "skipped"))
    {
        if (skipped++ == 0)
            bm_page_more_begin(page, "Kernels that were skipped");
        bm_page_note(page, "skipped", "%s: %s", bm_member_text(one, "kernel"), bm_member_text(one, "skipped"));
    }
    if (skipped)
        bm_page_more_end(page);
}

void bm_part_numerics(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *source = bm_library_newest(library, "verify", NULL);
    const json_t *all = source ? json_object_get(source->document.ours, "verification") : NULL, *one;
    size_t i, count = 0;
    bm_page_part(page, "numerics", "Numerics");
    if (!json_array_size(all)) {
        bm_page_missing(page, "batchmark verify --store", "the errors of the kernels against the oracle.");
        return;
    }
    bm_page_paragraph(
        page,
        "Every kernel is held against an oracle in double precision, on exact, random, offset and constant data, tiny, "
        "huge and extreme values, NaN and infinities. Errors are in units of the bound that is derived for each result: 1, the red "
        "line, is all that is allowed. Exact data must come out without any error.");
    bm_page_paragraph(
        page, "Of %d kernels, %v checks passed and %v failed; %v were refused, since the kernel does not take them.",
        (int)json_array_size(all), bm_value_from(BM_UNIT_COUNT, source, "sum(verification[*].passed)"),
        bm_value_from(BM_UNIT_COUNT, source, "sum(verification[*].failed)"),
        bm_value_from(BM_UNIT_COUNT, source, "sum(verification[*].refused)"));
    put_wrong(page, source, all);
    bm_page_more_begin(page, "Errors in units of their bounds, op by op");
    bm_page_gallery_begin(page);
    json_array_foreach(all, i, one)
    {
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first &= strcmp(bm_member_text(json_array_get(all, k), "op"), bm_member_text(one, "op")) != 0;
        struct view v = view_of(page, source, all, i);
        if (first && v.variants && v.fills)
            put_op(&v, count++);
    }
    bm_page_gallery_end(page);
    bm_page_more_end(page);
    put_skipped(page, all);
}
