/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "part_common.h"
#include "parts.h"
#include "scaling_picture.h"

/* ---- words and numbers of a view ---- */

/* Contended cases are told in the tables, */
static const char *note_of(const struct bm_pair *pair)
{
    return pair->from->contended || pair->to->contended ? " (contended)" : "";
}

/* and so before the pictures. */
static void note_contended(const struct bm_view *v)
{
    const size_t n = bm_pairs_contended(&v->of);
    if (n)
        bm_page_paragraph(v->page,
                          "%d of these %d comparisons rest%s on cases that were contended: others used their cores all "
                          "the time.",
                          (int)n, (int)v->of.count, n == 1 ? "s" : "");
}

/* What a pair is about; the op is in the title, if all have the same. */
struct work {
    char text[200];
};

static struct work work_of(const struct bm_view *v, const struct bm_run_case *c)
{
    const bool one_op = bm_pairs_one_op(&v->of);
    struct work work;
    snprintf(work.text, sizeof work.text, "%.60s%s%.120s", one_op ? "" : c->op, one_op ? "" : " ", c->shape);
    return work;
}

static struct bm_value speedup_of(const struct bm_view *v, const struct bm_run_case *c, const struct bm_run_case *base)
{
    return bm_case_speedup(v->of.source, c, base);
}

/* Of the speed-up or, in percent, of the efficiency that `factor` makes of it. */
static struct bm_range_value range_of(const struct bm_view *v, const struct bm_run_case *c,
                                      const struct bm_run_case *base, double factor, enum bm_unit unit)
{
    return bm_range_of(bm_times_interval(base, c), factor, unit, v->of.source);
}

/* What a sentence or the last row of a table says of the total times of all pairs. */
struct total {
    struct bm_value from, to, ratio;
    struct bm_range_value range;
};

static struct total total_of(const struct bm_view *v, const struct bm_total *t)
{
    return (struct total){ bm_derived(t->from_s, BM_UNIT_SECONDS, v->of.source),
                           bm_derived(t->to_s, BM_UNIT_SECONDS, v->of.source),
                           bm_derived(t->ratio, BM_UNIT_TIMES, v->of.source),
                           bm_range_of(t->interval, 1, BM_UNIT_TIMES, v->of.source) };
}

static struct total total_of_pairs(const struct bm_view *v, bool peers)
{
    const struct bm_total t = bm_pairs_total(&v->of, peers);
    return total_of(v, &t);
}

/* The newest result of the machine with at least half as many pairs as the one with most: a few arise by chance. NULL:
 * none. */
static const struct bm_source *newest_with(const struct bm_library *library,
                                           struct bm_pairs (*pairs)(const struct bm_source *source))
{
    const struct bm_source *newest = NULL;
    size_t most = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < library->sources; i++) {
            const struct bm_source *s = &library->source[i];
            if (!s->is_run || strcmp(s->machine, library->machine) != 0)
                continue;
            const struct bm_pairs p = pairs(s);
            free(p.pair);
            most = p.count > most ? p.count : most;
            if (pass && p.count && 2 * p.count >= most)
                newest = s;
        }
    return newest;
}

/* ---- strong scaling: the same problem with more threads ---- */

static double ideal_of(const struct bm_pairs *p) { return (double)p->threads / p->base_threads; }

static struct bm_value efficiency(const struct bm_view *v, const struct bm_pair *pair)
{
    const struct bm_value percent = bm_case_percent(v->of.source, pair->to, pair->from, BM_UNIT_PERCENT);
    return bm_value_of(percent.x / ideal_of(&v->of), BM_UNIT_PERCENT, v->of.source, "%s*%d/%d", percent.from,
                       v->of.base_threads, v->of.threads);
}

static struct bm_grid *strong_numbers(const struct bm_view *v, const char *id)
{
    struct bm_grid *grid = bm_grid_new(v->page, id, "Strong scaling: the fastest of our kernels, and of the peers",
                                       "Op, shape", "Threads", "Arrays in", "Before", "Time", "Now", "Time now",
                                       "Speed-up", "95 % from", "to", "Efficiency", "Peers' own speed-up", NULL);
    for (const struct bm_pair *pair = v->of.pair; pair < v->of.pair + v->of.count; pair++) {
        bm_grid_row(grid, "%s %s%s", pair->from->op, pair->from->shape, note_of(pair));
        bm_grid_cell(grid, "%d to %d", v->of.base_threads, v->of.threads);
        bm_grid_cell(grid, "%s", pair->from->level);
        bm_grid_cell(grid, "%s", bm_case_variant(pair->from));
        bm_grid_cell(grid, "%v", bm_case_median(v->of.source, pair->from));
        bm_grid_cell(grid, "%s", bm_case_variant(pair->to));
        bm_grid_cell(grid, "%v", bm_case_median(v->of.source, pair->to));
        bm_grid_cell(grid, "%v", speedup_of(v, pair->to, pair->from));
        const struct bm_range_value range = range_of(v, pair->to, pair->from, 1, BM_UNIT_TIMES);
        bm_grid_range(grid, &range);
        bm_grid_cell(grid, "%v", efficiency(v, pair));
        if (pair->peer_from)
            bm_grid_cell(grid, "%v", speedup_of(v, pair->peer_to, pair->peer_from));
        else
            bm_grid_cell(grid, "%s", "");
    }
    return grid;
}

#define STRONG_SENTENCE                                                                                                \
    "%d threads take %v for %d shapes in all, our fastest on %d takes %v: %v as fast%i, efficiency %v. It is from %v " \
    "(%s) to %v (%s)%s."

static void show_strong(const struct bm_view *v, const char *id, char *svg, struct bm_grid *numbers)
{
    const size_t count = v->of.count;
    const struct total ours = total_of_pairs(v, false), peers = total_of_pairs(v, true);
    const struct bm_pair *best, *worst;
    size_t gain = 0;
    char more[96] = "";
    bm_pairs_extremes(&v->of, &best, &worst);
    for (size_t i = 0; i < count; i++)
        gain += v->of.pair[i].x >= 1.1;
    if (gain < count)
        snprintf(more, sizeof more, "; %zu of %zu gain less than a tenth", count - gain, count);
    if (count == 1)
        bm_page_picture(v->page, id, bm_view_title(v), svg, numbers,
                        "%d threads make %s %s %v as fast%i as our fastest on %d: %v of the ideal.", v->of.threads,
                        best->from->op, best->from->shape, speedup_of(v, best->to, best->from),
                        range_of(v, best->to, best->from, 1, BM_UNIT_TIMES), v->of.base_threads, efficiency(v, best));
    else
        bm_page_picture(
            v->page, id, bm_view_title(v), svg, numbers,
            isfinite(peers.ratio.x) ? STRONG_SENTENCE " The peers' own totals: %v as fast%i." : STRONG_SENTENCE,
            v->of.threads, ours.to, (int)count, v->of.base_threads, ours.from, ours.ratio, ours.range,
            bm_derived(100 * ours.ratio.x / ideal_of(&v->of), BM_UNIT_PERCENT, v->of.source),
            speedup_of(v, worst->to, worst->from), work_of(v, worst->from).text, speedup_of(v, best->to, best->from),
            work_of(v, best->from).text, more, peers.ratio, peers.range);
}

static struct bm_view strong_view(struct bm_page *page, const struct bm_source *source, int base, int threads)
{
    struct bm_view v = { .page = page,
                         .of = bm_pairs_strong(source, base, threads),
                         .look = { .series = bm_pair_levels,
                                   .axis = base == 1 ? "speed over our fastest on 1 thread"
                                                     : "speed over our fastest on the fewest",
                                   .base_title = "no gain: 1x",
                                   .base = 1,
                                   .ideal = (double)threads / base,
                                   .unit = BM_UNIT_TIMES },
                         .id = "scaling-strong",
                         .numbers = strong_numbers,
                         .show = show_strong };
    snprintf(v.look.ideal_title, sizeof v.look.ideal_title, "ideal: %gx", v.look.ideal);
    return v;
}

/* Of an op's total times, of ours with the range of the shapes, and of the peers' own. */
static void strong_curves(const struct bm_view *all, const char *op, struct bm_thread_curves *c, size_t picture)
{
    struct bm_thread_curve *ours = &c->curve[0], *peers = &c->curve[1];
    struct bm_view v = *all;
    const struct bm_pair *most, *least;
    char alt[200];
    for (size_t t = 0; t < c->counts; t++) {
        struct bm_pairs any = bm_pairs_strong(all->of.source, c->count[0], c->count[t]), p = bm_pairs_of_op(&any, op);
        bm_pairs_extremes(&p, &most, &least);
        ours->y[t] = bm_pairs_total(&p, false).ratio;
        ours->low[t] = p.count ? least->x : NAN;
        ours->high[t] = p.count ? most->x : NAN;
        peers->y[t] = peers->low[t] = peers->high[t] = bm_pairs_total(&p, true).ratio;
        c->ideal[t] = ideal_of(&p);
        free(any.pair);
        free(p.pair);
    }
    v.of = bm_pairs_of_op(&all->of, op);
    c->axis = "speed-up";
    ours->name = "by total time; grey: range of the shapes";
    peers->name = "peers' own, by total time";
    c->curves = isfinite(peers->y[c->counts - 1]) ? 2 : 1;
    snprintf(alt, sizeof alt, "%.60s: speed-up over %d thread%s against threads, %zu shape%s, with the ideal line.", op,
             c->count[0], bm_plural((size_t)c->count[0]), v.of.count, bm_plural(v.of.count));
    bm_view_curves(&v, c, picture, alt);
    free(v.of.pair);
}

static bool has_threads(const struct bm_source *source)
{
    int count[BM_MOST_COUNTS];
    return source->is_run && bm_thread_counts(&source->run, count) > 1;
}

static void strong(struct bm_page *page, const struct bm_library *library)
{
    static const char command[] = "batchmark bench --threads 1,2";
    const struct bm_source *source = bm_library_bench(library);
    int count[BM_MOST_COUNTS];
    if (source && !has_threads(source))
        source = bm_library_newest(library, "bench", has_threads);
    bm_page_heading(page, "Strong scaling: the same problem with more threads");
    if (!source) {
        bm_page_missing(page, command, "cases with more than one number of threads.");
        return;
    }
    const size_t counts = bm_thread_counts(&source->run, count);
    struct bm_view v = strong_view(page, source, count[0], count[counts - 1]);
    if (!v.of.count) {
        bm_page_missing(page, command, "shapes that were timed with more than one number of threads.");
        return;
    }
    bm_page_paragraph(
        page,
        "The fastest of our kernels with %d threads against the fastest of ours on %d, on the same shape; the peers' "
        "fastest against the peers' fastest. Efficiency is the speed-up over the ideal one, %dx at %d threads.",
        v.of.threads, v.of.base_threads, v.of.threads / v.of.base_threads, v.of.threads);
    note_contended(&v);
    bm_view_pictures(&v, strong_curves);
    free(v.of.pair);
}

/* ---- weak scaling: a problem that grows with the threads ---- */

static struct bm_value weak_value(const struct bm_view *v, const struct bm_pair *pair)
{
    return bm_case_percent(v->of.source, pair->to, pair->from, BM_UNIT_PERCENT);
}

static struct bm_grid *weak_numbers(const struct bm_view *v, const char *id)
{
    struct bm_grid *grid = bm_grid_new(v->page, id, "Weak scaling", "Op, kernel, shape", "Threads", "Cache", "Time",
                                       "Shape now", "Threads now", "Time now", "Efficiency", "95 % from", "to", NULL);
    for (const struct bm_pair *pair = v->of.pair; pair < v->of.pair + v->of.count; pair++) {
        bm_grid_row(grid, "%s, %s%s", pair->from->kernel, pair->from->shape, note_of(pair));
        bm_grid_cell(grid, "%d", v->of.base_threads);
        bm_grid_cell(grid, "%s", pair->from->cache);
        bm_grid_cell(grid, "%v", bm_case_median(v->of.source, pair->from));
        bm_grid_cell(grid, "%s", pair->to->shape);
        bm_grid_cell(grid, "%d", v->of.threads);
        bm_grid_cell(grid, "%v", bm_case_median(v->of.source, pair->to));
        bm_grid_cell(grid, "%v", weak_value(v, pair));
        const struct bm_range_value range = range_of(v, pair->to, pair->from, 100, BM_UNIT_PERCENT);
        bm_grid_range(grid, &range);
    }
    return grid;
}

static void show_weak(const struct bm_view *v, const char *id, char *svg, struct bm_grid *numbers)
{
    const struct bm_pair *most, *least;
    bm_pairs_extremes(&v->of, &most, &least);
    if (v->of.count == 1)
        bm_page_picture(v->page, id, bm_view_title(v), svg, numbers,
                        "%s keeps %v of its speed when %s on %d thread%s grows to %s on %d.", most->from->kernel,
                        weak_value(v, most), most->from->shape, v->of.base_threads,
                        bm_plural((size_t)v->of.base_threads), most->to->shape, v->of.threads);
    else
        bm_page_picture(v->page, id, bm_view_title(v), svg, numbers,
                        "With %d threads and as many times the work of %d, %s (%s) keeps %v of the ideal, the most; %s "
                        "(%s) %v, the least.",
                        v->of.threads, v->of.base_threads, work_of(v, most->to).text, most->from->cache,
                        weak_value(v, most), work_of(v, least->to).text, least->from->cache, weak_value(v, least));
}

static struct bm_view weak_view(struct bm_page *page, const struct bm_source *source)
{
    return (struct bm_view){ .page = page,
                             .of = bm_pairs_weak(source),
                             .look = { .series = bm_pair_caches,
                                       .axis = "efficiency in %",
                                       .base = 100,
                                       .ideal = 100,
                                       .ideal_title = "ideal: 100 %",
                                       .unit = BM_UNIT_PERCENT },
                             .id = "scaling-weak",
                             .numbers = weak_numbers,
                             .show = show_weak };
}

/* A curve a family of an op's shapes. */
static void weak_curves(const struct bm_view *all, const char *op, struct bm_thread_curves *c, size_t picture)
{
    struct bm_view v = *all;
    char alt[200], *name[BM_MOST_CURVES];
    v.of = bm_pairs_of_op(&all->of, op);
    if (v.of.count > BM_MOST_CURVES)
        v.of.count = BM_MOST_CURVES;
    c->axis = "time over the base's";
    c->curves = v.of.count;
    for (size_t i = 0; i < v.of.count; i++) {
        const struct bm_run_case *from = v.of.pair[i].from;
        struct bm_thread_curve *curve = &c->curve[i];
        char *shape = bm_short_shape(from->shape);
        if (asprintf(&name[i], "%s x threads, %s", shape, from->cache) < 0)
            bm_die(BM_EXIT_INPUT, "out of memory");
        free(shape);
        curve->name = name[i];
        for (size_t t = 0; t < c->counts; t++) {
            const double factor = (double)c->count[t] / c->count[0];
            const struct bm_run_case *to = t ? bm_case_grown(&v.of.source->run, from, c->count[t], factor) : from;
            curve->y[t] = curve->low[t] = curve->high[t] = to ? bm_case_ratio(to, from) : NAN;
        }
    }
    for (size_t t = 0; t < c->counts; t++)
        c->ideal[t] = 1;
    snprintf(alt, sizeof alt, "%.60s: time over that of the base against threads, %zu famil%s, with the ideal line.",
             op, v.of.count, v.of.count == 1 ? "y" : "ies");
    bm_view_curves(&v, c, picture, alt);
    for (size_t i = 0; i < v.of.count; i++)
        free(name[i]);
    free(v.of.pair);
}

static void weak(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *source = newest_with(library, bm_pairs_weak);
    bm_page_heading(page, "Weak scaling: a problem that grows with the threads");
    if (!source) {
        bm_page_missing(page, "batchmark bench --shapes scaling --kernel '*_auto' --threads 1,2",
                        "shapes that grow with the number of threads.");
        return;
    }
    struct bm_view v = weak_view(page, source);
    bm_page_paragraph(page,
                      "One size of the problem grows as the number of threads does, so that each thread has the same "
                      "work. Efficiency is the time on %d thread%s over the time with more.",
                      v.of.base_threads, bm_plural((size_t)v.of.base_threads));
    note_contended(&v);
    bm_view_pictures(&v, weak_curves);
    free(v.of.pair);
}

/* ---- warm against cold cache ---- */

static struct bm_grid *cold_numbers(const struct bm_view *v, const char *id)
{
    struct bm_grid *grid =
        bm_grid_new(v->page, id, "Warm and cold cache: the kernel of ours that is fastest when cold",
                    "Op, kernel, shape", "Threads", "Warm arrays in", "Warm", "Cold", "Cold over warm", "95 % from",
                    "to", NULL);
    for (const struct bm_pair *pair = v->of.pair; pair < v->of.pair + v->of.count; pair++) {
        bm_grid_row(grid, "%s, %s%s", pair->from->kernel, pair->from->shape, note_of(pair));
        bm_grid_cell(grid, "%d", v->of.threads);
        bm_grid_cell(grid, "%s", pair->from->level);
        bm_grid_cell(grid, "%v", bm_case_median(v->of.source, pair->from));
        bm_grid_cell(grid, "%v", bm_case_median(v->of.source, pair->to));
        bm_grid_cell(grid, "%v", speedup_of(v, pair->from, pair->to));
        const struct bm_range_value range = range_of(v, pair->from, pair->to, 1, BM_UNIT_TIMES);
        bm_grid_range(grid, &range);
    }
    return grid;
}

static struct total cold_total(const struct bm_view *v)
{
    struct bm_totals t = { 0 };
    for (const struct bm_pair *pair = v->of.pair; pair < v->of.pair + v->of.count; pair++)
        bm_totals_add(&t, pair->to, pair->from);
    const struct bm_total total = bm_totals_end(&t);
    return total_of(v, &total);
}

static void show_cold(const struct bm_view *v, const char *id, char *svg, struct bm_grid *numbers)
{
    const struct bm_pair *most, *least;
    char title[128];
    bm_pairs_extremes(&v->of, &most, &least);
    snprintf(title, sizeof title, "%.60s, %d thread%s", bm_view_title(v), v->of.threads,
             bm_plural((size_t)v->of.threads));
    const struct bm_value slowest = speedup_of(v, most->from, most->to),
                          nearest = speedup_of(v, least->from, least->to);
    if (v->of.count == 1)
        bm_page_picture(v->page, id, title, svg, numbers,
                        "%s on %s takes %v its warm time%i when its arrays are cold; warm, they are in %s.",
                        most->from->kernel, most->from->shape, slowest,
                        range_of(v, most->from, most->to, 1, BM_UNIT_TIMES), most->from->level);
    else {
        const struct total total = cold_total(v);
        bm_page_picture(v->page, id, title, svg, numbers,
                        "Cold arrays take %v for %d shapes in all, warm ones %v: %v the time%i. The most, %v, takes %s "
                        "(%s when warm); the least, %v, %s (%s).",
                        total.from, (int)v->of.count, total.to, total.ratio, total.range, slowest,
                        work_of(v, most->from).text, most->from->level, nearest, work_of(v, least->from).text,
                        least->from->level);
    }
}

static void show_cold_of(struct bm_page *page, const struct bm_source *source, int threads)
{
    char id[48];
    const struct bm_view v = { .page = page,
                               .of = bm_pairs_cold(source, threads),
                               .look = { .series = bm_pair_levels,
                                         .axis = "time cold over time warm",
                                         .base_title = "as warm: 1x",
                                         .base = 1,
                                         .ideal = NAN,
                                         .log = true,
                                         .unit = BM_UNIT_TIMES },
                               .id = id,
                               .numbers = cold_numbers,
                               .show = show_cold };
    snprintf(id, sizeof id, "scaling-cold-%d", threads);
    note_contended(&v);
    bm_view_rows(&v);
    free(v.of.pair);
}

/* With the fewest threads. */
static struct bm_pairs cold_pairs(const struct bm_source *source)
{
    int count[BM_MOST_COUNTS];
    return bm_pairs_cold(source, bm_thread_counts(&source->run, count) ? count[0] : 1);
}

static void cold(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *source = newest_with(library, cold_pairs);
    int count[BM_MOST_COUNTS];
    bm_page_heading(page, "Warm against cold cache");
    if (!source) {
        bm_page_missing(page, "batchmark bench --shapes scaling --kernel '*_auto' --cache warm,cold",
                        "cases that were timed with a warm and with a cold cache.");
        return;
    }
    const size_t counts = bm_thread_counts(&source->run, count);
    bm_page_paragraph(page, "Warm: the same arrays again and again, as far as caches hold them. Cold: each call finds "
                            "other arrays, which no cache holds. Marks tell where the warm arrays are.");
    show_cold_of(page, source, count[0]); /* the fewest threads, and the most */
    if (counts > 1)
        show_cold_of(page, source, count[counts - 1]);
}

void bm_part_scaling(struct bm_page *page, const struct bm_library *library)
{
    bm_page_part(page, "scaling", "Scaling");
    strong(page, library);
    weak(page, library);
    cold(page, library);
}
