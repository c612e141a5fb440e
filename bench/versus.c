/* SPDX-License-Identifier: MIT */
#include "versus.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call_caches.h"
#include "cases.h"
#include "pairs_run.h"
#include "plan.h"
#include "topology.h"
#include "winner.h"

/* ---- what is set against what ---- */

static bool is_rival(const struct bm_versus_row *row, const struct bm_run_case *c)
{
    const struct bm_kernel *k = bm_versus_kernel(c);
    if (strcmp(c->cache, row->cache) != 0)
        return false;
    return row->against == BM_VERSUS_NAIVE ? bm_is_naive(k) : k->peer && !k->prepare && c->threads == row->threads;
}

static void add_pairs(struct bm_versus_row *row, const struct bm_run_case *ours)
{
    double least = INFINITY;
    for (size_t i = 0; i < row->count; i++)
        if (is_rival(row, &row->group[i]))
            least = fmin(least, row->group[i].floor.s);
    for (size_t i = 0; ours && i < row->count; i++)
        if (is_rival(row, &row->group[i]) && row->group[i].floor.s <= (1 + BM_VERSUS_NEAR) * least)
            row->pair[row->pairs++] = (struct bm_versus_pair){ .ours = ours, .rival = &row->group[i] };
}

static void find_ours(struct bm_versus_row *row)
{
    const struct bm_run_case **ours = bm_alloc((row->count + 1) * sizeof *ours);
    size_t n = 0;
    for (size_t i = 0; i < row->count; i++) {
        const struct bm_run_case *c = &row->group[i];
        if (!bm_versus_is_ours(row, c))
            continue;
        if (!bm_is_auto(bm_versus_kernel(c)))
            ours[n++] = c;
        else if (c->threads == row->threads)
            row->automatic = c;
    }
    if (n)
        row->ours = ours[bm_fastest_of(ours, n)];
    free(ours);
}

/* The best peak of so many threads. */
static double fma_peak(const struct bm_run *run, int threads)
{
    double best = 0;
    const json_t *l;
    size_t i;
    json_array_foreach(json_object_get(run->ours, "limits"), i, l)
        if (json_integer_value(json_object_get(l, "threads")) == threads)
            best = fmax(best, json_number_value(json_object_get(l, "fma_gflops")));
    return best;
}

static bool has_cases(const struct bm_versus_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (row->group[i].threads == row->threads && strcmp(row->group[i].cache, row->cache) == 0)
            return true;
    return false;
}

/* The rows of a group, one a cache state and number of threads; returns how many. */
static size_t add_rows(const struct bm_run *run, int against, const struct bm_run_case *group, size_t count,
                       struct bm_versus_row *row)
{
    size_t rows = 0;
    for (int cache = 0; cache < BM_CACHE_STATES; cache++)
        for (int threads = 1; threads <= bm_cores_available(); threads++) {
            struct bm_versus_row *r = &row[rows];
            *r = (struct bm_versus_row){ against, bm_versus_kernel(group)->op, group, count, bm_cache_names[cache],
                                         threads, .fma_gflops = fma_peak(run, threads) };
            if (!has_cases(r))
                continue;
            rows++;
            r->pair = bm_alloc((2 * count + 1) * sizeof *r->pair);
            find_ours(r);
            if (against == BM_VERSUS_PEERS) {
                add_pairs(r, r->automatic);
                add_pairs(r, r->ours);
            } else
                for (size_t i = 0; i < count; i++)
                    if (bm_versus_is_ours(r, &group[i]))
                        add_pairs(r, &group[i]);
        }
    return rows;
}

static struct bm_versus_row *find_rows(const struct bm_run *run, int against, size_t *rows)
{
    struct bm_versus_row *row = bm_alloc((run->cases + 1) * sizeof *row);
    *rows = 0;
    for (size_t begin = 0, end; begin < run->cases; begin = end) {
        end = bm_case_group_end(run, begin);
        *rows += add_rows(run, against, &run->cased[begin], end - begin, row + *rows);
    }
    return row;
}

/* ---- pairs ---- */

static struct bm_paired paired_of(const struct bm_versus_row *row, const struct bm_versus_pair *pair)
{
    const struct bm_run_case *a = pair->ours, *b = pair->rival;
    struct bm_paired p = { .op = row->op,
                           .shape = a->shape,
                           .cache = row->cache,
                           .work = a->flops + a->read_bytes + a->write_bytes,
                           .kernel = { a->kernel, b->kernel },
                           .threads = { a->threads, b->threads },
                           .figures.verdict = BM_PAIR_INCONCLUSIVE };
    if (a->floor.s + b->floor.s > BM_VERSUS_CALLS)
        p.figures = (struct bm_pair_figures){ .done = true, .verdict = BM_PAIR_SKIPPED };
    return p;
}

static void take_ratio(struct bm_versus_pair *pair, const struct bm_pair_figures *f)
{
    pair->paired = f->launches >= BM_PAIRS_LEAST;
    pair->ratio = pair->paired ? (struct bm_ratio){ f->launches, f->mean, f->error, f->df }
                               : bm_ratio_of_cases(pair->rival, pair->ours);
}

static bool is_right(const struct bm_pairs_run *run, struct bm_error *error)
{
    for (size_t i = 0; i < run->count; i++)
        if (bm_pair_fault(run->paired[i].figures.verdict))
            return bm_failed(error, "%s, in pairs of %s and %s", run->paired[i].reason, run->paired[i].kernel[0],
                             run->paired[i].kernel[1]);
    return true;
}

static bool measure(struct bm_versus_row *row, size_t rows, double time_cap, uint64_t seed, struct bm_error *error)
{
    struct bm_pairs_run run = { .precision = BM_VERSUS_PRECISION, .max_call = BM_VERSUS_CALLS, .seed = seed };
    size_t most = 0, open = 0, at = 0;
    for (size_t r = 0; r < rows; r++)
        most += row[r].pairs;
    run.paired = bm_alloc((most + 1) * sizeof *run.paired);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < row[r].pairs; i++) {
            run.paired[run.count++] = paired_of(&row[r], &row[r].pair[i]);
            open += !run.paired[run.count - 1].figures.done;
        }
    run.side[0].thresholds = run.side[1].thresholds = bm_call_caches()->thresholds;
    run.time_cap = time_cap >= 0 ? time_cap : fmax(10, 0.4 * (double)open);
    const bool good = bm_pairs_measure(&run, error) && is_right(&run, error);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < row[r].pairs; i++)
            take_ratio(&row[r].pair[i], &run.paired[at++].figures);
    if (open)
        printf("\n%zu pairs in %d more launches and %.0f s\n", open, run.launches, run.seconds);
    free(run.paired);
    json_decref(run.context);
    return good;
}

/* ---- the whole ---- */

static void print_absent(void)
{
    const char *why;
    for (const struct bm_kernel *const *p = bm_kernels; *p; p++)
        if ((*p)->peer && !bm_runnable(*p, &why))
            printf("  %s is absent: %s\n", (*p)->name, why);
}

bool bm_versus(const struct bm_run *run, int against, double time_cap, uint64_t seed, json_t *result,
               struct bm_error *error)
{
    size_t rows;
    struct bm_versus_row *row = find_rows(run, against, &rows);
    json_t *list = json_array(), *ours = json_object_get(result, "batchmark");
    const bool good = measure(row, rows, time_cap, seed, error);
    bm_versus_print(row, rows, stdout);
    for (size_t r = 0; r < rows; r++)
        json_array_append_new(list, bm_versus_json(&row[r]));
    json_object_set_new(ours, "versus", list);
    json_object_set_new(ours, "versus_summary", bm_versus_summarise(row, rows, stdout));
    if (against == BM_VERSUS_PEERS)
        print_absent();
    for (size_t r = 0; r < rows; r++)
        free(row[r].pair);
    free(row);
    return good;
}
