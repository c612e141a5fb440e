/* SPDX-License-Identifier: MIT */
/* show_bench.c - of bench: per op, shape and thread count the fastest of our variants, and how near the limit it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "show.h"
#include "stats.h"
#include "winner.h"

/* The fastest of ours on a shape with a number of threads, and what it is set against. */
struct row {
    const struct bm_run_case *best;
    struct bm_ratio naive, peer; /* their times over ours; without launches: not there */
    const char *peer_name;
    char ties[BM_TIES_ROOM];
};

struct bench {
    const struct bm_show *show;
    const struct bm_run *run;
    json_t *peers; /* kernel: peer, of the kernels that are peers' */
    struct row *row;
    size_t rows;
};

/* ---- what there is ---- */

static json_t *read_peers(const struct bm_show *s)
{
    const json_t *one;
    json_t *peers = json_object();
    size_t i;
    json_array_foreach(bm_show_list(s, "kernels"), i, one) if (*bm_member_text(one, "peer"))
        json_object_set(peers, bm_member_text(one, "name"), json_object_get(one, "peer"));
    return peers;
}

static void add_row(struct bench *b, const struct bm_run_case *group, size_t count, int threads, const char *cache)
{
    const struct bm_run_case **ours = bm_alloc((count + 1) * sizeof *ours),
                             **peers = bm_alloc((count + 1) * sizeof *peers), *peer = NULL;
    size_t n = 0, others = 0;
    for (size_t i = 0; i < count; i++) {
        const struct bm_run_case *c = &group[i];
        if (c->threads != threads || strcmp(c->cache, cache) != 0)
            continue;
        if (json_object_get(b->peers, c->kernel))
            peers[others++] = c;
        else if (bm_show_wanted(b->show, c->op, c->kernel))
            ours[n++] = c;
    }
    if (n) {
        struct row *row = &b->row[b->rows++];
        *row = (struct row){ .best = ours[bm_fastest_of(ours, n)], .peer_name = "" };
        row->naive = bm_over_naive(group, count, row->best);
        bm_ties_text(row->best, ours, n, row->ties);
        if (others) {
            peer = peers[bm_fastest_of(peers, others)];
            row->peer = bm_ratio_of_cases(peer, row->best);
            row->peer_name = bm_member_text(b->peers, peer->kernel);
        }
    }
    free(ours);
    free(peers);
}

/* A row for each thread count of the group, fewest first; of others than warm cases only where there are none. */
static void add_rows(struct bench *b, const struct bm_run_case *group, size_t count)
{
    const char *cache = group[0].cache;
    for (size_t i = 0; i < count; i++)
        if (strcmp(group[i].cache, "warm") == 0)
            cache = "warm";
    for (int last = 0, next;; last = next) {
        next = 0;
        for (size_t i = 0; i < count; i++)
            if (group[i].threads > last && (!next || group[i].threads < next))
                next = group[i].threads;
        if (!next)
            return;
        add_row(b, group, count, next, cache);
    }
}

/* ---- is it right? ---- */

static void put_wrong(const struct bm_show *s)
{
    const json_t *one;
    size_t i, wrong = 0;
    json_array_foreach(bm_show_list(s, "skipped"), i, one) if (json_is_true(json_object_get(one, "wrong")))
    {
        wrong++;
        bm_page_note(s->page, "WRONG", "%s, %s: %s", bm_member_text(one, "kernel"), bm_member_text(one, "shape"),
                     bm_member_text(one, "reason"));
    }
    if (wrong)
        bm_page_note(s->page, "WRONG", "in all %zu: these were not timed", wrong);
}

static void put_errors(const struct bench *b)
{
    const json_t *one;
    double worst[2] = { NAN, NAN };
    size_t i;
    char ours[24], peers[24];
    json_array_foreach(bm_show_list(b->show, "cases"), i, one)
    {
        double *most = &worst[json_object_get(b->peers, b->run->cased[i].kernel) != NULL];
        *most = fmax(*most, bm_member_number(one, "worst_error")); /* of a number and NaN: the number */
    }
    bm_page_note(b->show->page, "right?",
                 "what was timed was verified: worst error of our kernels %s of its bound, of peers %s",
                 bm_show_figure("%.3g", worst[0], ours), bm_show_figure("%.3g", worst[1], peers));
    put_wrong(b->show);
}

/* ---- at a glance ---- */

/* Over the rows of one op and thread count; sorted, NaN left out. */
struct spread {
    size_t n;
    double *value;
};

static void spread_add(struct spread *s, double value)
{
    if (!isnan(value))
        s->value[s->n++] = value;
}

static double spread_median(struct spread *s)
{
    bm_sort(s->value, s->n);
    return s->n ? bm_quantile(s->value, s->n, 0.5) : NAN;
}

static bool same_line(const struct row *a, const struct row *b)
{
    return a->best->threads == b->best->threads && strcmp(a->best->op, b->best->op) == 0;
}

static void put_glance_row(const struct bench *b, size_t first, struct bm_grid *grid)
{
    struct spread of[3];
    size_t contended = 0;
    char text[24];
    const struct row *row = &b->row[first];
    for (int k = 0; k < 3; k++)
        of[k] = (struct spread){ 0, bm_alloc(b->rows * sizeof(double)) };
    for (size_t i = first; i < b->rows; i++)
        if (same_line(row, &b->row[i])) {
            spread_add(&of[0], b->row[i].best->bound_s / b->row[i].best->stats.median);
            spread_add(&of[1], bm_ratio_times(&b->row[i].naive));
            spread_add(&of[2], bm_ratio_times(&b->row[i].peer));
            contended += b->row[i].best->contended;
        }
    const double share = spread_median(&of[0]);
    bm_grid_text(grid, "%s", row->best->op);
    bm_grid_text(grid, "%d", row->best->threads);
    bm_grid_text(grid, "%zu", of[0].n);
    bm_grid_bar(grid, share, "%.0f%%", 100 * share);
    bm_grid_text(grid, "%.0f to %.0f%%", 100 * of[0].value[0], 100 * of[0].value[of[0].n - 1]);
    bm_grid_text(grid, "%s", bm_show_figure("%.1fx", spread_median(&of[1]), text));
    bm_grid_text(grid, "%s", bm_show_figure("%.2fx", spread_median(&of[2]), text));
    bm_grid_text(grid, "%zu", contended);
    for (int k = 0; k < 3; k++)
        free(of[k].value);
}

static void put_glance(const struct bench *b)
{
    struct bm_grid *grid =
        bm_grid_new(b->show->page, "", "At a glance: the fastest of our kernels, medians over the shapes", "op", "thr",
                    "shapes", "share of limit", "from to", "over naive", "over peer", "contended", NULL);
    for (size_t i = 0; i < b->rows; i++) {
        size_t first = 0;
        while (!same_line(&b->row[first], &b->row[i]))
            first++;
        if (first == i)
            put_glance_row(b, i, grid);
    }
    bm_page_table(b->show->page, grid);
}

/* ---- a row a case ---- */

static void put_width(struct bm_grid *grid, const struct bm_interval *i, double middle)
{
    const double width = 50 * (i->high - i->low) / middle;
    if (isfinite(i->high))
        bm_grid_text(grid, width < 99.95 ? "%.1f%%" : "%.4g%%", width);
    else
        bm_grid_text(grid, "-");
}

/* Figures of a case, from the median to what sets its limit. */
static void put_case(struct bm_grid *grid, const struct bm_run_case *c)
{
    const double m = c->stats.median, rate = bm_case_per_second(c) / 1e9;
    const struct bm_interval interval = { c->stats.low, c->launches < BM_LEAST_INTERVAL ? INFINITY : c->stats.high };
    char time[16];
    bm_grid_text(grid, "%s%c", bm_seconds_text(m, time), c->contended ? '*' : ' ');
    put_width(grid, &interval, m);
    bm_grid_text(grid, rate < 999.95 ? "%.1f %s" : "%.4g %s", rate, bm_counts_flops(c) ? "GFLOP/s" : "GB/s");
    bm_grid_bar(grid, c->bound_s / m, "%.0f%%", 100 * c->bound_s / m);
    bm_grid_text(grid, "%s", c->bound);
}

static struct bm_grid *new_grid(struct bm_page *page, const char *caption, bool all)
{
    static const char *const of_all[] = { "kernel",         "thr", "mem",    "median", "+-95%", "rate",
                                          "share of limit", "by",  "/naive", "+-95%" },
                             *const of_best[] = { "thr", "kernel", "median", "+-95%", "rate", "share of limit",
                                                  "by",  "/naive",  "/peer",  "" };
    struct bm_grid *grid = bm_grid_of(page, "", caption, all ? of_all : of_best, 10);
    bm_grid_left(grid, all ? 1 : 2);
    return grid;
}

/* ", /naive 6.2 to 6.4"; "": not known. */
static const char *interval_text(const char *name, int digits, const struct bm_ratio *ratio, char text[static 48])
{
    const struct bm_interval i = bm_ratio_interval(ratio);
    *text = '\0';
    if (isfinite(i.high))
        snprintf(text, 48, " %s %.*f to %.*f", name, digits, i.low, digits, i.high);
    return text;
}

static void put_row(const struct row *row, struct bm_grid *grid)
{
    const struct bm_run_case *c = row->best;
    char text[24], naive[48], peer[48];
    bm_grid_text(grid, "%3d", c->threads);
    bm_grid_text(grid, "%s", bm_case_variant(c));
    put_case(grid, c);
    bm_grid_text(grid, "%s", bm_show_figure("%.1fx", bm_ratio_times(&row->naive), text));
    bm_grid_text(grid, "%s", bm_show_figure("%.2fx", bm_ratio_times(&row->peer), text));
    bm_grid_text(grid, "%s", row->peer_name);
    interval_text("/naive", 1, &row->naive, naive);
    interval_text("/peer", 2, &row->peer, peer);
    if (*naive || *peer || *row->ties)
        bm_grid_line(grid, "    %s%s%s%s", naive, *naive && *peer ? "," : "", peer, row->ties);
}

/* A table an op. */
static void put_rows(const struct bench *b)
{
    struct bm_grid *grid = NULL;
    const struct bm_run_case *last = NULL;
    for (size_t i = 0; i < b->rows; last = b->row[i++].best) {
        const struct bm_run_case *c = b->row[i].best;
        if (!last || strcmp(last->op, c->op) != 0) {
            if (grid)
                bm_page_table(b->show->page, grid);
            grid = new_grid(b->show->page, c->op, false);
        }
        if (!bm_grid_rows(grid) || !bm_same_work(last, c))
            bm_grid_line(grid, "  %s%s%s%s", c->shape, strcmp(c->cache, "warm") == 0 ? "" : "   not warm",
                         c->origin[0] ? "   " : "", c->origin);
        put_row(&b->row[i], grid);
    }
    if (grid)
        bm_page_table(b->show->page, grid);
}

/* All cases, a table an op and shape. */
static void put_cases(const struct bm_show *s, const struct bm_run *run)
{
    for (size_t begin = 0, end; begin < run->cases; begin = end) {
        const struct bm_run_case *group = &run->cased[begin];
        char title[512];
        end = bm_case_group_end(run, begin);
        snprintf(title, sizeof title, "%.100s  %.250s%s%.100s", group->op, group->shape, group->origin[0] ? "   " : "",
                 group->origin);
        struct bm_grid *grid = new_grid(s->page, title, true);
        for (const struct bm_run_case *c = group; c < &run->cased[end]; c++) {
            const struct bm_ratio over = bm_over_naive(group, end - begin, c);
            const struct bm_interval interval = bm_ratio_interval(&over);
            const double times = bm_ratio_times(&over);
            char text[24];
            if (!bm_show_wanted(s, c->op, c->kernel))
                continue;
            bm_grid_text(grid, "%s", bm_case_variant(c));
            bm_grid_text(grid, "%d", c->threads);
            bm_grid_text(grid, "%s", c->cache);
            put_case(grid, c);
            bm_grid_text(grid, "%s", bm_show_figure(times < 9999.5 ? "%.1fx" : "%.0e", times, text));
            put_width(grid, &interval, times);
        }
        bm_page_table(s->page, grid);
    }
}

void bm_show_cases(const struct bm_run *run, FILE *out)
{
    static const struct bm_show_options options = { .all = true };
    const struct bm_show s = { &options, NULL, bm_page_new(BM_TEXT, NULL, "", NULL) };
    put_cases(&s, run);
    bm_page_print(s.page, out);
}

/* ---- at the end ---- */

static void put_legend(const struct bench *b)
{
    bool contended = false;
    for (size_t i = 0; i < b->run->cases; i++)
        contended |= b->run->cased[i].contended;
    bm_page_text(b->show->page,
                 "share of limit: the least time that the roofline allows over the median; /naive and /peer: "
                 "speed over the naive kernel on one thread, and over the fastest peer on as many threads, in the "
                 "launches that both have, with 95 %% intervals; ties: kernels that are not slower by more than %g %% "
                 "for certain",
                 100 * BM_TIE);
    if (contended)
        bm_page_text(b->show->page,
                     "*: contended: others used its cores nearly all the time, it is slower than the kernel is");
}

static void put_counts(const struct bench *b)
{
    const json_t *one;
    size_t i, samples = 0, contended = 0;
    double disturbed = 0;
    char title[200];
    json_array_foreach(bm_show_list(b->show, "cases"), i, one)
    {
        samples += b->run->cased[i].samples;
        contended += b->run->cased[i].contended;
        disturbed += bm_member_number(one, "disturbed");
    }
    snprintf(title, sizeof title, "%zu cases (%zu contended), %zu launches, %zu samples, %.0f %% of them disturbed",
             b->run->cases, contended, json_array_size(bm_show_list(b->show, "launches")), samples,
             samples ? 100 * disturbed / (double)samples : 0);
    bm_page_heading(b->show->page, title);
}

static void put_skipped(const struct bm_show *s)
{
    const json_t *one, *skipped = bm_show_list(s, "skipped");
    json_t *reasons = json_object(), *count;
    const char *reason;
    char label[32];
    size_t i;
    json_array_foreach(skipped, i, one)
    {
        reason = bm_member_text(one, "reason");
        json_object_set_new(reasons, reason, json_integer(json_integer_value(json_object_get(reasons, reason)) + 1));
    }
    snprintf(label, sizeof label, "Skipped: %zu cases", json_array_size(skipped));
    if (json_array_size(skipped))
        bm_page_heading(s->page, label);
    json_object_foreach(reasons, reason, count)
    {
        snprintf(label, sizeof label, "%5lld", (long long)json_integer_value(count));
        bm_page_note(s->page, label, "%s", reason);
    }
    json_decref(reasons);
    put_wrong(s);
}

void bm_show_bench(struct bm_show *s, const struct bm_run *run)
{
    struct bench b = { s, run, read_peers(s), bm_alloc((run->cases + 1) * sizeof *b.row), 0 };
    for (size_t begin = 0, end; begin < run->cases; begin = end) {
        end = bm_case_group_end(run, begin);
        add_rows(&b, &run->cased[begin], end - begin);
    }
    put_errors(&b);
    if (b.rows)
        put_glance(&b);
    else
        bm_page_heading(s->page, run->cases ? "No case of ours matches" : "No case of ours");
    if (s->options->all)
        put_cases(s, run);
    else
        put_rows(&b);
    if (b.rows)
        put_legend(&b);
    put_counts(&b);
    put_skipped(s);
    free(b.row);
    json_decref(b.peers);
}
