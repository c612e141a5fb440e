/* SPDX-License-Identifier: MIT */
#include "drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

enum { ROUNDS = 20 }; /* of the fit: more change nothing that matters */

/* Single wild values do not move it, of three or four neither. */
static double middle(double *value, size_t n)
{
    return n < BM_DRIFT_LEAST ? bm_summarise(value, n).median : bm_trim(value, n).mean;
}

static bool takes_part(const struct bm_cell *c, int class, bool any_code)
{
    return c->seen > 1 && (c->known || any_code) && (class < 0 || c->class == class);
}

/* Do all cases tell the level of a result, since canaries do not join it to one beside it? */
static bool any_code_tells(const struct bm_drift *d, size_t runs, size_t run)
{
    return d->unknown[run] || (run + 1 < runs && d->unknown[run + 1]);
}

/* Canaries of a result, of a class or (-1) of all. */
static size_t count_canaries(const struct bm_canaries *all, size_t run, int class, bool any_code)
{
    size_t n = 0;
    for (size_t i = all->first[run]; i < all->first[run + 1]; i++)
        n += takes_part(&all->cell[all->seen[i].cell], class, any_code);
    return n;
}

/* Level of a result, so that kernels take the time that they took when they were last seen. NaN: too few tell.
 * `last`: of each cell, its observation before this result, plus 1. */
static double predict(const struct bm_canaries *all, size_t run, const double *level, const size_t *last, size_t least)
{
    size_t n = 0;
    for (size_t i = all->first[run]; i < all->first[run + 1]; i++) {
        const struct bm_seen *now = &all->seen[i];
        if (!all->cell[now->cell].known || !last[now->cell])
            continue;
        const struct bm_seen *before = &all->seen[last[now->cell] - 1];
        all->room[n++] = now->x - before->x + level[before->run];
    }
    return n >= least ? middle(all->room, n) : NAN;
}

/* The same by all cases that the last result with cases in common has, whatever their code. */
static double predict_by_any(const struct bm_canaries *all, size_t run, const double *level)
{
    for (size_t before = run; before-- > 0;) {
        size_t n = 0;
        for (size_t i = 0; i < all->run[run].cases; i++) {
            const struct bm_history_case *c = bm_history_case_named(&all->run[before], all->run[run].cased[i].name);
            if (c)
                all->room[n++] = log(all->run[run].cased[i].floor_s / c->floor_s) + level[before];
        }
        if (n >= BM_DRIFT_LEAST)
            return middle(all->room, n);
    }
    return NAN;
}

static void begin(const struct bm_canaries *all, struct bm_drift *d)
{
    size_t *last = bm_alloc((all->cells + 1) * sizeof *last);
    for (size_t r = 0; r < all->runs; r++) {
        if (r) {
            d->all[r] = predict(all, r, d->all, last, BM_DRIFT_FEW);
            d->unknown[r] = isnan(d->all[r]);
        }
        if (d->unknown[r])
            d->all[r] = predict_by_any(all, r, d->all);
        if (isnan(d->all[r]))
            d->all[r] = d->all[r - 1];
        for (size_t i = all->first[r]; i < all->first[r + 1]; i++)
            last[all->seen[i].cell] = i + 1;
    }
    free(last);
}

/* Of a class, or (-1) of all. */
static void fit_cells(struct bm_canaries *all, int class, const double *level)
{
    const size_t *next = all->by_cell;
    for (size_t c = 0; c < all->cells; next += all->cell[c++].seen) {
        const size_t n = all->cell[c].seen;
        if (class >= 0 && all->cell[c].class != class)
            continue;
        for (size_t i = 0; i < n; i++)
            all->room[i] = all->seen[next[i]].x - level[all->seen[next[i]].run];
        all->cell[c].level = middle(all->room, n);
    }
}

static double fit_result(const struct bm_canaries *all, size_t run, int class, bool any_code)
{
    size_t n = 0;
    for (size_t i = all->first[run]; i < all->first[run + 1]; i++)
        if (takes_part(&all->cell[all->seen[i].cell], class, any_code))
            all->room[n++] = all->seen[i].x - all->cell[all->seen[i].cell].level;
    return middle(all->room, n);
}

/* Where too few take part, a result stays as it is (class -1), or goes with all classes since its own was known. */
static void polish(struct bm_canaries *all, const struct bm_drift *d, int class, double *level)
{
    const size_t runs = all->runs, least = class < 0 ? BM_DRIFT_FEW : BM_DRIFT_LEAST;
    for (int round = 0; round < ROUNDS; round++) {
        double apart = NAN; /* the class from all, when it was last known */
        fit_cells(all, class, level);
        for (size_t r = 0; r < runs; r++) {
            const bool any_code = any_code_tells(d, runs, r);
            const bool tells = count_canaries(all, r, class, any_code) >= least;
            if (tells)
                level[r] = fit_result(all, r, class, any_code);
            if (class < 0)
                continue;
            for (size_t back = r; tells && isnan(apart) && back-- > 0;)
                level[back] = d->all[back] + level[r] - d->all[r];
            if (tells)
                apart = level[r] - d->all[r];
            else if (!isnan(apart))
                level[r] = d->all[r] + apart;
        }
    }
}

static void begin_at_zero(double *level, size_t runs)
{
    for (size_t r = runs; r-- > 0;)
        level[r] -= level[0];
}

/* Of each class in each result; returns whether the class has a level of its own in most results with such cases. */
static bool count_class(const struct bm_canaries *all, struct bm_drift *d, int class)
{
    size_t with = 0, own = 0;
    for (size_t r = 0; r < all->runs; r++) {
        bool any = false;
        for (size_t i = all->first[r]; i < all->first[r + 1] && !any; i++)
            any = all->cell[all->seen[i].cell].class == class;
        d->told_by[class][r] = count_canaries(all, r, class, any_code_tells(d, all->runs, r));
        with += any;
        own += any && d->told_by[class][r] >= BM_DRIFT_LEAST;
    }
    return 2 * own > with;
}

/* ---- the whole ---- */

void bm_drift_find(struct bm_drift *d, const struct bm_history_run *run, size_t runs)
{
    struct bm_canaries *all = d->canaries = bm_canaries_of(run, runs);
    d->all = bm_alloc((runs + 1) * sizeof *d->all);
    d->unknown = bm_alloc((runs + 1) * sizeof *d->unknown);
    all->unknown = d->unknown;
    begin(all, d);
    polish(all, d, -1, d->all);
    begin_at_zero(d->all, runs);
    for (int class = 0; class < BM_DRIFT_CLASSES; class ++) {
        d->level[class] = bm_alloc((runs + 1) * sizeof *d->all);
        memcpy(d->level[class], d->all, runs * sizeof *d->all);
        polish(all, d, class, d->level[class]);
        begin_at_zero(d->level[class], runs);
        d->told_by[class] = bm_alloc((runs + 1) * sizeof *d->told_by[class]);
        d->own[class] = count_class(all, d, class);
    }
}

void bm_drift_free(struct bm_drift *d)
{
    for (int class = 0; class < BM_DRIFT_CLASSES; class ++)
        free(d->level[class]), free(d->told_by[class]);
    bm_canaries_free(d->canaries);
    free(d->all);
    free(d->unknown);
    free(d->move);
}

struct bm_canary_fit bm_drift_fit(const struct bm_drift *d, int class, size_t from, size_t at, size_t to)
{
    double *after = bm_alloc((d->canaries->runs + 1) * sizeof *after);
    for (size_t r = at; r < to; r++)
        after[r] = 1;
    const struct bm_canary_fit fit =
        bm_canaries_fit(d->canaries, d->own[class] ? class : -1, after, d->level[class], from, to);
    free(after);
    return fit;
}
