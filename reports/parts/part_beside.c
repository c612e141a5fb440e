/* SPDX-License-Identifier: MIT */
/* part_beside.c - the shown result beside a reference: the largest GEMM and BN, a row each. */
#include <math.h>
#include <string.h>

#include "cases.h"
#include "part_common.h"
#include "parts.h"
#include "scaling_pairs.h"

enum { MOST_WORKS = 6 };

struct headline {
    const char *op, *origin, *level; /* what is asked for; "": any; origin: a part of it */
};

/* The largest work that fits and that both runs timed with so many threads. */
static const struct bm_run_case *find_work(const struct bm_run *here, const struct bm_run *there,
                                           const struct headline *h, int threads)
{
    const struct bm_run_case *best = NULL;
    for (size_t i = 0; i < here->cases; i++) {
        const struct bm_run_case *c = &here->cased[i];
        const double work = c->flops + c->read_bytes, most = best ? best->flops + best->read_bytes : -1;
        if (bm_case_is_warm(c) && c->threads == threads && strcmp(c->op, h->op) == 0 && strstr(c->origin, h->origin) &&
            (!*h->level || strcmp(c->level, h->level) == 0) && work > most &&
            bm_case_fastest(here, c, threads, false) && bm_case_fastest(there, c, threads, false))
            best = c;
    }
    return best;
}

static void add_side(struct bm_grid *grid, const struct bm_source *s, const struct bm_run_case *c)
{
    bm_grid_cell(grid, "%v%s|%v|%v", bm_case_median(s, c), c->contended ? "\u00a0*" : "", bm_case_rate(s, c),
                 bm_case_of_limit(s, c));
}

/* Returns whether others used the cores. */
static bool add_work(struct bm_grid *grid, const struct bm_source *here, const struct bm_source *there,
                     const struct bm_run_case *work, int threads)
{
    const struct bm_run_case *a = bm_case_fastest(&here->run, work, threads, false),
                             *b = bm_case_fastest(&there->run, work, threads, false);
    char *shape = bm_short_shape(work->shape), of[2][BM_FROM_ROOM];
    bm_grid_row(grid, "%s %s, %d thread%+", work->op, shape, threads);
    add_side(grid, here, a);
    add_side(grid, there, b);
    bm_grid_cell(grid, "%v|%r",
                 bm_value_of(a->stats.median / b->stats.median, BM_UNIT_TIMES, here, "%s/@%d:%s",
                             bm_case_median_from(here, a, of[0]), there->number, bm_case_median_from(there, b, of[1])),
                 bm_range_of(bm_apart_interval(a, b), 1, BM_UNIT_TIMES, here));
    free(shape);
    return a->contended || b->contended;
}

void bm_part_beside(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *here = bm_library_bench(library);
    bm_page_part(page, "beside", "Beside a reference");
    if (!here) {
        bm_page_missing(page, "make bench", "a result of bench to set beside a reference.");
        return;
    }

    static const struct headline asked[MOST_WORKS] = {
        { "gemm", "", "" },          { "gemm", ":forward", "" },
        { "bn_forward", "", "L2" },  { "bn_forward", "", "memory" },
        { "bn_backward", "", "L2" }, { "bn_backward", "", "memory" },
    };
    const struct bm_source *there = bm_library_beside(library);
    if (!there) {
        if (here->reference)
            bm_page_paragraph(
                page, "This is a reference that is kept; make bench adds a run of the machine that you are on.");
        else
            bm_page_missing(page, "git checkout results", "A reference (a compressed result) to set beside this run.");
        return;
    }
    char caption[200], when[2][BM_WHEN];
    snprintf(caption, sizeof caption,
             "This run (%s) beside the reference of %.60s (%s): our fastest kernel on either side",
             bm_when(here->date, when[0]), there->machine, bm_when(there->date, when[1]));
    struct bm_grid *grid =
        bm_grid_new(page, "beside-reference", caption, "work", "time", "rate", "of its limit", "reference's time",
                    "reference's rate", "of its limit", "time over the reference's", "95 % from", "to", NULL);
    int threads[BM_MOST_COUNTS] = { 1 };
    const size_t counts = bm_thread_counts(&here->run, threads);
    const struct bm_run_case *had[2 * MOST_WORKS] = { 0 };
    size_t n = 0;
    bool contended = false;
    for (size_t i = 0; i < MOST_WORKS; i++)
        for (size_t t = 0; t < (counts > 1 ? 2u : 1u); t++) { /* the fewest threads, and the most */
            const int with = threads[t ? counts - 1 : 0];
            const struct bm_run_case *work = find_work(&here->run, &there->run, &asked[i], with);
            bool again = !work;
            for (size_t k = 0; k < n; k++)
                again |= had[k] == work;
            if (again)
                continue;
            had[n++] = work;
            contended |= add_work(grid, here, there, work, with);
        }
    bm_page_table(page, grid);
    if (contended)
        bm_page_paragraph(page, "* Others used the cores all the time: these times are theirs, too.");
    if (!n)
        bm_page_missing(page, "make bench", "A work that both this run and the reference of %s timed.", there->machine);
}
