/* SPDX-License-Identifier: MIT */
#include "scaling_picture.h"

#include <math.h>
#include <stdlib.h>

#include "marks.h"
#include "part_common.h"

enum { NAME = 30, PEERS = 8 /* their line type */, CURVES_FROM = 3 /* so many numbers of threads */ };

/* ---- rows: a name, a stem from the base, a mark, its number ---- */

static char *row_name(const struct bm_pairs *p, const struct bm_pair *pair)
{
    char *name, *shape = bm_short_shape(pair->from->shape);
    const bool one_op = bm_pairs_one_op(p);
    if (asprintf(&name, "%s%s%s", one_op ? "" : pair->from->op, one_op ? "" : " ", shape) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    free(shape);
    return name;
}

/* Its name, and the number of its only mark. */
static void put_row(struct bm_marks *marks, const struct bm_pairs *p, const struct bm_pairs_look *look, size_t row)
{
    const struct bm_pair *first = NULL;
    size_t count = 0;
    char text[32];
    for (size_t i = 0; i < p->count; i++)
        if (p->pair[i].row == row && count++ == 0)
            first = &p->pair[i];
    char *name = row_name(p, first);
    const struct bm_value x = bm_derived(first->x, look->unit, NULL);
    bm_marks_row(marks, name, NAME, count == 1 ? bm_value_text(&x, text) : "");
    free(name);
    for (size_t i = 0; i < p->count; i++) {
        const struct bm_pair *pair = &p->pair[i];
        if (pair->row != row)
            continue;
        bm_marks_add(marks, pair->x, look->base, pair->x, bm_style(pair->series));
        if (pair->peer_from)
            bm_marks_add(marks, bm_pair_peers(pair), NAN, NAN, PEERS);
    }
}

static void put_key(struct bm_marks *marks, const struct bm_pairs *p, const struct bm_pairs_look *look)
{
    bool peers = false;
    for (size_t s = 0; look->series[s]; s++) {
        bool any = false;
        for (size_t i = 0; i < p->count; i++) {
            any |= p->pair[i].series == s;
            peers |= p->pair[i].peer_from != NULL;
        }
        if (any)
            bm_marks_key(marks, bm_style(s), look->series[s], 20, "point");
    }
    if (peers)
        bm_marks_key(marks, PEERS, "peers\u2019 own", 20, "point");
    if (look->base_title)
        bm_marks_key(marks, BM_BASE_LINE, look->base_title, 20, "line");
    if (isfinite(look->ideal))
        bm_marks_key(marks, BM_LIMIT_LINE, look->ideal_title, 20, "line");
}

static char *draw_rows(const struct bm_view *v, size_t rows, const char *id, const char *alt)
{
    const struct bm_pairs *p = &v->of;
    const struct bm_pairs_look *look = &v->look;
    struct bm_marks marks;
    bm_marks_begin(&marks);
    for (size_t r = 0; r < rows; r++)
        put_row(&marks, p, look, r);
    put_key(&marks, p, look);
    bm_marks_include(&marks, look->ideal);
    if (!look->log)
        bm_marks_include(&marks, 0);
    FILE *data = bm_marks_end(&marks, look->axis, look->log);
    bm_plot_set(data, "base", look->base_title ? look->base : NAN);
    bm_plot_set(data, "most", look->ideal);
    return bm_page_draw(v->page, bm_plot_script(data, "marks"), id, alt);
}

/* ---- curves over numbers of threads ---- */

static char *draw_curves(struct bm_page *page, const struct bm_thread_curves *c, const char *id, const char *alt)
{
    FILE *data = bm_plot_begin();
    bm_plot_set_text(data, "axis", c->axis, 34);
    bm_plot_block(data, "keys");
    for (size_t i = 0; i < c->curves; i++)
        bm_plot_key(data, bm_style(i), c->curve[i].name, 52, "both");
    bm_plot_key(data, BM_LIMIT_LINE, "ideal", 52, "line");
    bm_plot_block_end(data);
    bm_plot_block(data, "curves");
    for (size_t t = 0; t < c->counts; t++) {
        bm_plot_numbers(data, (double[]){ c->count[t], c->ideal[t], c->curve[0].low[t], c->curve[0].high[t] }, 4);
        for (size_t i = 0; i < c->curves; i++)
            bm_plot_numbers(data, &c->curve[i].y[t], 1);
        fputc('\n', data);
    }
    bm_plot_block_end(data);
    return bm_page_draw(page, bm_plot_script(data, "threads"), id, alt);
}

/* ---- a view's pictures ---- */

const char *bm_view_title(const struct bm_view *v)
{
    return bm_pairs_one_op(&v->of) ? v->of.pair->from->op : "Ops of few shapes";
}

/* Of an op, or of all ops that are few. */
static void show_rows_of(const struct bm_view *all, const char *op, size_t picture)
{
    struct bm_view v = *all;
    v.of = bm_pairs_beside(&all->of, op);
    const size_t rows = bm_pairs_set_rows(&v.of);
    char id[64], alt[256];
    snprintf(id, sizeof id, "%s-%zu", v.id, picture);
    snprintf(alt, sizeof alt, "A row for each of %zu shape%s of %.60s: %s.", rows, bm_plural(rows),
             bm_pairs_one_op(&v.of) ? op : "several ops", v.look.axis);
    v.show(&v, id, draw_rows(&v, rows, id, alt));
    free(v.of.pair);
}

void bm_view_rows(const struct bm_view *v)
{
    bool few_shown = false;
    size_t pictures = 0;
    bm_page_gallery_begin(v->page);
    for (size_t i = 0; i < v->of.count; i++) {
        const char *op = v->of.pair[i].from->op;
        const bool few = bm_pairs_few(&v->of, op);
        if (few ? few_shown : !bm_pairs_begins_op(&v->of, i))
            continue;
        few_shown |= few;
        show_rows_of(v, op, ++pictures);
    }
    bm_page_gallery_end(v->page);
}

void bm_view_pictures(const struct bm_view *v, bm_view_curves_of *curves)
{
    struct bm_thread_curves c = { 0 };
    size_t pictures = 0;
    c.counts = bm_thread_counts(&v->of.source->run, c.count);
    if (c.counts < CURVES_FROM) {
        bm_view_rows(v);
        return;
    }
    bm_page_gallery_begin(v->page);
    for (size_t i = 0; i < v->of.count; i++)
        if (bm_pairs_begins_op(&v->of, i))
            curves(v, v->of.pair[i].from->op, &c, ++pictures);
    bm_page_gallery_end(v->page);
}

void bm_view_curves(const struct bm_view *v, const struct bm_thread_curves *c, size_t picture, const char *alt)
{
    char id[64];
    snprintf(id, sizeof id, "%s-%zu", v->id, picture);
    v->show(v, id, draw_curves(v->page, c, id, alt));
}
