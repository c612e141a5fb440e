/* SPDX-License-Identifier: MIT */
#include "versus_rows.h"

#include <math.h>
#include <string.h>

#include "cases.h"

const char *const bm_versus_names[] = { "peers", "naive", NULL };

static bool ends_with(const struct bm_kernel *k, const char *end)
{
    return strcmp(k->name + strlen(k->op->name), end) == 0;
}

bool bm_is_auto(const struct bm_kernel *kernel) { return ends_with(kernel, "_auto"); }
bool bm_is_naive(const struct bm_kernel *kernel) { return ends_with(kernel, "_naive"); }

bool bm_versus_wanted(const struct bm_kernel *kernel, int against)
{
    bool compared = false;
    if (against == BM_VERSUS_NAIVE)
        return !kernel->peer;
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        compared |= (*k)->peer && (*k)->op == kernel->op;
    return compared && (kernel->peer || bm_is_auto(kernel) || (kernel->isa != BM_BASELINE && !strstr(kernel->name, "_autovec")));
}

const struct bm_kernel *bm_versus_kernel(const struct bm_run_case *c) { return bm_find(c->kernel); }

bool bm_versus_is_ours(const struct bm_versus_row *row, const struct bm_run_case *c)
{
    const struct bm_kernel *k = bm_versus_kernel(c);
    if (k->peer || strcmp(c->cache, row->cache) != 0)
        return false;
    return row->against == BM_VERSUS_NAIVE ? c->threads == row->threads && !bm_is_naive(k) : c->threads <= row->threads;
}

/* Is the rival of `other` faster than that of `best`, for certain? */
static bool is_faster(const struct bm_versus_pair *other, const struct bm_versus_pair *best)
{
    return bm_ratio_interval(&other->ratio).high < bm_ratio_times(&best->ratio);
}

const struct bm_versus_pair *bm_versus_best(const struct bm_versus_row *row, const struct bm_run_case *ours)
{
    const struct bm_versus_pair *best = NULL, *faster;
    for (size_t i = 0; ours && i < row->pairs; i++)
        if (row->pair[i].ours == ours && (!best || row->pair[i].rival->floor.s < best->rival->floor.s))
            best = &row->pair[i];
    faster = best;
    for (size_t i = 0; best && i < row->pairs; i++)
        if (row->pair[i].ours == ours && is_faster(&row->pair[i], best) && row->pair[i].ratio.log < faster->ratio.log)
            faster = &row->pair[i];
    return faster;
}

const struct bm_run_case *bm_versus_slow_path(const struct bm_versus_row *row)
{
    const struct bm_versus_pair *best = bm_versus_best(row, row->automatic ? row->automatic : row->ours);
    return best && bm_case_on_slow_path(best->rival) ? best->rival : NULL;
}

const struct bm_run_case *bm_versus_case(const struct bm_versus_row *row, const struct bm_kernel *kernel)
{
    for (size_t i = 0; i < row->count; i++) {
        const struct bm_run_case *c = &row->group[i];
        if (bm_versus_kernel(c) == kernel && c->threads == row->threads && strcmp(c->cache, row->cache) == 0)
            return c;
    }
    return NULL;
}

double bm_versus_share(const struct bm_versus_row *row)
{
    const struct bm_run_case *c = row->automatic ? row->automatic : row->ours;
    if (!c)
        return NAN;
    return (bm_counts_flops(c) ? c->flops / (row->fma_gflops * 1e9) : c->bound_s) / c->floor.s;
}
