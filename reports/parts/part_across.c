/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "across.h"
#include "cases.h"
#include "marks.h"
#include "part_common.h"
#include "parts.h"

enum { MOST_MACHINES = 6, MOST_PICTURES = 24, MOST_SHAPES = 16, NAME = 28 };

/* ---- the machines ---- */

struct machines {
    const struct bm_source *source[MOST_MACHINES]; /* the shown one first */
    struct bm_run run[MOST_MACHINES];              /* theirs, not owned */
    size_t count, left_out;
    json_t *across;
};

static void add_machine(struct machines *m, const struct bm_library *library, const char *name)
{
    struct bm_library of = *library; /* the library as it would be for that machine */
    of.machine = name;
    const struct bm_source *s = bm_library_bench(&of);
    for (size_t i = 0; i < m->count; i++)
        if (s == m->source[i])
            return;
    if (!s)
        return;
    if (m->count == MOST_MACHINES) {
        m->left_out++;
        return;
    }
    m->run[m->count] = s->run;
    m->source[m->count++] = s;
}

static struct machines find_machines(const struct bm_library *library)
{
    struct machines m = { 0 };
    add_machine(&m, library, library->machine);
    for (size_t i = library->sources; i-- > 0;)
        if (library->source[i].is_run)
            add_machine(&m, library, library->source[i].machine);
    if (m.count)
        m.across = bm_across(m.run, m.count, NULL);
    return m;
}

/* ---- a work, as across.h describes it ---- */

static const json_t *work_of(const json_t *row, size_t machine)
{
    return json_array_get(json_object_get(row, "machines"), machine);
}

static void row_name(const json_t *row, char *text, size_t size)
{
    char *shape = bm_short_shape(bm_member_text(row, "shape"));
    const bool warm = strcmp(bm_member_text(row, "cache"), "warm") == 0;
    snprintf(text, size, "%s%s%s", shape, warm ? "" : " ", warm ? "" : bm_member_text(row, "cache"));
    free(shape);
}

/* ---- pictures: rows with names, a mark a machine ---- */

static void add_mark(struct bm_marks *rows, size_t machine, double x)
{
    if (x > 0)
        bm_marks_add(rows, x, NAN, NAN, bm_style(machine + 2));
}

/* Marks of the machines slightly below each other, so that equal ones are seen. */
static char *draw(struct bm_marks *rows, struct bm_page *page, const struct machines *m, const char *id,
                  const char *axis, const char *alt)
{
    for (size_t i = 0; i < m->count; i++)
        bm_marks_key(rows, bm_style(i + 2), m->source[i]->machine, 46, "point");
    FILE *data = bm_marks_end(rows, axis, true);
    bm_plot_set(data, "spread", 0.5);
    bm_plot_set(data, "notes", 0);
    return bm_page_draw(page, bm_plot_script(data, "marks"), id, alt);
}

/* ---- times side by side ---- */

static bool same_table(const json_t *a, const json_t *b)
{
    return strcmp(bm_member_text(a, "op"), bm_member_text(b, "op")) == 0 &&
           json_equal(json_object_get(a, "threads"), json_object_get(b, "threads")) &&
           strcmp(bm_member_text(a, "cache"), bm_member_text(b, "cache")) == 0;
}

static bool is_first(const json_t *rows, size_t i, bool (*same)(const json_t *, const json_t *))
{
    for (size_t k = 0; k < i; k++)
        if (same(json_array_get(rows, k), json_array_get(rows, i)))
            return false;
    return true;
}

/* An op with fewer shapes shares its picture with others that have few. */
enum { LEAST_ROWS = 3 };

struct kind {
    const json_t *all, *like;
    bool few;
};

static bool has_few(const json_t *all, const json_t *row)
{
    const json_t *other;
    size_t i, n = 0;
    json_array_foreach(all, i, other) n += same_table(row, other);
    return n < LEAST_ROWS;
}

static bool is_of(const struct kind *kind, const json_t *row)
{
    if (!kind->few)
        return same_table(kind->like, row);
    return json_equal(json_object_get(kind->like, "threads"), json_object_get(row, "threads")) &&
           strcmp(bm_member_text(kind->like, "cache"), bm_member_text(row, "cache")) == 0 && has_few(kind->all, row);
}

static double sum_of(const struct kind *kind, size_t machine, const char *key)
{
    const json_t *row;
    double sum = 0;
    size_t i;
    json_array_foreach(kind->all, i, row) if (is_of(kind, row)) sum += bm_member_number(work_of(row, machine), key);
    return sum;
}

/* The machine with the least total time of a kind, and the totals. */
static size_t least_total(const struct kind *kind, size_t machines, double *total)
{
    size_t best = 0;
    for (size_t k = 0; k < machines; k++) {
        total[k] = sum_of(kind, k, "median_s");
        if (total[k] < total[best])
            best = k;
    }
    return best;
}

/* The total time of one machine over that of another, from the ends of all intervals, which is wider than 95 %. */
static struct bm_interval ratio_of_kind(const struct kind *kind, size_t a, size_t b)
{
    return (struct bm_interval){ sum_of(kind, a, "low_s") / sum_of(kind, b, "high_s"),
                                 sum_of(kind, a, "high_s") / sum_of(kind, b, "low_s") };
}

static const char *threads_text(const json_t *row, char text[static 48])
{
    const long long n = json_integer_value(json_object_get(row, "threads"));
    snprintf(text, 48, "%lld thread%s, %.16s cache", n, bm_plural((size_t)n), bm_member_text(row, "cache"));
    return text;
}

static void put_times(struct bm_page *page, const struct machines *m, const struct kind *kind, size_t number_of)
{
    const json_t *row;
    struct bm_marks rows;
    double total[MOST_MACHINES];
    char id[48], title[160], shape[120], name[200], threads[48];
    size_t i, shapes = 0;
    bm_marks_begin(&rows);
    json_array_foreach(kind->all, i, row)
    {
        if (!is_of(kind, row) || shapes++ >= MOST_SHAPES)
            continue;
        row_name(row, shape, sizeof shape);
        snprintf(name, sizeof name, "%.60s%s%s", kind->few ? bm_member_text(row, "op") : "", kind->few ? " " : "",
                 shape);
        bm_marks_row(&rows, name, NAME, "");
        for (size_t k = 0; k < m->count; k++)
            add_mark(&rows, k, bm_member_number(work_of(row, k), "times_first"));
    }
    const size_t best = least_total(kind, m->count, total);
    snprintf(id, sizeof id, "across-times-%zu", number_of);
    snprintf(title, sizeof title, "%.60s, %s", kind->few ? "Ops of few shapes" : bm_member_text(kind->like, "op"),
             threads_text(kind->like, threads));
    char *svg = draw(&rows, page, m, id, "time over the first machine's", title);
    if (best == 0)
        bm_page_picture(
            page, id, title, svg, NULL, "%s takes %v for one call of each of %d shape%s, and no machine takes less.",
            m->source[0]->machine, bm_derived(total[0], BM_UNIT_SECONDS, m->source[0]), (int)shapes, bm_plural(shapes));
    else
        bm_page_picture(page, id, title, svg, NULL,
                        "One call of each of %d shape%s takes %v on %s, and %v on %s: %v the time%i.", (int)shapes,
                        bm_plural(shapes), bm_derived(total[best], BM_UNIT_SECONDS, m->source[best]),
                        m->source[best]->machine, bm_derived(total[0], BM_UNIT_SECONDS, m->source[0]),
                        m->source[0]->machine, bm_derived(total[0] / total[best], BM_UNIT_TIMES, m->source[0]),
                        bm_range_of(ratio_of_kind(kind, 0, best), 1, BM_UNIT_TIMES, m->source[0]));
}

static void put_all_times(struct bm_page *page, const struct machines *m)
{
    const json_t *all = json_object_get(m->across, "shapes"), *row;
    size_t i, pictures = 0;
    bm_page_heading(page, "Fastest times side by side");
    bm_page_gallery_begin(page);
    json_array_foreach(all, i, row)
    {
        const struct kind kind = { all, row, has_few(all, row) };
        bool drawn = pictures >= MOST_PICTURES;
        for (size_t k = 0; k < i && !drawn; k++)
            drawn = is_of(&kind, json_array_get(all, k));
        if (!drawn)
            put_times(page, m, &kind, ++pictures);
    }
    bm_page_gallery_end(page);
}

/* ---- normalised ---- */

struct figure {
    const char *key, *title, *axis, *about;
    bool over_first; /* rates of other ops have other units: what is drawn is the ratio to the first machine's */
};

static bool same_op(const json_t *a, const json_t *b)
{
    return strcmp(bm_member_text(a, "op"), bm_member_text(b, "op")) == 0;
}

/* A figure of all of an op's rows, and its 95 % interval. */
struct mean {
    double x; /* NaN: not known */
    struct bm_interval interval;
};

/* What a figure says of all of an op's rows, by total time: of shares and of rates over the first machine's, each row
 * counts by the time that its cores take. */
static struct mean mean_of(const struct machines *m, const struct figure *f, const json_t *like, size_t machine)
{
    const json_t *all = json_object_get(m->across, "shapes"), *row;
    struct bm_totals totals = { 0 }, low = { 0 }, high = { 0 };
    size_t i;
    json_array_foreach(all, i, row)
    {
        const json_t *work = work_of(row, machine), *first = work_of(row, 0);
        const double base = f->over_first ? bm_member_number(first, f->key) : 1;
        const double x = bm_member_number(work, f->key) / base, s = bm_member_number(work, "median_s");
        const double cores = bm_member_number(row, "threads");
        if (!same_op(row, like) || !(x > 0) || !(base > 0))
            continue;
        const double scale = f->over_first ? 1 / bm_member_number(first, "median_s") : 0;
        const double least = scale > 0 ? scale * bm_member_number(first, "low_s") : 1,
                     most = scale > 0 ? scale * bm_member_number(first, "high_s") : 1;
        bm_totals_add_times(&totals, x * s * cores, s * cores);
        bm_totals_add_times(&low, x * s * cores * least, bm_member_number(work, "high_s") * cores);
        bm_totals_add_times(&high, x * s * cores * most, bm_member_number(work, "low_s") * cores);
    }
    const bool itself = f->over_first && machine == 0;
    const double x = bm_totals_end(&totals).ratio, from = bm_totals_end(&low).ratio, to = bm_totals_end(&high).ratio;
    return (struct mean){ x, { itself || isnan(from) ? 0 : from, itself || isnan(to) ? INFINITY : to } };
}

static bool is_known(const struct machines *m, const struct figure *f)
{
    const json_t *all = json_object_get(m->across, "shapes"), *row;
    size_t i;
    json_array_foreach(all, i, row) for (size_t k = 0; k < m->count;
                                         k++) if (isfinite(mean_of(m, f, row, k).x)) return true;
    return false;
}

static void put_figure(struct bm_page *page, const struct machines *m, const struct figure *f)
{
    if (!is_known(m, f)) {
        bm_page_missing(page, NULL, "%s: the results do not know the clocks or limits that it needs.", f->title);
        return;
    }
    const json_t *all = json_object_get(m->across, "shapes"), *row;
    struct bm_marks rows;
    char id[48];
    size_t i, best = 0;
    struct mean top = { 0, { 0, INFINITY } };
    const char *top_op = "";
    const enum bm_unit unit = f->over_first ? BM_UNIT_TIMES : BM_UNIT_PERCENT;
    const double factor = f->over_first ? 1 : 100;
    const char *column[MOST_MACHINES + 1] = { "op" };
    for (size_t k = 0; k < m->count; k++)
        column[k + 1] = m->source[k]->machine;
    snprintf(id, sizeof id, "across-%s", f->key);
    for (char *at = id; (at = strchr(at, '_'));)
        *at = '-';
    struct bm_grid *grid = bm_grid_of(page, "", f->title, column, m->count + 1);
    bm_marks_begin(&rows);
    json_array_foreach(all, i, row)
    {
        if (!is_first(all, i, same_op))
            continue;
        bm_marks_row(&rows, bm_member_text(row, "op"), NAME, "");
        bm_grid_row(grid, "%s", bm_member_text(row, "op"));
        for (size_t k = 0; k < m->count; k++) {
            const struct mean mean = mean_of(m, f, row, k);
            add_mark(&rows, k, factor * mean.x);
            bm_grid_cell(grid, "%v%i", bm_derived(factor * mean.x, unit, m->source[k]),
                         bm_range_of(mean.interval, factor, unit, m->source[k]));
            if (isfinite(mean.x) && mean.x > top.x) {
                top = mean;
                best = k;
                top_op = bm_member_text(row, "op");
            }
        }
    }
    char *svg = draw(&rows, page, m, id, f->axis, f->title);
    bm_page_picture(page, id, f->title, svg, grid, "%s stands out most in %s: %v %s%i, by total time over its shapes.",
                    m->source[best]->machine, top_op, bm_derived(factor * top.x, unit, m->source[best]), f->about,
                    bm_range_of(top.interval, factor, unit, m->source[best]));
}

static void put_figures(struct bm_page *page, const struct machines *m)
{
    static const struct figure figure[] = {
        { "per_core", "Speed per core", "over the first machine's", "the first machine's rate per core", true },
        { "per_cycle", "Speed per core and clock cycle", "over the first machine's",
          "the first machine's rate per core and cycle", true },
        { "of_limit", "Share of the own limit", "% of its own limit", "of its own limit", false },
        { "of_peak", "Share of the own FMA peak", "% of its own FMA peak", "of its own FMA peak", false },
    };
    bm_page_heading(page, "Normalised");
    bm_page_gallery_begin(page);
    for (size_t i = 0; i < sizeof figure / sizeof *figure; i++)
        put_figure(page, m, &figure[i]);
    bm_page_gallery_end(page);
}

/* ---- the part ---- */

static void put_machines(struct bm_page *page, const struct machines *m)
{
    struct bm_grid *grid = bm_grid_new(page, "across-machines", "The machines", "machine", "processor", "cores",
                                       "clock", "result of", "commit", NULL);
    for (size_t i = 0; i < m->count; i++) {
        const struct bm_source *s = m->source[i];
        bm_grid_row(grid, "%s|%s|%v|%v|%s|%s", s->machine, bm_member_text(s->run.fingerprint, "cpu"),
                    bm_value_from(BM_UNIT_COUNT, s, "fingerprint.cores_available"),
                    bm_value_from(BM_UNIT_HERTZ, s, "/context.batchmark.clock.running_hz"), s->date, s->commit);
    }
    bm_page_table(page, grid);
    if (m->left_out)
        bm_page_paragraph(page, "Machines that are not shown: %d.", (int)m->left_out);
    const int left_out = (int)bm_member_number(m->across, "left_out");
    if (left_out)
        bm_page_paragraph(page, "%d work%+ of %s not timed on all machines and left out.", left_out,
                          m->source[0]->machine);
}

void bm_part_across(struct bm_page *page, const struct bm_library *library)
{
    struct machines m = find_machines(library);
    bm_page_part(page, "across", "Across machines");
    if (m.count < 2)
        bm_page_missing(page, "batchmark report results OTHER/results",
                        "times of another machine: these results are of one. Name the results of another beside them.");
    else if (!json_array_size(json_object_get(m.across, "shapes")))
        bm_page_missing(page, "make bench",
                        "Shapes that all of these machines timed with the same number of threads and cache state.");
    else {
        put_machines(page, &m);
        put_all_times(page, &m);
        put_figures(page, &m);
        bm_page_more_begin(page, "Totals per network");
        bm_across_tables(page, m.across, true, NULL);
        bm_page_more_end(page);
        bm_page_more_begin(page, "All shapes, normalised: per core, per clock cycle, shares of the machine's own "
                                 "peak, bandwidth and limit");
        bm_across_explain(page, m.across);
        bm_across_tables(page, m.across, false, m.source);
        bm_page_more_end(page);
    }
    json_decref(m.across);
}
