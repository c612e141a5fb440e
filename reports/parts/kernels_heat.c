/* SPDX-License-Identifier: MIT */
/* kernels_heat.c - heat maps of which variant wins where. */
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "kernels_section.h"
#include "part_common.h"
#include "winner.h"

bool bm_is_of(const struct bm_run_case *c, const struct bm_work *work, int threads)
{
    return bm_case_is_warm(c) && (!threads || c->threads == threads) && bm_same_work(c, work->first);
}

/* Columns: naive first, then by ISA, auto, and the peers last. */
static int rank_of(const struct bm_run_case *c)
{
    static const char *const family[] = { "naive", "autovec", "avx2", "avx512" };
    const char *variant = bm_case_variant(c);
    if (bm_case_is_peer(c))
        return 6;
    if (strcmp(variant, "auto") == 0)
        return 5;
    for (int i = 3; i >= 0; i--)
        if (strncmp(variant, family[i], strlen(family[i])) == 0)
            return i;
    return 4;
}

static int by_rank(const void *a, const void *b)
{
    const struct bm_run_case *c = *(const struct bm_run_case *const *)a, *d = *(const struct bm_run_case *const *)b;
    const int order = rank_of(c) - rank_of(d);
    return order ? order : strcmp(bm_case_variant(c), bm_case_variant(d));
}

/* A case of each variant that a section has with that many threads; free() it. */
static const struct bm_run_case **variants_of(const struct bm_section *s, int threads, size_t *count)
{
    const struct bm_run_case **list = bm_alloc((s->run->cases + 1) * sizeof *list);
    *count = 0;
    for (const struct bm_run_case *c = s->run->cased; c < s->run->cased + s->run->cases; c++)
        for (size_t w = 0; w < s->works; w++) {
            size_t known = 0;
            if (!bm_is_of(c, &s->work[w], threads))
                continue;
            while (known < *count && strcmp(bm_case_variant(list[known]), bm_case_variant(c)) != 0)
                known++;
            if (known == *count)
                list[(*count)++] = c;
            break;
        }
    if (*count)
        qsort(list, *count, sizeof *list, by_rank);
    return list;
}

static const struct bm_run_case *fastest_of(const struct bm_section *s, const struct bm_work *work, int threads)
{
    const struct bm_run_case *ours = bm_case_fastest(s->run, work->first, threads, false);
    const struct bm_run_case *peer = bm_case_fastest(s->run, work->first, threads, true);
    return !ours || (peer && peer->stats.median < ours->stats.median) ? peer : ours;
}

/* What a heat map's sentence says of the variant that wins most. */
struct winner {
    int wins, rows;
    const char *name;
    double least; /* its lowest speed, in percent of the winner's; 101: it always wins */
    const struct bm_run_case *at, *best;
};

static void put_heat_row(struct bm_section *s, struct bm_grid *grid, const struct bm_work *work, int threads,
                         const struct bm_run_case *const *variant, size_t variants, struct winner *all)
{
    char name[BM_WORK_NAME];
    const struct bm_run_case *best = fastest_of(s, work, threads);
    if (!best)
        return;
    bm_grid_row(grid, "%s", bm_work_name(work, s->several, name));
    for (size_t i = 0; i < variants; i++) {
        const struct bm_run_case *c = bm_case_beside(s->run, work->first, bm_case_variant(variant[i]), threads);
        all[i].rows++;
        if (!c) {
            bm_grid_cell(grid, "");
            continue;
        }
        const double percent = 100 * best->stats.median / c->stats.median;
        const bool wins = c == best || bm_ties(best, c);
        bm_grid_heat(grid, percent / 100, wins, "%v", bm_case_percent(s->source, c, best, BM_UNIT_COUNT));
        all[i].wins += wins;
        if (!wins && percent < all[i].least) {
            all[i].least = percent;
            all[i].at = c;
            all[i].best = best;
        }
    }
}

void bm_put_heat_map(struct bm_section *s, int threads)
{
    size_t variants;
    const struct bm_run_case **variant = variants_of(s, threads, &variants);
    const char **column = bm_alloc((variants + 1) * sizeof *column);
    char(*head)[128] = bm_alloc((variants + 1) * sizeof *head);
    struct winner *all = bm_alloc((variants + 1) * sizeof *all), *most = all;
    char id[64], title[64], caption[160];
    snprintf(title, sizeof title, "%s", s->title);
    column[0] = s->several ? "Op and shape" : "Shape";
    for (size_t i = 0; i < variants; i++) {
        column[i + 1] = bm_shortened(bm_case_variant(variant[i]), BM_ROW_NAME, head[i]);
        all[i] = (struct winner){ .name = bm_case_variant(variant[i]), .least = 101 };
    }
    snprintf(caption, sizeof caption, "%s with %d thread%s: speed in percent of the fastest of the row",
             bm_text_whole(title), threads, bm_plural((size_t)threads));
    bm_work_id(threads == 1 ? "heat-1" : "heat", s->several ? "other" : s->title, s->number, id);
    struct bm_grid *grid = bm_grid_of(s->page, id, caption, column, variants + 1);
    for (size_t w = 0; w < s->works; w++)
        put_heat_row(s, grid, &s->work[w], threads, variant, variants, all);
    for (size_t i = 1; i < variants; i++)
        if (all[i].wins > most->wins)
            most = &all[i];
    if (most->wins == most->rows)
        bm_page_heat_map(s->page, grid,
                         most->rows == 1 ? "%s is the fastest, or ties with it."
                                         : "%s is the fastest, or ties with it, on all %d rows.",
                         most->name, most->rows);
    else if (most->least > 100)
        bm_page_heat_map(s->page, grid, "%s is the fastest, or ties with it, most often: on %d of %d rows.", most->name,
                         most->wins, most->rows);
    else
        bm_page_heat_map(s->page, grid,
                         "%s is the fastest, or ties with it, most often: on %d of %d rows; elsewhere it has at least "
                         "%v of the fastest one's speed.",
                         most->name, most->wins, most->rows,
                         bm_case_percent(s->source, most->at, most->best, BM_UNIT_PERCENT));
    free(all);
    free(column);
    free(head);
    free(variant);
}
