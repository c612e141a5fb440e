#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "history.h"
#include "part_common.h"
#include "parts.h"
#include "plot.h"

enum {
    LEAST_RESULTS = 3,
    MOST_OPEN = 12, LEAST_OPEN = 3, /* pictures that are not folded away */
    MOST_PICTURES = 40,
    MOST_NAMED = 4, /* series of a picture with a colour and a name */
    MOST_MARKS = 3,
    MOST_DATES = 5,
    OPEN_ROWS = 10,
    MOST_ROWS = 200,
    MOST_INTERVALS = 200
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
    const struct bm_source *s = all->source[p->run];
    const struct bm_run_case *c = s ? bm_run_find(&s->run, p->is->name) : NULL;
    return c ? bm_case_median(s, c) : bm_derived(p->is->median_s, BM_UNIT_SECONDS, s);
}

static double log_change(const struct bm_change *c) { return log(c->after / c->before); }

static struct bm_value change_value(const struct series_of *all, const struct bm_series *s, const struct bm_change *c)
{
    return bm_derived(100 * (c->after / c->before - 1), BM_UNIT_PERCENT, all->source[s->point[c->at].run]);
}

/* ---- kernels, the most changed first ---- */

struct group {
    const char *kernel;
    const struct bm_series **series; /* the most changed first */
    size_t count, changes;
    double largest; /* of the changes' logs */
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
    return x->largest != y->largest ? (x->largest < y->largest) - (x->largest > y->largest)
                                    : strcmp(x->kernel, y->kernel);
}

static struct group *make_groups(const struct bm_history *h, size_t *count)
{
    struct group *group = bm_alloc((h->all + 1) * sizeof *group);
    *count = 0;
    for (size_t i = 0; i < h->all; i++) {
        const struct bm_series *s = &h->series[i];
        size_t k = 0;
        if (s->points < 2)
            continue;
        while (k < *count && strcmp(group[k].kernel, s->kernel) != 0)
            k++;
        if (k == *count) {
            group[k] = (struct group){ .kernel = s->kernel, .series = bm_alloc(h->all * sizeof *group->series) };
            ++*count;
        }
        group[k].series[group[k].count++] = s;
        group[k].changes += s->changes;
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

static void put_range(FILE *script, double low, double high)
{
    static const double step[] = { 0.01, 0.02, 0.05, 0.1, 0.2, 0.5 };
    size_t k = 0;
    const double room = pow(high / low, 0.05);
    low = fmin(low / room, 0.97);
    high = fmax(high * room, 1.03);
    fprintf(script, "set logscale y\nset yrange [%.6g:%.6g]\n", low, high);
    while (k < sizeof step / sizeof *step && (high - low) / step[k] > 7)
        k++;
    if (k == sizeof step / sizeof *step)
        return; /* gnuplot's own do well over decades */
    fputs("set ytics (", script);
    const char *comma = "";
    for (int i = (int)ceil(low / step[k]); i * step[k] <= high; i++, comma = ", ")
        fprintf(script, "%s'%.2f' %.6g", comma, i * step[k], i * step[k]);
    fputs(")\n", script);
}

static void put_dates(FILE *script, const struct bm_history *h)
{
    const size_t every = (h->runs + MOST_DATES - 1) / MOST_DATES;
    fprintf(script, "set xrange [0.7:%.1f]\nset xtics (", (double)h->runs + 0.3);
    for (size_t r = 0; r < h->runs; r += every) {
        fputs(r ? ", " : "", script);
        bm_plot_text(script,
                     (char[]){ h->run[r].date[5], h->run[r].date[6], '-', h->run[r].date[8], h->run[r].date[9], '\0' },
                     8);
        fprintf(script, " %zu", r + 1);
    }
    fputs(")\n", script);
}

static void put_series(FILE *script, const struct bm_series *s, size_t number)
{
    fprintf(script, "$s%zu << EOD\n", number);
    for (size_t i = 0; i < s->points; i++) {
        if (i && s->point[i].run > s->point[i - 1].run + 1)
            fputs("\n", script); /* a gap */
        fprintf(script, "%zu %.6g\n", s->point[i].run + 1, s->point[i].is->median_s / s->point[0].is->median_s);
    }
    fputs("EOD\n", script);
}

static void put_marks(FILE *script, const struct bm_history *h, const struct mark *mark, size_t marks)
{
    for (size_t k = 0; k < marks; k++) {
        const double x = (double)mark[k].run + 0.5;
        const double at =
            (x - 0.7) / ((double)h->runs - 0.4); /* of the width; a label takes two thirds of it at most */
        const char *side = at < 0.34 ? "left" : at > 0.66 ? "right" : "center";
        char text[96];
        fprintf(script, "set arrow from %g,graph 0 to %g,graph %g nohead lc rgb '" BM_LIMIT "' lw 1.2 dt 2\n", x, x,
                1.02 + 0.09 * (double)k);
        snprintf(text, sizeof text, "%+.1f %%%s, %s", 100 * expm1(log_change(mark[k].change)),
                 mark[k].series > 1 ? " at most" : "", bm_code_verdict(mark[k].of, mark[k].change));
        fputs("set label ", script);
        bm_plot_text(script, text, 40);
        fprintf(script, " at %g,graph %g %s textcolor rgb '" BM_INK "'\n", x, 1.07 + 0.09 * (double)k, side);
    }
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
    const size_t shown = marks < MOST_MARKS ? marks : MOST_MARKS;
    size_t named = 0;
    double low = 1, high = 1;
    char alt[240], name[120];
    for (size_t i = 0; i < g->count; i++) {
        const struct bm_series *s = g->series[i];
        named += s->changes && named < MOST_NAMED;
        for (size_t k = 0; k < s->points; k++) {
            low = fmin(low, s->point[k].is->median_s / s->point[0].is->median_s);
            high = fmax(high, s->point[k].is->median_s / s->point[0].is->median_s);
        }
    }
    const bool others = named && g->count > named;
    const int height = 258 + 21 * (int)(named + others);
    FILE *script = bm_plot_begin(height);
    bm_plot_key(script, height, named + others);
    put_range(script, low, high);
    put_dates(script, h);
    put_marks(script, h, mark, shown);
    for (size_t i = 0; i < g->count; i++)
        put_series(script, g->series[i], i);
    fprintf(script,
            "set tmargin %zu\nset ylabel 'time over the first'\nset xlabel 'results by date, month-day' offset "
            "0,0.6\nplot ",
            1 + shown * 3 / 2);
    for (size_t i = g->count; i-- > 0;) { /* those that changed on top */
        const struct bm_style style = bm_style(2 + i);
        if (i >= named)
            fprintf(script, "$s%zu using 1:2 with linespoints lc rgb '%s' lw 1.2 pt 7 ps 0.3 %s%s", i,
                    named ? BM_FAINT : "#737373", others && i == named ? "title 'other cases'" : "notitle",
                    i ? ", " : "\n");
        else {
            name_of(g->series[i], name, sizeof name);
            fprintf(script, "$s%zu using 1:2 with linespoints lc rgb '%s' dt %d lw 1.6 pt %d ps 0.7 title ", i,
                    style.colour, style.dash, style.point);
            bm_plot_text(script, name, 48);
            fputs(i ? ", " : "\n", script);
        }
    }
    snprintf(alt, sizeof alt,
             "Times of %.100s in %zu results, over those of the first, for %zu case%s; %zu change points", g->kernel,
             h->runs, g->count, bm_plural(g->count), g->changes);
    return bm_page_draw(page, script, id, alt);
}

static struct bm_grid *numbers_of(struct bm_page *page, const struct series_of *all, const struct group *g,
                                  const char *id)
{
    struct bm_grid *grid =
        bm_grid_new(page, id, g->kernel, "case", "first", "newest", "newest over first", "changes", NULL);
    char name[120];
    for (size_t i = 0; i < g->count; i++) {
        const struct bm_series *s = g->series[i];
        const struct bm_value first = point_value(all, &s->point[0]),
                              newest = point_value(all, &s->point[s->points - 1]);
        name_of(s, name, sizeof name);
        bm_grid_row(grid, "%s", name);
        bm_grid_cell(grid, "%v", first);
        bm_grid_cell(grid, "%v", newest);
        struct bm_value ratio = bm_derived(newest.x / first.x, BM_UNIT_TIMES, newest.source);
        if (*newest.from && *first.from)
            snprintf(ratio.from, sizeof ratio.from, "%.60s/@%d:%.60s", newest.from, first.source->number, first.from);
        bm_grid_cell(grid, "%v", ratio);
        bm_grid_cell(grid, "%d", (int)s->changes);
    }
    return grid;
}

/* The least and the largest of the newest over the first times. */
static void newest_range(const struct series_of *all, const struct group *g, struct bm_value *least,
                         struct bm_value *most)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct bm_point *p = g->series[i]->point, *last = &p[g->series[i]->points - 1];
        const struct bm_value now =
            bm_derived(last->is->median_s / p->is->median_s, BM_UNIT_TIMES, all->source[last->run]);
        if (!i || now.x < least->x)
            *least = now;
        if (!i || now.x > most->x)
            *most = now;
    }
}

static void put_picture(struct bm_page *page, const struct series_of *all, const struct group *g, size_t number)
{
    char id[64], table[80];
    size_t marks;
    struct mark *mark = make_marks(g, &marks);
    snprintf(id, sizeof id, "history-%zu", number + 1);
    snprintf(table, sizeof table, "%s-numbers", id);
    char *svg = draw(page, &all->history, g, mark, marks, id);
    struct bm_grid *numbers = numbers_of(page, all, g, table);
    if (marks) {
        const struct bm_history_run *run = &all->history.run[mark->run];
        char commit[16];
        snprintf(commit, sizeof commit, "%.12s", run->commit);
        const bool slower = mark->change->after > mark->change->before;
        bm_page_picture(page, id, g->kernel, svg, numbers,
                        "The time of %d of %d case%s changed, most by %v: %s with the result of %s (commit %s), %s.",
                        (int)mark->series, (int)g->count, bm_plural(g->count),
                        change_value(all, mark->of, mark->change), slower ? "slower" : "faster", run->date,
                        *commit ? commit : "unknown", bm_code_verdict(mark->of, mark->change));
    } else {
        struct bm_value least, most;
        newest_range(all, g, &least, &most);
        bm_page_picture(page, id, g->kernel, svg, numbers,
                        "No change point in %d case%s; the newest times are %v to %v of the first.", (int)g->count,
                        bm_plural(g->count), least, most);
    }
    free(mark);
}

/* ---- the table of change points ---- */

struct row {
    const struct bm_series *series;
    const struct bm_change *change;
};

static int row_order(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    const double left = fabs(log_change(x->change)), right = fabs(log_change(y->change));
    return left != right ? (left < right) - (left > right) : strcmp(x->series->name, y->series->name);
}

static void add_change(struct bm_grid *grid, const struct series_of *all, const struct row *row)
{
    const struct bm_history_run *run = all->history.run;
    const size_t before = row->series->point[row->change->at - 1].run, after = row->series->point[row->change->at].run;
    char name[120];
    name_of(row->series, name, sizeof name);
    bm_grid_row(grid, "%s %s", row->series->kernel, name);
    bm_grid_cell(grid, "%v", change_value(all, row->series, row->change));
    bm_grid_cell(grid, "%v", bm_derived(row->change->before, BM_UNIT_SECONDS, all->source[before]));
    bm_grid_cell(grid, "%v", bm_derived(row->change->after, BM_UNIT_SECONDS, all->source[after]));
    char between[120];
    snprintf(between, sizeof between, "%.7s%s to %.7s%s, %.10s to %.10s", run[before].commit,
             run[before].dirty ? "+" : "", run[after].commit, run[after].dirty ? "+" : "", run[before].date,
             run[after].date);
    bm_grid_cell(grid, "%s", between);
    bm_grid_cell(grid, "%s%s", bm_code_verdict(row->series, row->change),
                 bm_history_is_together(&all->history, row->series, row->change) ? ", with many others" : "");
}

static void put_rows(struct bm_page *page, const struct series_of *all, const struct row *row, size_t rows,
                     const char *id)
{
    struct bm_grid *grid = bm_grid_new(page, id, "Change points, the largest first: levels are geometric means", "case",
                                       "change", "before", "after", "between", "code", NULL);
    for (size_t i = 0; i < rows; i++)
        add_change(grid, all, &row[i]);
    bm_page_table(page, grid);
}

static void put_together(struct bm_page *page, const struct bm_history *h)
{
    for (size_t i = 0; i < h->togethers; i++) {
        const struct bm_together *t = &h->together[i];
        bm_page_paragraph(
            page,
            "With the result of %s %d of %d cases changed together, %d slower and %d faster; code changed in %d, "
            "unchanged in %d, unknown in %d.%s",
            h->run[t->run].date, (int)t->cases, (int)h->all, (int)t->slower, (int)(t->cases - t->slower),
            (int)t->changed, (int)t->unchanged, (int)t->unknown,
            t->unchanged == t->cases ? " Look at the machine or its libraries." : "");
    }
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
    size_t rows = 0, slower = 0;
    for (size_t i = 0; i < h->all; i++)
        rows += h->series[i].changes;
    struct row *row = bm_alloc((rows + 1) * sizeof *row);
    rows = 0;
    for (size_t i = 0; i < h->all; i++)
        for (size_t k = 0; k < h->series[i].changes; k++) {
            row[rows++] = (struct row){ &h->series[i], &h->series[i].change[k] };
            slower += h->series[i].change[k].after > h->series[i].change[k].before;
        }
    if (rows)
        qsort(row, rows, sizeof *row, row_order);
    bm_page_paragraph(
        page, "%d result%s from %s to %s, %d case%s: %d change point%s, %d to slower and %d to faster.%s", (int)h->runs,
        bm_plural(h->runs), h->run[0].date, h->run[h->runs - 1].date, (int)h->all, bm_plural(h->all), (int)rows,
        bm_plural(rows), (int)slower, (int)(rows - slower),
        h->runs < 2 * BM_LEAST_SEGMENT ? " A change point needs three results before it and three after it." : "");
    put_together(page, h);
    put_pictures(page, all);
    put_rows(page, all, row, rows < OPEN_ROWS ? rows : OPEN_ROWS, "change-points");
    if (rows > OPEN_ROWS) {
        const size_t more = (rows < MOST_ROWS ? rows : MOST_ROWS) - OPEN_ROWS;
        bm_page_more_begin(page, "Smaller change points");
        put_rows(page, all, row + OPEN_ROWS, more, "change-points-more");
        if (rows > MOST_ROWS)
            bm_page_paragraph(page, "%d more: batchmark history --all lists them.", (int)(rows - MOST_ROWS));
        bm_page_more_end(page);
    }
    free(row);
}

static void put_history(struct bm_page *page, const struct bm_library *library)
{
    struct series_of all;
    read_history(&all, library);
    const struct bm_history *h = &all.history;
    if (h->other)
        bm_page_paragraph(page, "%d result%s of another set-up left out: %s.", (int)h->other, bm_plural(h->other),
                          h->why);
    if (h->runs < LEAST_RESULTS)
        bm_page_missing(page, "make bench",
                        "A history needs at least %d results of this machine with the same settings, and change points "
                        "%d; there %s "
                        "%d.%s",
                        LEAST_RESULTS, 2 * BM_LEAST_SEGMENT, h->runs == 1 ? "is" : "are", (int)h->runs,
                        h->runs == 2 ? " The two are compared below." : "");
    else
        put_changes(page, &all);
    free(all.source);
    bm_history_free(&all.history);
}

/* ---- the last comparison ---- */

static const char *const verdict_colour[BM_VERDICTS] = { BM_LIMIT, "#006b54", BM_FAINT, "#737373" };

/* One bar, and below it what its pieces are, in the same order. */
static char *draw_verdicts(struct bm_page *page, const struct bm_comparison *c, const char *id, const char *alt)
{
    static const int order[BM_VERDICTS] = { BM_SLOWER, BM_FASTER, BM_SAME, BM_INCONCLUSIVE };
    FILE *script = bm_plot_begin(118);
    double at = 0;
    fputs("unset border\nunset tics\nunset key\nunset grid\nset margins 0,0,0,0\nset xrange [0:1]\nset yrange [0:1]\n",
          script);
    for (int i = 0; i < BM_VERDICTS; i++) {
        const double share = (double)c->verdicts[order[i]] / (double)c->cases, x = i % 2 ? 0.54 : 0.02,
                     y = i < 2 ? 0.4 : 0.16;
        char text[64];
        if (share > 0)
            fprintf(script,
                    "set object rectangle from %.6g,0.62 to %.6g,0.96 fc rgb '%s' fs solid 1 border lc rgb '" BM_PAPER
                    "'\n",
                    at, at + share, verdict_colour[order[i]]);
        at += share;
        fprintf(script, "set object rectangle from %g,%g to %g,%g fc rgb '%s' fs solid 1 noborder\n", x, y - 0.06,
                x + 0.032, y + 0.06, verdict_colour[order[i]]);
        snprintf(text, sizeof text, "%d. %s: %zu", i + 1, bm_verdict_name((enum bm_verdict)order[i]),
                 c->verdicts[order[i]]);
        fputs("set label ", script);
        bm_plot_text(script, text, 30);
        fprintf(script, " at %g,%g left textcolor rgb '" BM_INK "'\n", x + 0.05, y);
    }
    fputs("plot NaN notitle\n", script);
    return bm_page_draw(page, script, id, alt);
}

static int change_order(const void *a, const void *b)
{
    const double x = (*(const struct bm_compared_case *const *)a)->change.mean,
                 y = (*(const struct bm_compared_case *const *)b)->change.mean;
    return (x > y) - (x < y);
}

static void put_called(FILE *script, const struct bm_compared_case *const *c, size_t n, enum bm_verdict verdict)
{
    size_t shown = 0;
    fprintf(script, "$v%d << EOD\n", verdict);
    for (size_t i = 0; i < n && shown < MOST_INTERVALS; i++)
        if (c[i]->verdict == verdict) {
            fprintf(script, "%zu %.6g %.6g %.6g\n", i + 1, exp(c[i]->change.mean), exp(c[i]->change.mean - c[i]->half),
                    exp(c[i]->change.mean + c[i]->half));
            shown++;
        }
    if (!shown)
        fputs("1 NaN NaN NaN\n", script);
    fputs("EOD\n", script);
}

/* All changes by size as a line, the margin around none, and what was called slower or faster with its interval. */
static char *draw_changes(struct bm_page *page, const struct bm_comparison *all, const char *id, const char *alt)
{
    const struct bm_compared_case **c = bm_alloc((all->cases + 1) * sizeof *c);
    size_t n = 0;
    double low = 0.97, high = 1.03;
    for (size_t i = 0; i < all->cases; i++)
        if (isfinite(all->compared[i].change.mean))
            c[n++] = &all->compared[i];
    if (n)
        qsort(c, n, sizeof *c, change_order);
    const size_t lines = 2 + (all->verdicts[BM_SLOWER] > 0) + (all->verdicts[BM_FASTER] > 0);
    const int height = 258 + 21 * (int)lines;
    FILE *script = bm_plot_begin(height);
    bm_plot_key(script, height, lines);
    fputs("$all << EOD\n", script);
    const size_t every = n / 400 + 1; /* the line has no more points than can be seen */
    for (size_t i = 0; i < n; i++) {
        const bool called = c[i]->verdict <= BM_FASTER;
        low = fmin(low, exp(c[i]->change.mean - (called ? c[i]->half : 0)));
        high = fmax(high, exp(c[i]->change.mean + (called ? c[i]->half : 0)));
        if (i % every == 0 || i + 1 == n)
            fprintf(script, "%zu %.6g %.6g %.6g\n", i + 1, exp(c[i]->change.mean), exp(-c[i]->margin),
                    exp(c[i]->margin));
    }
    fputs(n ? "EOD\n" : "1 NaN NaN NaN\nEOD\n", script);
    put_called(script, c, n, BM_SLOWER);
    put_called(script, c, n, BM_FASTER);
    put_range(script, low, high);
    fprintf(
        script,
        "set xrange [0:%zu]\nset xlabel 'cases by their change' offset 0,0.6\nset ylabel 'time over the time before'\n"
        "plot $all using 1:3:4 with filledcurves fc rgb '" BM_FAINT
        "' fs transparent solid 0.5 noborder title 'margin',\\\n"
        "1 with lines lc rgb '" BM_INK "' lw 0.8 notitle,\\\n"
        "$all using 1:2 with lines lc rgb '#0068a8' lw 1.8 title 'all cases',\\\n"
        "$v%d using 1:2:3:4 with yerrorbars lc rgb '" BM_LIMIT "' lw 1 pt 9 ps 0.7 %s,\\\n"
        "$v%d using 1:2:3:4 with yerrorbars lc rgb '#006b54' lw 1 pt 11 ps 0.7 %s\n",
        n + 1, BM_SLOWER, all->verdicts[BM_SLOWER] ? "title 'slower, 95 % interval'" : "notitle", BM_FASTER,
        all->verdicts[BM_FASTER] ? "title 'faster, 95 % interval'" : "notitle");
    free(c);
    return bm_page_draw(page, script, id, alt);
}

static struct bm_value ratio_value(const struct bm_last_change *l, double log_ratio)
{
    return bm_derived(exp(log_ratio), BM_UNIT_TIMES, l->now);
}

static void case_name(const struct bm_run_case *c, char *text, size_t size)
{
    char *shape = bm_short_shape(c->shape);
    snprintf(text, size, "%s %s, %d thread%s, %s", c->kernel, shape, c->threads, bm_plural((size_t)c->threads),
             c->cache);
    free(shape);
}

static void put_called_table(struct bm_page *page, const struct bm_last_change *l, size_t from, size_t to,
                             const char *id)
{
    struct bm_grid *grid = bm_grid_new(page, id, "Slower and faster cases", "case", "verdict", "before", "now", "ratio",
                                       "95 % from", "to", "margin", NULL);
    for (size_t i = from; i < to; i++) {
        const struct bm_compared_case *c = &l->comparison.compared[i];
        char name[200];
        case_name(c->now, name, sizeof name);
        bm_grid_row(grid, "%s", name);
        bm_grid_cell(grid, "%s", bm_verdict_name(c->verdict));
        bm_grid_cell(grid, "%v", bm_case_median(l->before, c->base));
        bm_grid_cell(grid, "%v", bm_case_median(l->now, c->now));
        bm_grid_cell(grid, "%v", ratio_value(l, c->change.mean));
        bm_grid_cell(grid, "%v", ratio_value(l, c->change.mean - c->half));
        bm_grid_cell(grid, "%v", ratio_value(l, c->change.mean + c->half));
        bm_grid_cell(grid, "%v", bm_derived(100 * expm1(c->margin), BM_UNIT_PERCENT, l->now));
    }
    bm_page_table(page, grid);
}

static struct bm_value count_value(const struct bm_last_change *l, enum bm_verdict verdict)
{
    return bm_derived((double)l->comparison.verdicts[verdict], BM_UNIT_COUNT, l->now);
}

static void put_verdicts(struct bm_page *page, const struct bm_last_change *l, const char *word)
{
    const struct bm_comparison *c = &l->comparison;
    char id[64], alt[200];
    int contended = 0;
    for (size_t i = 0; i < c->cases; i++)
        contended += c->compared[i].base->contended || c->compared[i].now->contended;
    snprintf(id, sizeof id, "%s-verdicts", word);
    snprintf(alt, sizeof alt, "Of %zu cases %zu are slower, %zu faster, %zu the same, %zu cannot be told", c->cases,
             c->verdicts[BM_SLOWER], c->verdicts[BM_FASTER], c->verdicts[BM_SAME], c->verdicts[BM_INCONCLUSIVE]);
    bm_page_picture(
        page, id, "What became of the cases", draw_verdicts(page, c, id, alt), NULL,
        "Of %v cases %v are slower, %v faster, %v the same; of %v it cannot be told; in %d others used the cores.",
        bm_derived((double)c->cases, BM_UNIT_COUNT, l->now), count_value(l, BM_SLOWER), count_value(l, BM_FASTER),
        count_value(l, BM_SAME), count_value(l, BM_INCONCLUSIVE), contended);
}

static void put_all_changes(struct bm_page *page, const struct bm_last_change *l, const char *word)
{
    const struct bm_comparison *c = &l->comparison;
    const size_t called = c->verdicts[BM_SLOWER] + c->verdicts[BM_FASTER];
    const struct bm_compared_case *worst = &c->compared[0]; /* the slowest if any is, else the fastest */
    char id[64], name[200];
    snprintf(id, sizeof id, "%s-changes", word);
    case_name(worst->now, name, sizeof name);
    char *svg = draw_changes(
        page, c, id, "Time over the time before of every case, by size, with the margin below which none is called");
    if (called)
        bm_page_picture(page, id, "Changes of all cases", svg, NULL, "%s is %s: %v of the time before.",
                        c->verdicts[BM_SLOWER] ? "The worst of what became slower"
                                               : "Nothing became slower; the best of what became faster",
                        name, ratio_value(l, worst->change.mean));
    else if (c->tested)
        bm_page_picture(page, id, "Changes of all cases", svg, NULL,
                        "Nothing became certainly slower or faster; in half of the cases that could be tested a change "
                        "of %v would have been seen.",
                        bm_derived(100 * expm1(c->visible), BM_UNIT_PERCENT, l->now));
    else
        bm_page_picture(page, id, "Changes of all cases", svg, NULL,
                        "No case could be tested: each has fewer than %d launches, or others used its cores.",
                        BM_LEAST_LAUNCHES);
}

/* `word` begins the ids. */
static void put_comparison(struct bm_page *page, const struct bm_library *library, const struct bm_source *now,
                           const char *word)
{
    struct bm_last_change l;
    bm_last_change(library, now, &l);
    if (l.why) {
        bm_page_missing(page, "make bench", "A comparison%s%s: %s.", now ? " of the result of " : "",
                        now ? now->date : "", l.why);
        return;
    }
    const struct bm_comparison *c = &l.comparison;
    const size_t called = c->verdicts[BM_SLOWER] + c->verdicts[BM_FASTER],
                 open = called < OPEN_ROWS ? called : OPEN_ROWS;
    char id[64];
    bm_page_paragraph(
        page, "The result of %s (commit %s) against that of %s (commit %s). %s", now->date, now->commit, l.before->date,
        l.before->commit,
        l.noise.json
            ? "The machine's own noise was measured."
            : "The machine's own noise was not measured, so that changes up to 5\u00a0% are taken for it; batchmark "
              "calibrate measures it.");
    if (c->unguarded[0])
        bm_page_paragraph(page, "%s: unchanged kernels may change with it.", c->unguarded);
    bm_page_gallery_begin(page);
    put_verdicts(page, &l, word);
    put_all_changes(page, &l, word);
    bm_page_gallery_end(page);
    snprintf(id, sizeof id, "%s-called", word);
    put_called_table(page, &l, 0, open, id);
    if (called > open) {
        snprintf(id, sizeof id, "%s-called-more", word);
        bm_page_more_begin(page, "More slower and faster cases");
        put_called_table(page, &l, open, called < MOST_ROWS ? called : MOST_ROWS, id);
        if (called > MOST_ROWS)
            bm_page_paragraph(page, "%d more: batchmark compare lists them.", (int)(called - MOST_ROWS));
        bm_page_more_end(page);
    }
    bm_last_change_free(&l);
}

void bm_part_history(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *shown = bm_library_bench(library), *newest = bm_library_newest(library, "bench", NULL);
    bm_page_part(page, "history", "History");
    put_history(page, library);
    bm_page_heading(page, "The last comparison");
    put_comparison(page, library, shown, "compare");
    if (newest && newest != shown) {
        bm_page_heading(page, "The newest result, a small one");
        put_comparison(page, library, newest, "compare-newest");
    }
}
