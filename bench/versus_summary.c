/* SPDX-License-Identifier: MIT */
/* versus_summary.c - what bench --versus says over all shapes of an op and number of threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "result.h"
#include "page.h"
#include "versus_rows.h"

/* Of ours against the fastest rival, over shapes. */
struct tally {
    size_t shapes, below, above; /* 1.00 for certain */
    size_t fast;                 /* shapes on which the rival took no slow path (cases.h) */
    struct bm_ratio mean, total, fast_mean;
    double lowest_tenth; /* a tenth of the shapes have this ratio or a lower one; NaN: fewer than ten shapes */
    double ours_s;       /* the total of our least times */
};

static bool alike(const struct bm_versus_row *a, const struct bm_versus_row *b)
{
    return a->op == b->op && a->threads == b->threads && strcmp(a->cache, b->cache) == 0;
}

static int by_ratio(const void *a, const void *b)
{
    const double x = ((const struct bm_ratio *)a)->log, y = ((const struct bm_ratio *)b)->log;
    return (x > y) - (x < y);
}

/* Leaves the ratios sorted. */
static double lowest_tenth(struct bm_ratio *ratio, size_t n)
{
    if (n < 10)
        return NAN;
    qsort(ratio, n, sizeof *ratio, by_ratio);
    return bm_ratio_times(&ratio[(n + 9) / 10 - 1]);
}

static struct tally tally(const struct bm_versus_row *row, size_t rows, const struct bm_versus_row *of, bool automatic)
{
    struct tally t = { 0 };
    struct bm_ratio *ratio = bm_alloc((rows + 1) * sizeof *ratio);
    struct bm_ratio *fast = bm_alloc((rows + 1) * sizeof *fast);
    double *seconds = bm_alloc((rows + 1) * sizeof *seconds);
    for (size_t r = 0; r < rows; r++) {
        const struct bm_run_case *ours = automatic ? row[r].automatic : row[r].ours;
        const struct bm_versus_pair *best = bm_versus_best(&row[r], ours);
        if (!alike(&row[r], of) || !best || !best->ratio.launches)
            continue;
        const struct bm_interval i = bm_ratio_interval(&best->ratio);
        t.below += i.high < 1;
        t.above += i.low > 1;
        t.ours_s += ours->floor.s;
        if (!bm_case_on_slow_path(best->rival))
            fast[t.fast++] = best->ratio;
        seconds[t.shapes] = ours->floor.s;
        ratio[t.shapes++] = best->ratio;
    }
    t.mean = bm_ratio_mean(ratio, t.shapes);
    t.fast_mean = bm_ratio_mean(fast, t.fast);
    t.total = bm_ratio_of_totals(ratio, seconds, t.shapes);
    t.lowest_tenth = lowest_tenth(ratio, t.shapes);
    free(ratio);
    free(fast);
    free(seconds);
    return t;
}

static void print_tally(const char *what, const struct tally *t, FILE *out)
{
    char mean[48], total[48], ours[16], rival[16];
    if (!t->shapes)
        return;
    fprintf(out,
            "  %-12s geometric mean %s; in all %s against %s, %s; below 1.00 for certain on %zu, above on %zu, not "
            "told on %zu of %zu shapes\n",
            what, bm_ratio_text(&t->mean, mean), bm_seconds_text(t->ours_s, ours),
            bm_seconds_text(t->ours_s * bm_ratio_times(&t->total), rival), bm_ratio_text(&t->total, total), t->below,
            t->above, t->shapes - t->below - t->above, t->shapes);
    if (!isnan(t->lowest_tenth))
        fprintf(out, "  %-12s a tenth of the shapes at %.2f or below\n", "", t->lowest_tenth);
    if (t->fast == t->shapes)
        return;
    if (t->fast)
        fprintf(out, "  %-12s geometric mean %s over the %zu shape%s on which the peer took no slow path\n", "",
                bm_ratio_text(&t->fast_mean, mean), t->fast, t->fast == 1 ? "" : "s");
    else
        fprintf(out, "  %-12s the peer took a slow path on all of them\n", "");
}

static void set_ratio(json_t *json, const char *const key[3], const struct bm_ratio *ratio)
{
    const struct bm_interval i = bm_ratio_interval(ratio);
    json_object_set_new(json, key[0], bm_real_or_null(bm_ratio_times(ratio)));
    json_object_set_new(json, key[1], isinf(i.high) ? json_null() : json_real(i.low));
    json_object_set_new(json, key[2], bm_real_or_null(i.high));
}

static json_t *tally_json(const struct tally *t)
{
    json_t *json = json_pack("{s:I, s:I, s:I, s:I}", "shapes", (json_int_t)t->shapes, "below", (json_int_t)t->below,
                             "above", (json_int_t)t->above, "not_told", (json_int_t)(t->shapes - t->below - t->above));
    set_ratio(json, (const char *const[]){ "geometric_mean", "geometric_mean_low", "geometric_mean_high" }, &t->mean);
    set_ratio(json, (const char *const[]){ "total_ratio", "total_ratio_low", "total_ratio_high" }, &t->total);
    json_object_set_new(json, "fast_path_shapes", json_integer((json_int_t)t->fast));
    set_ratio(json, (const char *const[]){ "fast_path_mean", "fast_path_mean_low", "fast_path_mean_high" },
              &t->fast_mean);
    json_object_set_new(json, "lowest_tenth", bm_real_or_null(t->lowest_tenth));
    json_object_set_new(json, "total_s", json_real(t->ours_s));
    json_object_set_new(json, "rivals_total_s", bm_real_or_null(t->ours_s * bm_ratio_times(&t->total)));
    return json;
}

json_t *bm_versus_summarise(const struct bm_versus_row *row, size_t rows, FILE *out)
{
    json_t *summary = json_array();
    for (size_t r = 0; r < rows; r++) {
        const struct bm_versus_row *of = &row[r];
        size_t first = 0;
        while (!alike(&row[first], of))
            first++;
        if (first < r)
            continue;
        const struct tally automatic = tally(row, rows, of, true), ours = tally(row, rows, of, false);
        fprintf(out, "\n%s, %d thread%s%s, speed over %s:\n", of->op->name, of->threads, of->threads == 1 ? "" : "s",
                strcmp(of->cache, "cold") ? "" : ", cold",
                of->against == BM_VERSUS_PEERS ? "the fastest peer's" : "naive's on one thread");
        print_tally("auto", &automatic, out);
        print_tally("best of ours", &ours, out);
        if (!automatic.shapes && !ours.shapes)
            fprintf(out, "  nothing to compare\n");
        json_array_append_new(summary, json_pack("{s:s, s:s, s:i, s:o, s:o}", "op", of->op->name, "cache", of->cache,
                                                 "threads", of->threads, "auto", tally_json(&automatic), "ours",
                                                 tally_json(&ours)));
    }
    return summary;
}
