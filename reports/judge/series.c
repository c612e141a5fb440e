/* SPDX-License-Identifier: MIT */
#include "series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "pairs.h"

#define NONE ((size_t)-1)

/* A place between two results where a value may have changed. */
enum kind {
    SEARCHED, /* a change point of the floors */
    HIDDEN,   /* the same, but pairs say what the code did there */
    CODE,     /* the code changed, and floors have to tell */
    PAIRS     /* the code changed, and pairs tell */
};
struct bound {
    enum kind kind;
    bool taken; /* for a change */
    struct bm_change change;
};

struct work {
    struct bm_series *s;
    char **code; /* of the case, each once; not its own */
    size_t codes;
    struct bm_link *link;
    size_t links;
    size_t *number; /* of each point's code, in code[]; NONE: unknown */
    struct bm_chain chain;
    double *known;       /* log of what pairs say that changed since the first point */
    double *rest;        /* the floors without the machine and without that: seconds */
    struct bound *bound; /* by their places */
    size_t bounds;
};

/* ---- codes and pairs ---- */

static size_t number_of(struct work *w, char *code)
{
    if (!*code)
        return NONE;
    for (size_t i = 0; i < w->codes; i++)
        if (strcmp(w->code[i], code) == 0)
            return i;
    w->code[w->codes] = code;
    return w->codes++;
}

static struct work *work_named(struct work *work, size_t count, const char *name)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = strcmp(name, work[middle].s->name);
        if (order == 0)
            return &work[middle];
        *(order < 0 ? &high : &low) = order < 0 ? middle : middle + 1;
    }
    return NULL;
}

/* All pairs of all results: counts them, or keeps them where there is room. */
static void each_link(const struct bm_history *h, struct work *work, bool keep)
{
    for (size_t r = 0; r < h->runs; r++)
        for (size_t i = 0; i < h->run[r].besides; i++) {
            const struct bm_beside *b = &h->run[r].beside[i];
            struct work *w = work_named(work, h->all, b->name);
            if (!w || strcmp(b->code[0], b->code[1]) == 0)
                continue;
            if (keep)
                w->link[w->links] =
                    (struct bm_link){ number_of(w, b->code[0]), number_of(w, b->code[1]), b->change, b->error, b->df };
            w->links++;
        }
}

static void take_codes(const struct bm_history *h, struct work *work)
{
    for (size_t i = 0; i < h->all; i++)
        work[i].s = &h->series[i];
    each_link(h, work, false);
    for (size_t i = 0; i < h->all; i++) {
        struct work *w = &work[i];
        w->code = bm_alloc((w->s->points + 2 * w->links) * sizeof *w->code);
        w->number = bm_alloc(w->s->points * sizeof *w->number);
        w->link = bm_alloc((w->links + 1) * sizeof *w->link);
        w->links = 0;
        for (size_t k = 0; k < w->s->points; k++)
            w->number[k] = number_of(w, w->s->point[k].is->code);
    }
    each_link(h, work, true);
}

/* ---- values ---- */

static size_t part_of(const struct work *w, size_t point)
{
    return w->number[point] == NONE ? NONE : w->chain.part[w->number[point]];
}

/* Neighbours whose codes pairs join are a group, if their codes are not all the same: then pairs say what changed. */
static void find_groups(struct work *w)
{
    const size_t n = w->s->points;
    size_t groups = 0;
    for (size_t from = 0, to; from < n; from = to) {
        bool differ = false;
        for (to = from + 1; to < n && part_of(w, from) != NONE && part_of(w, to) == part_of(w, from); to++)
            differ |= w->number[to] != w->number[from];
        groups += differ;
        for (size_t i = from; i < to; i++)
            w->s->point[i].pairs = differ ? groups : 0;
    }
}

static bool told_by_pairs(const struct work *w, size_t at)
{
    const struct bm_point *p = w->s->point;
    return p[at].pairs && p[at].pairs == p[at - 1].pairs;
}

static void find_rest(const struct bm_history *h, struct work *w)
{
    const size_t n = w->s->points;
    w->known = bm_alloc(n * sizeof *w->known);
    w->rest = bm_alloc(n * sizeof *w->rest);
    for (size_t i = 0; i < n; i++) {
        const struct bm_point *p = &w->s->point[i];
        if (i)
            w->known[i] = w->known[i - 1];
        if (i && told_by_pairs(w, i))
            w->known[i] += w->chain.level[w->number[i]] - w->chain.level[w->number[i - 1]];
        w->rest[i] = p->is->floor_s * exp(-h->drift.level[bm_pairs_class(p->is->level, p->is->threads)][p->run] - w->known[i]);
    }
}

/* Of a group: what pairs say, in seconds by the median of its floors. Else the floors, without the machine. */
static void find_values(struct work *w)
{
    const size_t n = w->s->points;
    const double scatter = n > 1 ? bm_changes_scatter(w->rest, n) : NAN;
    double *room = bm_alloc(n * sizeof *room);
    for (size_t from = 0, to; from < n; from = to) {
        struct bm_point *p = w->s->point;
        for (to = from + 1; to < n && told_by_pairs(w, to);)
            to++;
        memcpy(room, w->rest + from, (to - from) * sizeof *room);
        const double middle = bm_summarise(room, to - from).median;
        for (size_t i = from; i < to; i++) {
            p[i].s = (p[i].pairs ? middle : w->rest[i]) * exp(w->known[i]);
            p[i].error = p[i].pairs ? bm_chain_error(&w->chain, w->number[from], w->number[i]) : scatter;
        }
    }
    free(room);
}

/* ---- places ---- */

static bool code_changed(const struct work *w, size_t at)
{
    return w->number[at] != NONE && w->number[at - 1] != NONE && w->number[at] != w->number[at - 1];
}

static int by_place(const void *a, const void *b)
{
    const struct bound *x = a, *y = b;
    return x->change.at != y->change.at ? (x->change.at > y->change.at) - (x->change.at < y->change.at)
                                        : (x->kind > y->kind) - (x->kind < y->kind);
}

/* How well the machine is known between the points from `from` to before `at`, and those to before `to`: as canaries
 * scatter about its levels; if they are too few to tell, as the case itself does. */
static double squared_error_of(const struct bm_history *h, const struct work *w, size_t from, size_t at, size_t to,
                               double *df)
{
    const struct bm_point *p = w->s->point;
    const size_t end = to < w->s->points ? p[to].run : h->runs;
    const struct bm_canary_fit machine = bm_drift_fit(
        &h->drift, bm_pairs_class(p[at].is->level, p[at].is->threads), p[from].run, p[at].run, end);
    *df = machine.df;
    if (machine.cells >= BM_DRIFT_LEAST)
        return machine.error * machine.error;
    const double scatter = bm_changes_scatter(w->rest, w->s->points);
    *df = (double)(to - from);
    return scatter * scatter * (1 / (double)(at - from) + 1 / (double)(to - at)) / fmax(1, (double)machine.cells);
}

/* The change of the floors at a bound, between it and the others that are known. */
static struct bm_change change_at(const struct bm_history *h, const struct work *w, const struct bound *bound)
{
    const size_t n = w->s->points, at = bound->change.at;
    size_t *place = bm_alloc(w->bounds * sizeof *place), places = 0, which = 0;
    for (size_t i = 0; i < w->bounds; i++) {
        const struct bound *b = &w->bound[i];
        if (b == bound)
            which = places;
        if (b == bound || b->kind == HIDDEN || (b->taken && b->kind != PAIRS))
            place[places++] = b->change.at;
    }
    double df;
    const double squared_error =
        squared_error_of(h, w, which ? place[which - 1] : 0, at, which + 1 < places ? place[which + 1] : n, &df);
    struct bm_change c = bm_change_at(w->rest, n, place, places, which, squared_error, df);
    c.before *= exp(w->known[at - 1]);
    c.after *= exp(w->known[at]);
    free(place);
    return c;
}

/* One-sided: that the change is no larger than the threshold. */
static struct bm_change pair_at(const struct work *w, size_t at, double threshold)
{
    const struct bm_point *p = w->s->point;
    const double error = bm_chain_error(&w->chain, w->number[at - 1], w->number[at]);
    const double beyond = fabs(w->known[at] - w->known[at - 1]) - log1p(threshold);
    const double tail = bm_student_p(beyond / error, w->chain.df) / 2;
    return (struct bm_change){ at, p[at - 1].s, p[at].s, beyond > 0 ? tail : 1 - tail };
}

static void add_bound(struct work *w, enum kind kind, struct bm_change change, bool taken)
{
    for (size_t i = 0; i < w->bounds; i++)
        if (w->bound[i].change.at == change.at && w->bound[i].kind == kind)
            return;
    w->bound[w->bounds++] = (struct bound){ kind, taken, change };
}

/* The change points of the floors, at the places where they belong; then where else the code changed. */
static void find_bounds(struct work *w, double threshold)
{
    const size_t n = w->s->points;
    struct bm_change *found = bm_alloc((n / BM_LEAST_SEGMENT + 1) * sizeof *found);
    size_t *place = bm_alloc(2 * n * sizeof *place), *at = place + n, places = 0;
    w->bound = bm_alloc(2 * n * sizeof *w->bound);
    for (size_t i = 1; i < n; i++)
        if (code_changed(w, i) && told_by_pairs(w, i))
            add_bound(w, PAIRS, pair_at(w, i, threshold), false);
        else if (code_changed(w, i))
            place[places++] = i;
    const size_t points = bm_changes(w->rest, n, threshold, found);
    for (size_t i = 0; i < points; i++)
        at[i] = found[i].at;
    for (size_t i = 0; i < points; i++) {
        found[i].at = bm_change_place(w->rest, n, at, points, i, place, places);
        const bool pairs = told_by_pairs(w, found[i].at), code = code_changed(w, found[i].at);
        add_bound(w, pairs ? HIDDEN : code ? CODE : SEARCHED, found[i], code && !pairs);
    }
    for (size_t i = 0; i < places; i++)
        add_bound(w, CODE, (struct bm_change){ .at = place[i] }, false);
    qsort(w->bound, w->bounds, sizeof *w->bound, by_place);
    free(found);
    free(place);
}

/* ---- which are changes ---- */

/* Of changes of code, and of those that were found by searching, of which each series was one test at least. */
static void judge(struct work *work, size_t count, bool of_code)
{
    size_t most = count + 1, n = 0;
    for (size_t i = 0; i < count; i++)
        most += work[i].bounds;
    struct bound **bound = bm_alloc(most * sizeof *bound);
    double *p = bm_alloc(most * sizeof *p);
    bool *called = bm_alloc(most * sizeof *called);
    for (size_t i = 0; i < count; i++) {
        const size_t before = n;
        for (size_t k = 0; k < work[i].bounds; k++) {
            struct bound *b = &work[i].bound[k];
            if (b->kind == HIDDEN || (b->kind != SEARCHED) != of_code)
                continue;
            bound[n] = b;
            p[n++] = b->change.p;
        }
        if (n == before && !of_code)
            p[n++] = 1;
    }
    bm_benjamini_hochberg(p, n, BM_PAIRS_FALSE, called);
    for (size_t i = 0; i < n; i++)
        if (bound[i])
            bound[i]->taken = called[i];
    free(bound);
    free(p);
    free(called);
}

/* Changes of code that only floors can tell: p of each, between what was found by searching. */
static void test_code(const struct bm_history *h, struct work *w)
{
    double *p = bm_alloc((w->bounds + 1) * sizeof *p);
    for (size_t i = 0; i < w->bounds; i++)
        if (w->bound[i].kind == CODE)
            p[i] = change_at(h, w, &w->bound[i]).p;
    for (size_t i = 0; i < w->bounds; i++)
        if (w->bound[i].kind == CODE)
            w->bound[i].change.p = p[i];
    free(p);
}

static bool is_large(const struct bm_change *c, double threshold)
{
    return fabs(log(c->after / c->before)) > log1p(threshold);
}

/* What is taken and large, with the levels between all that are taken. */
static void keep_changes(const struct bm_history *h, struct work *w)
{
    struct bm_series *s = w->s;
    s->change = bm_alloc((w->bounds + 1) * sizeof *s->change);
    for (size_t i = 0; i < w->bounds; i++) {
        struct bound *b = &w->bound[i];
        if (!b->taken)
            continue;
        struct bm_change c = b->kind == PAIRS ? b->change : change_at(h, w, b);
        c.p = b->change.p;
        if (is_large(&c, h->threshold))
            s->change[s->changes++] = c;
    }
}

void bm_series_find(struct bm_history *h)
{
    struct work *work = bm_alloc((h->all + 1) * sizeof *work);
    take_codes(h, work);
    for (size_t i = 0; i < h->all; i++) {
        work[i].chain = bm_chain_of(work[i].link, work[i].links, work[i].codes);
        find_groups(&work[i]);
        find_rest(h, &work[i]);
        find_values(&work[i]);
        find_bounds(&work[i], h->threshold);
    }
    judge(work, h->all, false);
    for (size_t i = 0; i < h->all; i++)
        test_code(h, &work[i]);
    judge(work, h->all, true);
    for (size_t i = 0; i < h->all; i++) {
        struct work *w = &work[i];
        keep_changes(h, w);
        bm_chain_free(&w->chain);
        free(w->code), free(w->link), free(w->number), free(w->known), free(w->rest), free(w->bound);
    }
    free(work);
}
