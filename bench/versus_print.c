/* SPDX-License-Identifier: MIT */
/* versus_print.c - the rows of bench --versus as tables and as JSON. */
#include <math.h>
#include <string.h>

#include "cases.h"
#include "page.h"
#include "result.h"
#include "versus_rows.h"
#include "winner.h"

/* ---- against peers: a line a row ---- */

static void put_rate(struct bm_grid *grid, const struct bm_run_case *c)
{
    if (!c)
        bm_grid_text(grid, "-");
    else if (bm_counts_flops(c))
        bm_grid_text(grid, "%.1f", c->flops / c->floor.s / 1e9);
    else
        bm_grid_text(grid, "%.2f", c->floor.s * 1e6);
}

/* "~": not of pairs. */
static void put_ratio(struct bm_grid *grid, const struct bm_versus_pair *pair)
{
    char text[48] = "-";
    if (pair)
        bm_ratio_text(&pair->ratio, text);
    bm_grid_text(grid, "%s%s", text, pair && !pair->paired ? "~" : "");
}

/* "gemm_avx2 (ties with avx512)" */
static void put_best(struct bm_grid *grid, const struct bm_versus_row *row, const char *path)
{
    const struct bm_run_case **other = bm_alloc((row->count + 1) * sizeof *other);
    char ties[BM_TIES_ROOM];
    size_t n = 0;
    for (size_t i = 0; i < row->count; i++) {
        const struct bm_run_case *c = &row->group[i];
        if (bm_versus_is_ours(row, c) && !bm_is_auto(bm_find(c->kernel)))
            other[n++] = c;
    }
    if (row->ours)
        bm_grid_line(grid, "    best of ours: %s%s%s", row->ours->kernel, bm_ties_text(row->ours, other, n, ties), path);
    free(other);
}

static void put_against_peers(struct bm_grid *grid, const struct bm_versus_row *row)
{
    const struct bm_run_case *slow = bm_versus_slow_path(row);
    char path[256] = "";
    if (slow)
        snprintf(path, sizeof path, "  (%.60s: %.150s)", bm_case_variant(slow), slow->implementation);
    bm_grid_text(grid, "%s", row->group->shape);
    bm_grid_text(grid, "%d", row->threads);
    put_rate(grid, row->automatic);
    put_rate(grid, row->ours);
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        if ((*k)->op == row->op && (*k)->peer)
            put_rate(grid, bm_versus_case(row, *k));
    put_ratio(grid, bm_versus_best(row, row->automatic));
    put_ratio(grid, bm_versus_best(row, row->ours));
    if (isnan(bm_versus_share(row)))
        bm_grid_text(grid, "-");
    else
        bm_grid_text(grid, "%.1f%%", 100 * bm_versus_share(row));
    put_best(grid, row, path);
}

/* On a narrow terminal the peers go first, but for the ratios. */
static struct bm_grid *grid_of_peers(struct bm_page *page, const struct bm_versus_row *row)
{
    enum { MOST = 32 };
    const bool flops = bm_counts_flops(row->group);
    const char *head[MOST] = { "shape", "thr", "auto", "ours" };
    size_t columns = 4;
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        if ((*k)->op == row->op && (*k)->peer && columns < MOST - 3)
            head[columns++] = (*k)->peer;
    head[columns++] = "auto/peer";
    head[columns++] = "ours/peer";
    head[columns++] = "share";
    bm_page_text(page,
                 "%s: %s by the least time; auto/peer and ours/peer: speed over the fastest peer's with its 95 %% "
                 "interval; share: of %s, by %s_auto (without it, by the best of ours)",
                 row->op->name, flops ? "GFLOP/s" : "microseconds",
                 flops ? "the FMA peak of these threads" : "the roofline's limit", row->op->name);
    struct bm_grid *grid = bm_grid_of(page, "versus", "", head, columns);
    for (size_t i = 4; i + 3 < columns; i++)
        bm_grid_spare(grid, head[i], NULL);
    bm_grid_spare(grid, "ours", "auto", NULL);
    return grid;
}

/* ---- against naive: a line a kernel ---- */

static void put_against_naive(struct bm_grid *grid, const struct bm_versus_row *row)
{
    char time[16];
    bm_grid_line(grid, "%s", row->group->shape);
    for (size_t i = 0; i < row->pairs; i++) {
        const struct bm_versus_pair *pair = &row->pair[i];
        bm_grid_text(grid, "  %s", bm_case_variant(pair->ours));
        bm_grid_text(grid, "%d", row->threads);
        bm_grid_text(grid, "%s", bm_seconds_text(pair->ours->floor.s, time));
        put_ratio(grid, pair);
    }
    put_best(grid, row, "");
}

static struct bm_grid *grid_of_naive(struct bm_page *page, const struct bm_versus_row *row)
{
    bm_page_text(page, "%s: least time, and speed over %s_naive on one thread with its 95 %% interval", row->op->name,
                 row->op->name);
    return bm_grid_new(page, "versus", "", "kernel", "thr", "time", "over naive", NULL);
}

void bm_versus_print(const struct bm_versus_row *row, size_t rows, FILE *out)
{
    bool unpaired = false, slow = false;
    struct bm_page *page = bm_page_new(BM_TEXT, NULL, "", NULL);
    struct bm_grid *grid = NULL;
    bm_page_wide(page);
    for (size_t r = 0; r < rows; r++) {
        const bool peers = row[r].against == BM_VERSUS_PEERS;
        if (r == 0 || row[r].op != row[r - 1].op) {
            if (grid)
                bm_page_table(page, grid);
            grid = peers ? grid_of_peers(page, &row[r]) : grid_of_naive(page, &row[r]);
        }
        if (peers)
            put_against_peers(grid, &row[r]);
        else
            put_against_naive(grid, &row[r]);
        slow |= bm_versus_slow_path(&row[r]) != NULL;
        for (size_t i = 0; i < row[r].pairs; i++)
            unpaired |= !row[r].pair[i].paired;
    }
    if (grid)
        bm_page_table(page, grid);
    if (slow)
        bm_page_text(page, "(peer: path): it took plain loops or SSE4.1, by its own word, for the layout or number of channels");
    if (unpaired)
        bm_page_text(page, "~: not of pairs (calls too long, or interrupted), but of the launches of the table's times");
    bm_page_print(page, out);
}

/* ---- JSON ---- */

static json_t *case_json(const struct bm_run_case *c)
{
    return c ? json_pack("{s:s, s:i, s:f, s:f, s:s*}", "kernel", c->kernel, "threads", c->threads, "median_s",
                         c->stats.median, "floor_s", c->floor.s, "implementation", c->implementation)
             : json_null();
}

static json_t *pair_json(const struct bm_versus_pair *pair)
{
    const struct bm_interval i = bm_ratio_interval(&pair->ratio);
    return json_pack("{s:s, s:i, s:s, s:i, s:o, s:o, s:o, s:I, s:b}", "kernel", pair->ours->kernel, "threads",
                     pair->ours->threads, "against", pair->rival->kernel, "against_threads", pair->rival->threads,
                     "ratio", bm_real_or_null(bm_ratio_times(&pair->ratio)), "low",
                     isinf(i.high) ? json_null() : json_real(i.low), "high", bm_real_or_null(i.high), "launches",
                     (json_int_t)pair->ratio.launches, "paired", pair->paired);
}

static json_t *best_json(const struct bm_versus_row *row, const struct bm_run_case *ours)
{
    const struct bm_versus_pair *best = bm_versus_best(row, ours);
    return best ? bm_real_or_null(bm_ratio_times(&best->ratio)) : json_null();
}

json_t *bm_versus_json(const struct bm_versus_row *row)
{
    json_t *peers = json_array(), *pairs = json_array();
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++) {
        const struct bm_run_case *c = (*k)->op == row->op && (*k)->peer ? bm_versus_case(row, *k) : NULL;
        if (c)
            json_array_append_new(peers, case_json(c));
    }
    for (size_t i = 0; i < row->pairs; i++)
        json_array_append_new(pairs, pair_json(&row->pair[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "against",
                     bm_versus_names[row->against - 1], "op", row->op->name, "shape", row->group->shape, "cache",
                     row->cache, "threads", row->threads, "auto", case_json(row->automatic), "ours",
                     case_json(row->ours), "peers", peers, "auto_ratio", best_json(row, row->automatic), "ours_ratio",
                     best_json(row, row->ours), "share", bm_real_or_null(bm_versus_share(row)), "pairs", pairs);
}
