/* SPDX-License-Identifier: MIT */
/* versus_print.c - the rows of bench --versus as tables and as JSON. */
#include <math.h>
#include <string.h>

#include "cases.h"
#include "result.h"
#include "versus_rows.h"
#include "winner.h"

enum { RATIO_WIDTH = 23 };

/* ---- against peers: a line a row ---- */

static void print_rate(const struct bm_run_case *c, FILE *out)
{
    if (!c)
        fprintf(out, " %9s", "-");
    else if (bm_counts_flops(c))
        fprintf(out, " %9.1f", c->flops / c->floor.s / 1e9);
    else
        fprintf(out, " %9.2f", c->floor.s * 1e6);
}

/* "~": not of pairs. */
static void print_ratio(const struct bm_versus_pair *pair, FILE *out)
{
    char text[48] = "-";
    if (pair)
        bm_ratio_text(&pair->ratio, text);
    fprintf(out, " %*s%c", RATIO_WIDTH, text, pair && !pair->paired ? '~' : ' ');
}

static void print_share(double share, FILE *out)
{
    if (isnan(share))
        fprintf(out, " %6s", "-");
    else
        fprintf(out, " %5.1f%%", 100 * share);
}

/* "gemm_avx2 (ties with avx512)" */
static void print_best(const struct bm_versus_row *row, FILE *out)
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
        fprintf(out, "  %s%s", row->ours->kernel, bm_ties_text(row->ours, other, n, ties));
    else
        fputs("  -", out);
    free(other);
}

static void print_slow_path(const struct bm_run_case *rival, FILE *out)
{
    if (rival)
        fprintf(out, "  (%s: %s)", bm_case_variant(rival), rival->implementation);
}

static void print_against_peers(const struct bm_versus_row *row, bool head, FILE *out)
{
    const struct bm_kernel *const *k;
    if (head) {
        const bool flops = bm_counts_flops(row->group);
        fprintf(out,
                "\n%s: %s by the least time; auto/peer and ours/peer: speed over the fastest peer's with its 95 %% "
                "interval; share: of %s, by %s_auto (without it, by the best of ours)\n%-32s %3s %9s %9s",
                row->op->name, flops ? "GFLOP/s" : "microseconds",
                flops ? "the FMA peak of these threads" : "the roofline's limit", row->op->name, "shape", "thr", "auto",
                "ours");
        for (k = bm_kernels; *k; k++)
            if ((*k)->op == row->op && (*k)->peer)
                fprintf(out, " %9s", (*k)->peer);
        fprintf(out, " %*s  %*s  %6s  %s\n", RATIO_WIDTH, "auto/peer", RATIO_WIDTH, "ours/peer", "share",
                "best of ours");
    }
    fprintf(out, "%-32s %3d", row->group->shape, row->threads);
    print_rate(row->automatic, out);
    print_rate(row->ours, out);
    for (k = bm_kernels; *k; k++)
        if ((*k)->op == row->op && (*k)->peer)
            print_rate(bm_versus_case(row, *k), out);
    print_ratio(bm_versus_best(row, row->automatic), out);
    print_ratio(bm_versus_best(row, row->ours), out);
    print_share(bm_versus_share(row), out);
    print_best(row, out);
    print_slow_path(bm_versus_slow_path(row), out);
    fputc('\n', out);
}

/* ---- against naive: a line a kernel ---- */

static void print_against_naive(const struct bm_versus_row *row, bool head, FILE *out)
{
    char time[16];
    if (head)
        fprintf(out,
                "\n%s: least time, and speed over %s_naive on one thread with its 95 %% interval\n%-32s %3s %-16s %9s "
                "%*s\n",
                row->op->name, row->op->name, "shape", "thr", "kernel", "time", RATIO_WIDTH, "over naive");
    for (size_t i = 0; i < row->pairs; i++) {
        const struct bm_versus_pair *pair = &row->pair[i];
        fprintf(out, "%-32s %3d %-16s %9s", i ? "" : row->group->shape, row->threads, bm_case_variant(pair->ours),
                bm_seconds_text(pair->ours->floor.s, time));
        print_ratio(pair, out);
        if (pair->ours == row->ours) {
            fputs("  best of ours:", out);
            print_best(row, out);
        }
        fputc('\n', out);
    }
}

void bm_versus_print(const struct bm_versus_row *row, size_t rows, FILE *out)
{
    bool unpaired = false, slow = false;
    for (size_t r = 0; r < rows; r++) {
        const bool head = r == 0 || row[r].op != row[r - 1].op;
        if (row[r].against == BM_VERSUS_PEERS)
            print_against_peers(&row[r], head, out);
        else
            print_against_naive(&row[r], head, out);
        slow |= bm_versus_slow_path(&row[r]) != NULL;
        for (size_t i = 0; i < row[r].pairs; i++)
            unpaired |= !row[r].pair[i].paired;
    }
    if (slow)
        fprintf(out,
                "(peer: path): it took plain loops or SSE4.1, by its own word, for the layout or number of channels\n");
    if (unpaired)
        fprintf(out, "~: not of pairs (calls too long, or interrupted), but of the launches of the table's times\n");
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
