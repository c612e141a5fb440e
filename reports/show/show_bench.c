/* SPDX-License-Identifier: MIT */
/* show_bench.c - of bench: per op, shape and thread count the fastest of our kernels, and how near the limit it is. */
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "part_common.h"
#include "scaling_pairs.h"
#include "show.h"
#include "winner.h"

bool bm_show_wanted(const struct bm_show_options *o, const char *op, const char *kernel)
{
    return (!o->op || fnmatch(o->op, op, 0) == 0) && (!o->kernel || fnmatch(o->kernel, kernel, 0) == 0);
}

/* The fastest of ours on a shape with a number of threads, and what it is set against (NULL: not there). */
struct row {
    const struct bm_run_case *best, *naive, *peer;
    char ties[BM_TIES_ROOM];
};

struct bench {
    struct bm_page *page;
    const struct bm_source *source;
    const struct bm_show_options *options;
    struct row *row;
    size_t rows;
};

/* ---- what there is ---- */

static void add_row(struct bench *b, const struct bm_run_case *group, size_t count, int threads, const char *cache)
{
    const struct bm_run_case **ours = bm_alloc((count + 1) * sizeof *ours);
    size_t n = 0;
    for (const struct bm_run_case *c = group; c < group + count; c++)
        if (c->threads == threads && strcmp(c->cache, cache) == 0 && !bm_case_is_peer(c) &&
            bm_show_wanted(b->options, c->op, c->kernel))
            ours[n++] = c;
    if (n) {
        const struct bm_run_case *best = ours[bm_fastest_of(ours, n)];
        struct row *row = &b->row[b->rows++];
        *row = (struct row){ best, bm_case_beside(&b->source->run, best, "naive", 0),
                             bm_case_fastest(&b->source->run, best, threads, true), "" };
        bm_ties_text(best, ours, n, row->ties);
    }
    free(ours);
}

/* A row for each thread count of each group, fewest first; of others than warm cases only where there are none. */
static void add_rows(struct bench *b)
{
    const struct bm_run *run = &b->source->run;
    int threads[BM_MOST_COUNTS];
    const size_t counts = bm_thread_counts(run, threads);
    for (size_t begin = 0, end; begin < run->cases; begin = end) {
        const char *cache = run->cased[begin].cache;
        end = bm_case_group_end(run, begin);
        for (size_t i = begin; i < end; i++)
            cache = bm_case_is_warm(&run->cased[i]) ? "warm" : cache;
        for (size_t t = 0; t < counts; t++)
            add_row(b, &run->cased[begin], end - begin, threads[t], cache);
    }
}

/* ---- is it right? ---- */

static const json_t *list_of(const struct bench *b, const char *key)
{
    return json_object_get(b->source->document.ours, key);
}

static void put_wrong(const struct bench *b)
{
    const json_t *one;
    size_t i, faults = 0;
    json_array_foreach(list_of(b, "skipped"), i, one)
    {
        const bool crashed = json_is_true(json_object_get(one, "crashed"));
        if (!crashed && !json_is_true(json_object_get(one, "wrong")))
            continue;
        faults++;
        bm_page_note(b->page, crashed ? "CRASHED" : "WRONG", "%s, %s: %s", bm_member_text(one, "kernel"),
                     bm_member_text(one, "shape"), bm_member_text(one, "reason"));
    }
    if (faults)
        bm_page_note(b->page, "FAULTS", "in all %zu: these cases were not timed", faults);
}

static void put_errors(const struct bench *b)
{
    const json_t *one;
    double worst[2] = { NAN, NAN };
    size_t i;
    char text[2][32];
    json_array_foreach(list_of(b, "cases"), i, one)
    {
        double *most = &worst[bm_case_is_peer(&b->source->run.cased[i])];
        *most = fmax(*most, bm_member_number(one, "worst_error")); /* of a number and NaN: the number */
    }
    const struct bm_value ours = bm_derived(worst[0], BM_UNIT_PLAIN, NULL),
                          peers = bm_derived(worst[1], BM_UNIT_PLAIN, NULL);
    bm_page_note(b->page, "right?",
                 "what was timed was verified: worst error of our kernels %s of its bound, of peers %s",
                 bm_value_text(&ours, text[0]), bm_value_text(&peers, text[1]));
    put_wrong(b);
}

/* ---- at a glance ---- */

static bool same_line(const struct row *a, const struct row *b)
{
    return a->best->threads == b->best->threads && strcmp(a->best->op, b->best->op) == 0;
}

static bool is_first(const struct bench *b, const struct row *row)
{
    const struct row *first = b->row;
    while (!same_line(first, row))
        first++;
    return first == row;
}

/* All rows of an op and number of threads, from its first on. */
static void put_glance_row(const struct bench *b, const struct row *first, struct bm_grid *grid)
{
    struct bm_totals of[3] = { 0 }; /* the limits, naive and the peers over ours */
    const struct bm_run_case *least = first->best, *most = first->best;
    int contended = 0;
    for (const struct row *row = first; row < b->row + b->rows; row++)
        if (same_line(row, first)) {
            const struct bm_run_case *c = row->best;
            bm_totals_add_limit(&of[0], c);
            if (row->naive)
                bm_totals_add(&of[1], row->naive, c);
            if (row->peer)
                bm_totals_add(&of[2], row->peer, c);
            least = bm_case_of_limit(b->source, c).x < bm_case_of_limit(b->source, least).x ? c : least;
            most = bm_case_of_limit(b->source, c).x > bm_case_of_limit(b->source, most).x ? c : most;
            contended += c->contended;
        }
    const struct bm_total share = bm_totals_end(&of[0]), naive = bm_totals_end(&of[1]), peer = bm_totals_end(&of[2]);
    bm_grid_row(grid, "%s|%d|%d|%b%v|%v to %v|%v|%v|%d", first->best->op, first->best->threads, (int)share.cases,
                share.ratio, bm_derived(100 * share.ratio, BM_UNIT_PERCENT, b->source),
                bm_case_of_limit(b->source, least), bm_case_of_limit(b->source, most),
                bm_derived(naive.ratio, BM_UNIT_TIMES, b->source), bm_derived(peer.ratio, BM_UNIT_TIMES, b->source),
                contended);
}

/* Where a peer is on a slow path, to be ahead says less: how it is without these shapes. */
static void put_fast_paths(const struct bench *b, const struct row *first)
{
    struct bm_totals fast = { 0 };
    size_t slow = 0;
    char times[32] = "";
    for (const struct row *row = first; row < b->row + b->rows; row++)
        if (same_line(row, first) && row->peer) {
            slow += bm_case_on_slow_path(row->peer);
            if (!bm_case_on_slow_path(row->peer))
                bm_totals_add(&fast, row->peer, row->best);
        }
    const struct bm_total total = bm_totals_end(&fast);
    const struct bm_value ratio = bm_derived(total.ratio, BM_UNIT_TIMES, b->source);
    if (slow)
        bm_page_text(b->page, "%s, %d thread%s: the peer is on a slow path for %zu of %zu shapes; over the others %s",
                     first->best->op, first->best->threads, bm_plural((size_t)first->best->threads), slow,
                     slow + total.cases, bm_value_text(&ratio, times));
}

static void put_glance(const struct bench *b)
{
    struct bm_grid *grid =
        bm_grid_new(b->page, "glance", "At a glance: the fastest of our kernels, by total time over the shapes", "op",
                    "thr", "shapes", "share of limit", "from to", "over naive", "over peer", "contended", NULL);
    bm_grid_spare(grid, "shapes", BM_SPARE_BARS, NULL);
    for (size_t i = 0; i < b->rows; i++)
        if (is_first(b, &b->row[i]))
            put_glance_row(b, &b->row[i], grid);
    bm_page_table(b->page, grid);
    for (size_t i = 0; i < b->rows; i++)
        if (is_first(b, &b->row[i]))
            put_fast_paths(b, &b->row[i]);
}

/* ---- a row a case ---- */

/* Figures of a case: the median and its interval, to how many times faster than naive. */
#define CASE_COLUMNS "median", "+-95%", "rate", "share of limit", "by", "/naive", "+-95%"
static void put_case(const struct bm_source *s, struct bm_grid *grid, const struct bm_run_case *c,
                     const struct bm_run_case *naive)
{
    const struct bm_value share = bm_case_of_limit(s, c), none = bm_derived(NAN, BM_UNIT_TIMES, s),
                          times = naive ? bm_case_speedup(s, c, naive) : none;
    const struct bm_interval range = naive ? bm_times_interval(naive, c) : (struct bm_interval){ 0, INFINITY };
    bm_grid_cell(grid, "%v%s|%v|%v|%b%v|%s|%v|%v", bm_case_median(s, c), c->contended ? "*" : " ", bm_case_half(s, c),
                 bm_case_rate(s, c), share.x / 100, share, c->bound, times,
                 bm_derived(50 * (range.high - range.low) / times.x, BM_UNIT_PERCENT, s));
}

/* A table an op, its shapes as lines between. */
static void put_rows(const struct bench *b)
{
    struct bm_grid *grid = NULL;
    const struct bm_run_case *last = NULL;
    for (const struct row *row = b->row; row < b->row + b->rows; last = row++->best) {
        const struct bm_run_case *c = row->best;
        if (!last || strcmp(last->op, c->op) != 0) {
            if (grid)
                bm_page_table(b->page, grid);
            grid = bm_grid_new(b->page, c->op, c->op, "thr", "kernel", CASE_COLUMNS, "/peer", "", NULL);
            bm_grid_spare(grid, "by", BM_SPARE_BARS, "+-95%", "", "+-95%", NULL);
            bm_grid_left(grid, 2);
        }
        if (!bm_grid_rows(grid) || !bm_same_work(last, c))
            bm_grid_line(grid, "  %s%s%s%s", c->shape, bm_case_is_warm(c) ? "" : "   not warm",
                         c->origin[0] ? "   " : "", c->origin);
        bm_grid_row(grid, "%s%d|%s", c->threads < 10 ? "  " : "", c->threads, bm_case_variant(c));
        put_case(b->source, grid, c, row->naive);
        if (row->peer)
            bm_grid_cell(grid, "%v|%s%s", bm_case_speedup(b->source, c, row->peer), bm_case_variant(row->peer),
                         bm_case_on_slow_path(row->peer) ? ", slow" : "");
        else
            bm_grid_cell(grid, "-");
        if (*row->ties)
            bm_grid_line(grid, "    %s", row->ties);
    }
    if (grid)
        bm_page_table(b->page, grid);
}

/* All cases, a table an op and shape. */
static void put_cases(const struct bench *b)
{
    const struct bm_run *run = &b->source->run;
    for (size_t begin = 0, end; begin < run->cases; begin = end) {
        const struct bm_run_case *group = &run->cased[begin];
        char title[512];
        end = bm_case_group_end(run, begin);
        snprintf(title, sizeof title, "%.100s  %.250s%s%.100s", group->op, group->shape, group->origin[0] ? "   " : "",
                 group->origin);
        struct bm_grid *grid = bm_grid_new(b->page, title, title, "kernel", "thr", "mem", CASE_COLUMNS, NULL);
        bm_grid_spare(grid, "mem", "by", BM_SPARE_BARS, "+-95%", "+-95%", NULL);
        for (const struct bm_run_case *c = group; c < &run->cased[end]; c++)
            if (bm_show_wanted(b->options, c->op, c->kernel)) {
                bm_grid_row(grid, "%s|%d|%s", bm_case_variant(c), c->threads, c->cache);
                put_case(b->source, grid, c, bm_case_beside(run, c, "naive", 0));
            }
        bm_page_table(b->page, grid);
    }
}

/* ---- in a sentence ---- */

/* "1.37 us +- 0.4 %" of a case that is the only one, else "the fastest of ours over 8 shapes"; then what it is set against. */
static void put_sentence(const struct bench *b, const struct row *first)
{
    const struct bm_run_case *c = first->best;
    struct bm_totals of[2] = { 0 }; /* the limits and naive over ours */
    bool contended = false;
    for (const struct row *row = first; row < b->row + b->rows; row++)
        if (same_line(row, first)) {
            bm_totals_add_limit(&of[0], row->best);
            if (row->naive)
                bm_totals_add(&of[1], row->naive, row->best);
            contended |= row->best->contended;
        }
    const struct bm_total share = bm_totals_end(&of[0]), naive = bm_totals_end(&of[1]);
    const struct bm_value value[] = { bm_case_median(b->source, c), bm_case_half(b->source, c),
                                      bm_derived(naive.ratio, BM_UNIT_TIMES, b->source),
                                      bm_derived(100 * share.ratio, BM_UNIT_PERCENT, b->source) };
    char text[4][32], what[256], against[64] = "";
    for (int i = 0; i < 4; i++)
        bm_value_text(&value[i], text[i]);
    if (share.cases == 1)
        snprintf(what, sizeof what, "%s%s%s by %s", text[0], isfinite(value[1].x) ? " +- " : "",
                 isfinite(value[1].x) ? text[1] : "", c->kernel);
    else
        snprintf(what, sizeof what, "the fastest of ours over %zu shapes", share.cases);
    if (isfinite(naive.ratio))
        snprintf(against, sizeof against, "%s naive's speed, ", text[2]);
    bm_page_text(b->page, "%s, %d thread%s: %s (%s%s of the limit)%s", c->op, c->threads, bm_plural((size_t)c->threads),
                 what, against, text[3], contended ? ", while others used the cores" : "");
}

static bool is_of(const struct row *row, const char *op) { return strcmp(row->best->op, op) == 0; }

static bool begins_op(const struct bench *b, size_t i) { return i == 0 || !is_of(&b->row[i], b->row[i - 1].best->op); }

/* At most three ops, with the fewest threads of each; of more those that this program is about. */
static void put_sentences(const struct bench *b)
{
    static const char *const about[] = { "bn_forward", "bn_backward", "gemm" };
    enum { MOST = sizeof about / sizeof *about };
    size_t ops = 0;
    for (size_t i = 0; i < b->rows; i++)
        ops += begins_op(b, i);
    for (size_t i = 0; i < b->rows && ops <= MOST; i++)
        if (begins_op(b, i))
            put_sentence(b, &b->row[i]);
    for (size_t k = 0; k < MOST && ops > MOST; k++)
        for (size_t i = 0; i < b->rows; i++)
            if (is_of(&b->row[i], about[k])) {
                put_sentence(b, &b->row[i]);
                break;
            }
}

void bm_show_cases(const struct bm_run *run, FILE *out)
{
    static const struct bm_show_options options = { .all = true };
    const struct bm_source source = { .run = *run, .is_run = true, .href = "" };
    struct bench b = { bm_page_new(BM_TEXT, NULL, "", NULL), &source, &options,
                       bm_alloc((run->cases + 1) * sizeof *b.row), 0 };
    bm_page_wide(b.page);
    put_cases(&b);
    add_rows(&b);
    put_sentences(&b);
    bm_page_print(b.page, out);
    free(b.row);
}

/* ---- at the end ---- */

static void put_legend(const struct bench *b)
{
    bool contended = false, slow = false;
    for (size_t i = 0; i < b->source->run.cases; i++) {
        contended |= b->source->run.cased[i].contended;
        slow |= bm_case_on_slow_path(&b->source->run.cased[i]);
    }
    bm_page_text(
        b->page,
        "share of limit: the least time that the roofline allows over the median; /naive and /peer: the median "
        "of the naive kernel, and of the fastest peer on as many threads, over that of this one; +-95%%: half "
        "of the 95 %% interval of the figure before; ties: kernels that are not slower by more than %g %% for "
        "certain",
        100 * BM_TIE);
    if (slow)
        bm_page_text(b->page, "slow: the peer is on a slow path: it took plain loops or SSE4.1, by its own word, for "
                              "the layout or number of channels");
    if (contended)
        bm_page_text(b->page,
                     "*: contended: others used its cores nearly all the time, it is slower than the kernel is");
}

static void put_counts(const struct bench *b)
{
    const struct bm_run *run = &b->source->run;
    const json_t *one;
    size_t i, samples = 0, contended = 0;
    double disturbed = 0;
    char title[200];
    json_array_foreach(list_of(b, "cases"), i, one)
    {
        samples += run->cased[i].samples;
        contended += run->cased[i].contended;
        disturbed += bm_member_number(one, "disturbed");
    }
    snprintf(title, sizeof title, "%zu cases (%zu contended), %zu launches, %zu samples, %.0f %% of them disturbed",
             run->cases, contended, json_array_size(list_of(b, "launches")), samples,
             samples ? 100 * disturbed / (double)samples : 0);
    bm_page_heading(b->page, title);
}

static void put_skipped(const struct bench *b)
{
    const json_t *one, *skipped = list_of(b, "skipped");
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
        bm_page_heading(b->page, label);
    json_object_foreach(reasons, reason, count)
    {
        snprintf(label, sizeof label, "%5lld", (long long)json_integer_value(count));
        bm_page_note(b->page, label, "%s", reason);
    }
    json_decref(reasons);
    put_wrong(b);
}

void bm_show_bench(struct bm_page *page, const struct bm_source *source, const struct bm_show_options *options)
{
    const size_t cases = source->run.cases;
    struct bench b = { page, source, options, bm_alloc((cases + 1) * sizeof *b.row), 0 };
    add_rows(&b);
    put_errors(&b);
    if (b.rows)
        put_glance(&b);
    else
        bm_page_heading(page, cases ? "No case of ours matches" : "No case of ours");
    if (options->all)
        put_cases(&b);
    else
        put_rows(&b);
    if (b.rows)
        put_legend(&b);
    put_counts(&b);
    put_skipped(&b);
    free(b.row);
}
