/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "part_common.h"
#include "parts.h"
#include "plot.h"

enum {
    LEAST_RESULTS = 3,
    MOST_OPEN = 12, /* pictures that are not folded away */
    LEAST_OPEN = 3,
    MOST_PICTURES = 40,
    MOST_NAMED = 4, /* series of a picture with a colour and a name */
    MOST_MARKS = 3,
    MOST_TICS = 5,
    OTHERS_LINE = 20 /* history.gp's */
};
#define FLOOR 0.02 /* as `history` has it: no smaller change is one */

/* ---- from the history to the sources of the report ---- */

struct series_of {
    const struct bm_library *library;
    struct bm_history history;
    const struct bm_source **source; /* of each run */
};

static const struct bm_source *source_of(const struct bm_library *library, const char *sum)
{
    for (size_t i = 0; i < library->sources; i++) {
        const json_t *its = json_object_get(library->source[i].document.ours, "checksum");
        if (library->source[i].is_run && json_is_string(its) && strcmp(json_string_value(its), sum) == 0)
            return &library->source[i];
    }
    return NULL;
}

static void read_history(struct series_of *all, const struct bm_library *library)
{
    struct bm_error error; /* edited ones are told among the sources */
    *all = (struct series_of){ .library = library };
    for (size_t i = 0; i < library->sources; i++)
        if (library->source[i].is_run && strcmp(library->source[i].machine, library->machine) == 0)
            bm_history_add(&all->history, library->source[i].document.path, &error);
    bm_history_find(&all->history, NULL, FLOOR);
    all->source = bm_alloc((all->history.runs + 1) * sizeof *all->source);
    for (size_t r = 0; r < all->history.runs; r++)
        all->source[r] = source_of(library, all->history.run[r].sum);
}

static struct bm_value point_value(const struct series_of *all, const struct bm_point *p)
{
    return bm_derived(p->s, BM_UNIT_SECONDS, all->source[p->run]);
}

static double log_change(const struct bm_change *c) { return log(c->after / c->before); }

/* ---- kernels, the most changed first ---- */

struct group {
    const char *kernel;
    const struct bm_series **series; /* the most changed first */
    size_t count, changes;
    double largest; /* of the changes' logs */
    size_t longest; /* points of its longest series */
};

static double largest_of(const struct bm_series *s)
{
    double largest = 0;
    for (size_t i = 0; i < s->changes; i++)
        largest = fmax(largest, fabs(log_change(&s->change[i])));
    return largest;
}

static int series_order(const void *a, const void *b)
{
    const struct bm_series *x = *(const struct bm_series *const *)a, *y = *(const struct bm_series *const *)b;
    const double left = largest_of(x), right = largest_of(y);
    return left != right ? (left < right) - (left > right) : strcmp(x->name, y->name);
}

static int group_order(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    if (x->largest != y->largest)
        return (x->largest < y->largest) - (x->largest > y->largest);
    return x->longest != y->longest ? (x->longest < y->longest) - (x->longest > y->longest)
                                    : strcmp(x->kernel, y->kernel);
}

static struct group *make_groups(const struct bm_history *h, size_t *count)
{
    struct group *group = bm_alloc((h->all + 1) * sizeof *group);
    *count = 0;
    for (size_t i = 0; i < h->all; i++) {
        const struct bm_series *s = &h->series[i];
        size_t k = 0;
        if (s->points < 2 * BM_LEAST_SEGMENT && !s->changes) /* it can have none, and says nothing */
            continue;
        while (k < *count && strcmp(group[k].kernel, s->kernel) != 0)
            k++;
        if (k == *count) {
            group[k] = (struct group){ .kernel = s->kernel, .series = bm_alloc(h->all * sizeof *group->series) };
            ++*count;
        }
        group[k].series[group[k].count++] = s;
        group[k].changes += s->changes;
        group[k].longest = s->points > group[k].longest ? s->points : group[k].longest;
        group[k].largest = fmax(group[k].largest, largest_of(s));
    }
    for (size_t k = 0; k < *count; k++)
        qsort(group[k].series, group[k].count, sizeof *group[k].series, series_order);
    if (*count)
        qsort(group, *count, sizeof *group, group_order);
    return group;
}

/* ---- a picture of a kernel ---- */

/* What changed at one result: the largest change there, and of how many series. */
struct mark {
    size_t run, series;
    const struct bm_series *of;
    const struct bm_change *change;
};

static int mark_order(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    const double left = fabs(log_change(x->change)), right = fabs(log_change(y->change));
    return left != right ? (left < right) - (left > right) : (x->run > y->run) - (x->run < y->run);
}

/* The largest first; free() it. */
static struct mark *make_marks(const struct group *g, size_t *count)
{
    struct mark *mark = bm_alloc((g->changes + 1) * sizeof *mark);
    *count = 0;
    for (size_t i = 0; i < g->count; i++)
        for (size_t c = 0; c < g->series[i]->changes; c++) {
            const struct bm_change *change = &g->series[i]->change[c];
            const size_t run = g->series[i]->point[change->at].run;
            size_t k = 0;
            while (k < *count && mark[k].run != run)
                k++;
            if (k == *count)
                mark[(*count)++] = (struct mark){ run, 0, g->series[i], change };
            mark[k].series++;
            if (fabs(log_change(change)) > fabs(log_change(mark[k].change))) {
                mark[k].of = g->series[i];
                mark[k].change = change;
            }
        }
    qsort(mark, *count, sizeof *mark, mark_order);
    return mark;
}

/* The commits of some of the results, or their day if it is not known: "841ed28", "11-22". */
static void put_commits(FILE *data, const struct bm_history *h)
{
    const size_t every = (h->runs + MOST_TICS - 1) / MOST_TICS;
    bm_plot_block(data, "commits");
    for (size_t r = 0; r < h->runs; r += every) {
        char text[8];
        snprintf(text, sizeof text, "%.7s", h->run[r].commit);
        if (!*text && strlen(h->run[r].date) > 10)
            snprintf(text, sizeof text, "%.5s", h->run[r].date + 5);
        fprintf(data, "%zu ", r + 1);
        bm_plot_text(data, text, 8);
        fputc('\n', data);
    }
    bm_plot_block_end(data);
}

/* An index of the block; an empty line is a gap. */
static void put_series(FILE *data, const struct bm_series *s)
{
    for (size_t i = 0; i < s->points; i++) {
        if (i && s->point[i].run > s->point[i - 1].run + 1)
            fputs("\n", data);
        bm_plot_row(data, (double)s->point[i].run + 1, s->point[i].s / s->point[0].s);
    }
    fputs("\n\n", data);
}

static void put_marks(FILE *data, const struct mark *mark, size_t marks)
{
    bm_plot_block(data, "changes");
    for (size_t k = 0; k < marks; k++) {
        char text[96];
        snprintf(text, sizeof text, "%+.1f %%%s, %s", 100 * expm1(log_change(mark[k].change)),
                 mark[k].series > 1 ? " at most" : "", bm_code_verdict(mark[k].of, mark[k].change));
        fprintf(data, "%zu.5 ", mark[k].run);
        bm_plot_text(data, text, 40);
        fputc('\n', data);
    }
    bm_plot_block_end(data);
}

static void name_of(const struct bm_series *s, char *text, size_t size)
{
    char *shape = bm_short_shape(s->point[0].is->shape);
    snprintf(text, size, "%s, %d thread%s%s%s", shape, s->point[0].is->threads,
             bm_plural((size_t)s->point[0].is->threads), strcmp(s->point[0].is->cache, "warm") == 0 ? "" : ", ",
             strcmp(s->point[0].is->cache, "warm") == 0 ? "" : s->point[0].is->cache);
    free(shape);
}

static char *draw(struct bm_page *page, const struct bm_history *h, const struct group *g, const struct mark *mark,
                  size_t marks, const char *id)
{
    size_t named = 0;
    char alt[240], name[120];
    FILE *data = bm_plot_begin();
    for (size_t i = 0; i < g->count; i++)
        named += named < MOST_NAMED;
    bm_plot_set(data, "results", (double)h->runs);
    bm_plot_set(data, "series", (double)g->count);
    bm_plot_set(data, "named", (double)named);
    put_commits(data, h);
    put_marks(data, mark, marks < MOST_MARKS ? marks : MOST_MARKS);
    bm_plot_block(data, "keys");
    for (size_t i = 0; i < named; i++) {
        name_of(g->series[i], name, sizeof name);
        bm_plot_key(data, bm_style(2 + i), name, 48, "both");
    }
    if (named && g->count > named)
        bm_plot_key(data, OTHERS_LINE, "other cases", 48, "line 1");
    bm_plot_block_end(data);
    bm_plot_block(data, "times");
    for (size_t i = 0; i < g->count; i++)
        put_series(data, g->series[i]);
    bm_plot_block_end(data);
    snprintf(alt, sizeof alt,
             "Times of %.100s without the machine's changes in %zu results, over those of the first, for %zu case%s; "
             "%zu change points",
             g->kernel, h->runs, g->count, bm_plural(g->count), g->changes);
    return bm_page_draw(page, bm_plot_script(data, "history"), id, alt);
}

static struct bm_grid *numbers_of(struct bm_page *page, const struct series_of *all, const struct group *g)
{
    struct bm_grid *grid =
        bm_grid_new(page, "", g->kernel, "case", "first", "newest", "newest over first", "changes", NULL);
    char name[120];
    for (size_t i = 0; i < g->count; i++) {
        const struct bm_series *s = g->series[i];
        const struct bm_value first = point_value(all, &s->point[0]),
                              newest = point_value(all, &s->point[s->points - 1]);
        name_of(s, name, sizeof name);
        bm_grid_row(grid, "%s|%v|%v|%v|%d", name, first, newest,
                    bm_derived(newest.x / first.x, BM_UNIT_TIMES, newest.source), (int)s->changes);
    }
    return grid;
}

/* The least and the largest of the newest over the first times. */
static void newest_range(const struct series_of *all, const struct group *g, struct bm_value *least,
                         struct bm_value *most)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct bm_point *p = g->series[i]->point, *last = &p[g->series[i]->points - 1];
        const struct bm_value now = bm_derived(last->s / p->s, BM_UNIT_TIMES, all->source[last->run]);
        if (!i || now.x < least->x)
            *least = now;
        if (!i || now.x > most->x)
            *most = now;
    }
}

static void put_picture(struct bm_page *page, const struct series_of *all, const struct group *g, size_t number)
{
    char id[64];
    size_t marks;
    struct mark *mark = make_marks(g, &marks);
    snprintf(id, sizeof id, "history-%zu", number + 1);
    char *svg = draw(page, &all->history, g, mark, marks, id);
    struct bm_grid *numbers = numbers_of(page, all, g);
    if (marks) {
        const struct bm_history_run *run = &all->history.run[mark->run];
        const struct bm_change *c = mark->change;
        char commit[16];
        snprintf(commit, sizeof commit, "%.12s", *run->commit ? run->commit : "unknown");
        bm_page_picture(page, id, g->kernel, svg, numbers,
                        "The time of %d of %d case%+ changed, most by %v: with the result of %s (commit %s), %s.",
                        (int)mark->series, (int)g->count,
                        bm_derived(100 * (c->after / c->before - 1), BM_UNIT_MORE, all->source[mark->run]), run->date,
                        commit, bm_code_verdict(mark->of, c));
    } else {
        struct bm_value least, most;
        newest_range(all, g, &least, &most);
        bm_page_picture(page, id, g->kernel, svg, numbers,
                        "No change point in %d case%+; the newest times are %v to %v of the first.", (int)g->count,
                        least, most);
    }
    free(mark);
}

static void put_pictures(struct bm_page *page, const struct series_of *all)
{
    size_t groups, open = 0;
    struct group *group = make_groups(&all->history, &groups);
    const size_t shown = groups < MOST_PICTURES ? groups : MOST_PICTURES;
    while (open < shown && open < MOST_OPEN && (open < LEAST_OPEN || group[open].changes))
        open++;
    bm_page_gallery_begin(page);
    for (size_t i = 0; i < open; i++)
        put_picture(page, all, &group[i], i);
    bm_page_gallery_end(page);
    if (shown > open) {
        bm_page_more_begin(page,
                           open ? "More kernels, that changed less or not" : "All kernels; none has a change point");
        bm_page_gallery_begin(page);
        for (size_t i = open; i < shown; i++)
            put_picture(page, all, &group[i], i);
        bm_page_gallery_end(page);
        if (groups > shown)
            bm_page_paragraph(page, "%d more kernels are not drawn: batchmark history --all lists their values.",
                              (int)(groups - shown));
        bm_page_more_end(page);
    }
    for (size_t i = 0; i < groups; i++)
        free(group[i].series);
    free(group);
}

static void put_changes(struct bm_page *page, const struct series_of *all)
{
    const struct bm_history *h = &all->history;
    size_t rows;
    struct bm_found *found = bm_history_found(h, true, &rows);
    bm_history_summary(page, h);
    put_pictures(page, all);
    bm_history_table(page, "change-points", h, found, rows < BM_OPEN_ROWS ? rows : BM_OPEN_ROWS, all->source);
    if (rows > BM_OPEN_ROWS) {
        const size_t more = (rows < BM_MOST_ROWS ? rows : BM_MOST_ROWS) - BM_OPEN_ROWS;
        bm_page_more_begin(page, "Smaller change points");
        bm_history_table(page, "change-points-more", h, found + BM_OPEN_ROWS, more, all->source);
        if (rows > BM_MOST_ROWS)
            bm_page_paragraph(page, "%d more: batchmark history --all lists them.", (int)(rows - BM_MOST_ROWS));
        bm_page_more_end(page);
    }
    free(found);
}

static void put_history(struct bm_page *page, const struct bm_library *library)
{
    struct series_of all;
    read_history(&all, library);
    const struct bm_history *h = &all.history;
    bm_history_sentences(page, h);
    if (h->runs < LEAST_RESULTS)
        bm_page_missing(page, "make bench",
                        "A history needs at least %d results of this machine with the same settings, and change points "
                        "%d; there %s %d.%s",
                        LEAST_RESULTS, 2 * BM_LEAST_SEGMENT, h->runs == 1 ? "is" : "are", (int)h->runs,
                        h->runs == 2 ? " The two are compared below." : "");
    else
        put_changes(page, &all);
    free(all.source);
    bm_history_free(&all.history);
}

void bm_part_history(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *shown = bm_library_bench(library), *newest = bm_library_newest(library, "bench", NULL);
    bm_page_part(page, "history", "History");
    put_history(page, library);
    bm_page_heading(page, "The last comparison");
    bm_put_comparison(page, library, shown, "compare");
    if (newest && newest != shown) {
        bm_page_heading(page, "The newest result, a small one");
        bm_put_comparison(page, library, newest, "compare-newest");
    }
}
