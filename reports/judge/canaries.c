/* SPDX-License-Identifier: MIT */
#include "canaries.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffers.h"
#include "pairs.h"

/* `how` tells apart what is not to be compared: floors, and times beside. */
static void observe(struct bm_canaries *all, size_t run, int class, const char *name, const char *code, const char *how,
                    double s)
{
    char key[1024];
    snprintf(key, sizeof key, "%s\n%s\n%.900s", how, code, name);
    const json_t *known = json_object_get(all->index, key);
    const size_t at = known ? (size_t)json_integer_value(known) : all->cells;
    struct bm_cell *cell = &all->cell[at];
    if (!known) {
        json_object_set_new(all->index, key, json_integer((json_int_t)all->cells++));
        *cell = (struct bm_cell){ .class = class, .known = *code };
    }
    if (cell->seen &&
        all->seen[cell->last].run == run) { /* beside two older results: the least is nearest to the floor */
        all->seen[cell->last].x = fmin(all->seen[cell->last].x, log(s));
        return;
    }
    cell->seen++;
    cell->last = all->count;
    all->seen[all->count++] = (struct bm_seen){ run, at, log(s) };
}

static void observe_all(struct bm_canaries *all)
{
    for (size_t r = 0; r < all->runs; r++) {
        const struct bm_history_run *run = &all->run[r];
        all->first[r] = all->count;
        for (size_t i = 0; i < run->cases; i++) {
            const struct bm_history_case *c = &run->cased[i];
            observe(all, r, bm_pairs_class(c->level, c->threads), c->name, c->code, "floor", c->floor_s);
        }
        for (size_t i = 0; i < run->besides; i++) {
            const struct bm_beside *b = &run->beside[i];
            const struct bm_history_case *c = bm_history_case_named(run, b->name);
            for (int side = 0; side < 2 && c; side++)
                observe(all, r, bm_pairs_class(c->level, c->threads), b->name, b->code[side], "beside", b->call_s[side]);
        }
    }
    all->first[all->runs] = all->count;
}

static void sort_by_cell(struct bm_canaries *all)
{
    size_t *next = bm_alloc((all->cells + 1) * sizeof *next), at = 0;
    for (size_t c = 0; c < all->cells; c++) {
        next[c] = at;
        at += all->cell[c].seen;
    }
    for (size_t i = 0; i < all->count; i++)
        all->by_cell[next[all->seen[i].cell]++] = i;
    free(next);
}

struct bm_canaries *bm_canaries_of(const struct bm_history_run *run, size_t runs)
{
    size_t most = 1;
    for (size_t r = 0; r < runs; r++)
        most += run[r].cases + 2 * run[r].besides;
    struct bm_canaries *all = bm_alloc(sizeof *all);
    *all = (struct bm_canaries){ .run = run,
                                 .runs = runs,
                                 .cell = bm_alloc(most * sizeof *all->cell),
                                 .seen = bm_alloc(most * sizeof *all->seen),
                                 .first = bm_alloc((runs + 1) * sizeof *all->first),
                                 .by_cell = bm_alloc(most * sizeof *all->by_cell),
                                 .index = json_object(),
                                 .room = bm_alloc(most * sizeof *all->room) };
    observe_all(all);
    sort_by_cell(all);
    return all;
}

void bm_canaries_free(struct bm_canaries *all)
{
    if (!all)
        return;
    free(all->cell);
    free(all->seen);
    free(all->first);
    free(all->by_cell);
    json_decref(all->index);
    free(all->room);
    free(all);
}

/* ---- what they say of a change ---- */

struct products { /* of the deviations from the means of a cell */
    double zz, zx;
};

static struct products products_of(const struct bm_canaries *all, const size_t *at, size_t n, const double *z,
                                   const double *level, size_t from, size_t to)
{
    double sum_z = 0, sum_x = 0, sum_zz = 0, sum_zx = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct bm_seen *seen = &all->seen[at[i]];
        if (seen->run < from || seen->run >= to)
            continue;
        const double x = seen->x - (level ? level[seen->run] : 0);
        count++;
        sum_z += z[seen->run];
        sum_x += x;
        sum_zz += z[seen->run] * z[seen->run];
        sum_zx += z[seen->run] * x;
    }
    return count ? (struct products){ sum_zz - sum_z * sum_z / count, sum_zx - sum_z * sum_x / count }
                 : (struct products){ 0, 0 };
}

struct bm_canary_fit bm_canaries_fit(const struct bm_canaries *all, int class, const double *z, const double *level,
                                     size_t from, size_t to)
{
    struct products sum = { 0, 0 };
    double squares = 0;
    struct bm_canary_fit fit = { NAN, INFINITY, 1, 0 };
    bool any_code = false; /* as in drift.c */
    for (size_t r = from; r < to; r++)
        any_code |= all->unknown[r];
    for (int pass = 0; pass < 2; pass++) {
        const size_t *at = all->by_cell;
        for (size_t c = 0; c < all->cells; at += all->cell[c++].seen) {
            if ((class >= 0 && all->cell[c].class != class) || !(all->cell[c].known || any_code))
                continue;
            const struct products p = products_of(all, at, all->cell[c].seen, z, level, from, to);
            if (pass == 0) {
                fit.cells += p.zz > 1e-9;
                sum.zz += p.zz;
                sum.zx += p.zx;
            } else
                squares += (p.zx - fit.change * p.zz) * (p.zx - fit.change * p.zz);
        }
        if (fit.cells < 2)
            return fit;
        fit.change = sum.zx / sum.zz;
    }
    fit.df = (double)fit.cells - 1;
    fit.error = sqrt(squares * (double)fit.cells / fit.df) / sum.zz;
    return fit;
}
