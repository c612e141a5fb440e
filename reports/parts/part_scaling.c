/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "part_common.h"
#include "parts.h"
#include "scaling_picture.h"

/* ---- words and numbers of a view ---- */

static const char *note_of(const struct bm_pair *pair)
{
    return pair->from->contended || pair->to->contended ? " (contended)" : "";
}

static void note_contended(const struct bm_view *v)
{
    const size_t n = bm_pairs_contended(&v->of);
    if (n)
        bm_page_paragraph(v->page,
                          "Of these %d comparisons %d rest on cases that were contended: others used their cores all "
                          "the time.",
                          (int)v->of.count, (int)n);
}

/* The case that is set over the other: of cold arrays the cold one. */
static const struct bm_run_case *upper_of(const struct bm_view *v, const struct bm_pair *pair)
{
    return v->look.back ? pair->to : pair->from;
}

static struct bm_value ratio_of(const struct bm_view *v, const struct bm_pair *pair)
{
    const struct bm_run_case *upper = upper_of(v, pair), *lower = upper == pair->to ? pair->from : pair->to;
    return v->look.unit == BM_UNIT_PERCENT ? bm_case_percent(v->of.source, lower, upper, BM_UNIT_PERCENT)
                                           : bm_case_speedup(v->of.source, lower, upper);
}

static struct bm_range_value range_of(const struct bm_view *v, struct bm_interval interval)
{
    return bm_range_of(interval, v->look.unit == BM_UNIT_PERCENT ? 100 : 1, v->look.unit, v->of.source);
}

static struct bm_grid *numbers_of(const struct bm_view *v)
{
    struct bm_grid *grid =
        bm_grid_new(v->page, "", v->look.axis, "Op, shape", "Before", "Arrays in", "Time", "Now", "Shape now",
                    "Time now", v->look.ratio, "95 % from", "to", v->look.peers ? "Peers' own speed-up" : NULL, NULL);
    for (const struct bm_pair *pair = v->of.pair; pair < v->of.pair + v->of.count; pair++) {
        const struct bm_run_case *from = pair->from, *to = pair->to, *upper = upper_of(v, pair);
        bm_grid_row(grid, "%s %s%s|%s, %d, %s|%s|%v|%s, %d, %s|%s|%v|%v|%r", from->op, from->shape, note_of(pair),
                    bm_case_variant(from), from->threads, from->cache, from->level, bm_case_median(v->of.source, from),
                    bm_case_variant(to), to->threads, to->cache, strcmp(from->shape, to->shape) == 0 ? "" : to->shape,
                    bm_case_median(v->of.source, to), ratio_of(v, pair),
                    range_of(v, bm_times_interval(upper, upper == to ? from : to)));
        if (v->look.peers && pair->peer_from)
            bm_grid_cell(grid, "%v", bm_case_speedup(v->of.source, pair->peer_to, pair->peer_from));
    }
    return grid;
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

static void show(const struct bm_view *v, const char *id, char *svg)
{
    const struct bm_source *s = v->of.source;
    const struct bm_total total = bm_pairs_total(&v->of, false, v->look.back),
                          peers = bm_pairs_total(&v->of, true, false);
    const double before = v->look.back ? total.to_s : total.from_s, now = v->look.back ? total.from_s : total.to_s;
    const struct bm_pair *most, *least;
    char title[128];
    bm_pairs_extremes(&v->of, &most, &least);
    snprintf(title, sizeof title, "%.60s, %d thread%s", bm_view_title(v), v->of.threads,
             bm_plural((size_t)v->of.threads));
    bm_page_picture(v->page, id, title, svg, numbers_of(v), v->look.sentence, v->of.threads,
                    bm_derived(now, BM_UNIT_SECONDS, s), (int)v->of.count, bm_derived(before, BM_UNIT_SECONDS, s),
                    bm_derived((v->look.unit == BM_UNIT_PERCENT ? 100 : 1) * total.ratio, v->look.unit, s),
                    range_of(v, total.interval), ratio_of(v, least), work_of(v, least->from).text, ratio_of(v, most),
                    work_of(v, most->from).text, bm_value_or(bm_derived(peers.ratio, BM_UNIT_TIMES, s), "not timed"),
                    range_of(v, peers.interval));
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

static struct bm_view strong_view(struct bm_page *page, const struct bm_source *source, int base, int threads)
{
    struct bm_view v = {
        .page = page,
        .of = bm_pairs_strong(source, base, threads),
        .look = { .series = bm_pair_levels,
                  .axis = base == 1 ? "speed over our fastest on 1 thread" : "speed over our fastest on the fewest",
                  .base_title = "no gain: 1x",
                  .base = 1,
                  .ideal = (double)threads / base,
                  .unit = BM_UNIT_TIMES,
                  .ratio = "Speed-up",
                  .peers = true,
                  .sentence = "%d threads take %v for %d shapes in all, our fastest on the fewest takes %v: %v as "
                              "fast%i. It is from %v (%s) to %v (%s). The peers' own totals: %v%i." },
        .id = "scaling-strong",
        .show = show
    };
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
        ours->y[t] = bm_pairs_total(&p, false, false).ratio;
        ours->low[t] = p.count ? least->x : NAN;
        ours->high[t] = p.count ? most->x : NAN;
        peers->y[t] = peers->low[t] = peers->high[t] = bm_pairs_total(&p, true, false).ratio;
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
    static const char command[] = "batchmark bench --threads 1,2 --store";
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
        "fastest against the peers' fastest. The ideal is %v.",
        v.of.threads, v.of.base_threads, bm_derived(ideal_of(&v.of), BM_UNIT_TIMES, NULL));
    note_contended(&v);
    bm_view_pictures(&v, strong_curves);
    free(v.of.pair);
}

/* ---- weak scaling: a problem that grows with the threads ---- */

static struct bm_view weak_view(struct bm_page *page, const struct bm_source *source)
{
    return (struct bm_view){
        .page = page,
        .of = bm_pairs_weak(source),
        .look = { .series = bm_pair_caches,
                  .axis = "efficiency in %",
                  .base = 100,
                  .ideal = 100,
                  .ideal_title = "ideal: 100 %",
                  .unit = BM_UNIT_PERCENT,
                  .ratio = "Efficiency",
                  .sentence =
                      "%d threads take %v for %d shapes in all, which grew with them, and the fewest %v before: "
                      "%v of the ideal%i. It is from %v (%s) to %v (%s)." },
        .id = "scaling-weak",
        .show = show
    };
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
    if (!source) {
        bm_page_missing(page, "batchmark bench --shapes scaling --kernel '*_auto' --threads 1,2 --store",
                        "shapes that grow with the number of threads.");
        return;
    }
    struct bm_view v = weak_view(page, source);
    bm_page_paragraph(page,
                      "One size of the problem grows as the number of threads does, so that each thread has the same "
                      "work. Efficiency is the time on %d thread%+ over the time with more.",
                      v.of.base_threads);
    note_contended(&v);
    bm_view_pictures(&v, weak_curves);
    free(v.of.pair);
}

/* ---- warm against cold cache ---- */

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
                                         .unit = BM_UNIT_TIMES,
                                         .ratio = "Cold over warm",
                                         .back = true,
                                         .sentence = "On %d thread%+ cold arrays take %v for %d shapes in all, warm "
                                                     "ones %v: %v the time%i. It is from %v (%s) to %v (%s)." },
                               .id = id,
                               .show = show };
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
    if (!source) {
        bm_page_missing(page, "batchmark bench --shapes scaling --kernel '*_auto' --cache warm,cold --store",
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
    bm_page_more_begin(page, "Weak scaling: a problem that grows with the threads");
    weak(page, library);
    bm_page_more_end(page);
    bm_page_more_begin(page, "Warm against cold cache");
    cold(page, library);
    bm_page_more_end(page);
}
