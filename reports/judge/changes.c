/* SPDX-License-Identifier: MIT */
#include "changes.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "stats.h"

/* A spike is so many deviations off: it is drawn in for E-divisive, and left out of a level's mean. */
#define SPIKE       3.5
#define LEAST_SPIKE 0.02
#define SIGNIFICANT 0.001

struct series {
    double *x, *y, *room; /* logarithms; without spikes; for whoever needs it */
    double most;          /* beyond it, from the level, x is a spike */
    size_t n;
    size_t *at; /* the levels' bounds: at[0] = 0, at[levels] = n; level i is at[i] .. at[i + 1] - 1 */
    size_t levels;
};

static double median_of(const double *value, size_t n, double *room)
{
    memcpy(room, value, n * sizeof *room);
    return bm_summarise(room, n).median;
}

/* The scatter from value to value: steps and spikes are few among the differences, so their median sees none. */
static double scatter_of(const struct series *s)
{
    for (size_t i = 1; i < s->n; i++)
        s->room[i - 1] = fabs(s->x[i] - s->x[i - 1]);
    return 1.4826 * bm_summarise(s->room, s->n - 1).median / sqrt(2);
}

/* A median of five keeps every step between levels of three or more, and knows no spike of one or two. */
static void draw_in_spikes(struct series *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const size_t from = i < 2 ? 0 : i - 2, to = i + 3 > s->n ? s->n : i + 3;
        const double middle = median_of(s->x + from, to - from, s->room);
        s->y[i] = fmin(middle + s->most, fmax(middle - s->most, s->x[i]));
    }
}

/* ---- E-divisive ---- */

static double distances(double to, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabs(to - y[i]);
    return sum;
}

static double pairs(size_t n) { return (double)n * ((double)n - 1) / 2; }

/* The split of y[0 .. n - 1] with the largest Q = m k / (m + k) (2 E|X - Y| - E|X - X'| - E|Y - Y'|), where X are the
 * m first and Y the k others. n >= 2 * BM_LEAST_SEGMENT. */
static size_t best_split(const double *y, size_t n)
{
    double left = 0, right = 0, all = 0, best = -INFINITY;
    size_t at = 0;
    for (size_t i = 1; i < n; i++)
        all += distances(y[i], y, i);
    right = all;
    for (size_t m = 1; m + BM_LEAST_SEGMENT <= n; m++) {
        left += distances(y[m - 1], y, m - 1);
        right -= distances(y[m - 1], y + m, n - m);
        const size_t k = n - m;
        if (m < BM_LEAST_SEGMENT)
            continue;
        const double product = (double)m * (double)k;
        const double q =
            product / (double)n * (2 * (all - left - right) / product - left / pairs(m) - right / pairs(k));
        if (q > best) {
            best = q;
            at = m;
        }
    }
    return at;
}

/* Splits as far as levels of BM_LEAST_SEGMENT go: a test on the way could stop too early, where two changes cancel. */
static void divide(struct series *s, size_t from, size_t to)
{
    if (to - from < 2 * BM_LEAST_SEGMENT) {
        s->at[++s->levels] = to;
        return;
    }
    const size_t at = from + best_split(s->y + from, to - from);
    divide(s, from, at);
    divide(s, at, to);
}

/* ---- Student's t ---- */

struct level { /* of the n values that are no spikes */
    double mean;
    double squares, products; /* sums: of what is left, and of what is left times the same of the neighbour */
    size_t n;
};

static struct level level_at(const struct series *s, size_t i)
{
    const double *x = s->x + s->at[i];
    const size_t n = s->at[i + 1] - s->at[i];
    median_of(x, n, s->room);
    const double middle = s->room[(n - 1) / 2]; /* one of the values, so that not all can be spikes */
    struct level l = { 0 };
    for (size_t k = 0; k < n; k++)
        if (fabs(x[k] - middle) <= s->most) {
            l.mean += x[k];
            l.n++;
        }
    l.mean /= (double)l.n;
    double last = 0;
    for (size_t k = 0; k < n; k++) {
        const double rest = fabs(x[k] - middle) <= s->most ? x[k] - l.mean : 0;
        l.squares += rest * rest;
        l.products += rest * last;
        last = rest;
    }
    return l;
}

/* Variance of one value for the error of a mean: pooled over the levels, and widened where neighbours are alike, as
 * means then differ more by chance. */
static double variance_of(const struct series *s, const struct level *level, double *df)
{
    double squares = 0, products = 0;
    *df = 0;
    for (size_t i = 0; i < s->levels; i++) {
        squares += level[i].squares;
        products += level[i].products;
        *df += (double)level[i].n - 1;
    }
    const double alike = squares > 0 ? fmin(0.9, fmax(0, products / squares)) : 0;
    return *df > 0 ? squares / *df * (1 + alike) / (1 - alike) : NAN;
}

/* Of the step from level a to b; 1 beside a level that is spikes but for fewer than `least` values. */
static double p_of(const struct level *a, const struct level *b, double squared_error, double df, size_t least)
{
    const struct bm_trimmed t = { a->n + b->n, b->mean - a->mean, squared_error, df };
    return a->n < least || b->n < least ? 1 : bm_trimmed_p(&t);
}

/* Of the difference of two levels. */
static double squared_error_of(const struct level *a, const struct level *b, double variance)
{
    return variance * (1 / (double)a->n + 1 / (double)b->n);
}

/* p of each bound's step, for all the places where it could be. Returns the bound with the largest, of equal ones that
 * with the smallest step; 0 if there is none. */
static size_t test(const struct series *s, struct level *level, double *p)
{
    size_t worst = 0;
    double df, smallest = INFINITY;
    for (size_t i = 0; i < s->levels; i++)
        level[i] = level_at(s, i);
    const double variance = variance_of(s, level, &df);
    for (size_t i = 1; i < s->levels; i++) {
        const struct level *a = &level[i - 1], *b = &level[i];
        const double step = fabs(b->mean - a->mean);
        const double p_here = p_of(a, b, squared_error_of(a, b, variance), df, BM_LEAST_SEGMENT);
        p[i] = fmin(1, p_here * (double)(s->n - 2 * BM_LEAST_SEGMENT + 1));
        if (worst == 0 || p[i] > p[worst] || (p[i] == p[worst] && step < smallest)) {
            worst = i;
            smallest = step;
        }
    }
    return worst;
}

static double loss(const struct series *s, double x, double level)
{
    return fmin((x - level) * (x - level), s->most * s->most);
}

/* The bound moves to where the two levels fit best, a spike being as bad in either: neighbours have gone since it was
 * set. Returns whether it moved. */
static bool settle(struct series *s, size_t bound)
{
    const size_t from = s->at[bound - 1], to = s->at[bound + 1], was = s->at[bound];
    const double before = level_at(s, bound - 1).mean, after = level_at(s, bound).mean;
    double all = 0, best = INFINITY;
    for (size_t i = from; i < to; i++) {
        if (i >= from + BM_LEAST_SEGMENT && i + BM_LEAST_SEGMENT <= to && all < best) {
            best = all;
            s->at[bound] = i;
        }
        all += loss(s, s->x[i], before) - loss(s, s->x[i], after);
    }
    return s->at[bound] != was;
}

static void remove_bound(struct series *s, size_t bound)
{
    memmove(s->at + bound, s->at + bound + 1, (s->levels - bound) * sizeof *s->at);
    s->levels--;
}

/* Merges the two levels that are most likely one until all differ; leaves each level and each bound's p. */
static void merge(struct series *s, struct level *level, double *p)
{
    for (size_t bound; (bound = test(s, level, p)) != 0 && p[bound] >= SIGNIFICANT;) {
        remove_bound(s, bound);
        bool moved = true;
        for (int round = 0; round < 10 && moved; round++) {
            moved = false;
            for (size_t i = 1; i < s->levels; i++)
                moved |= settle(s, i);
        }
    }
}

/* Then the levels that differ, but by no more than `least`: the smallest step first, so that many small ones add up.
 * The others keep their p: a level that was merged like this is no measure of the scatter. */
static void merge_small(struct series *s, double least, struct level *level, double *p)
{
    for (size_t bound; s->levels > 1;) {
        bound = 1;
        for (size_t i = 2; i < s->levels; i++)
            if (fabs(level[i].mean - level[i - 1].mean) < fabs(level[bound].mean - level[bound - 1].mean))
                bound = i;
        if (fabs(level[bound].mean - level[bound - 1].mean) > least)
            return;
        const struct level *gone = &level[bound];
        struct level *whole = &level[bound - 1];
        whole->mean = (whole->mean * (double)whole->n + gone->mean * (double)gone->n) / (double)(whole->n + gone->n);
        whole->n += gone->n;
        memmove(p + bound, p + bound + 1, (s->levels - bound - 1) * sizeof *p);
        memmove(level + bound, level + bound + 1, (s->levels - bound - 1) * sizeof *level);
        remove_bound(s, bound);
    }
}

/* ---- the whole ---- */

/* With room for `levels`. */
static struct series open_series(const double *value, size_t n, size_t levels)
{
    double *x = bm_alloc((3 * n + 1) * sizeof *x);
    struct series s = { x, x + n, x + 2 * n, 0, n, bm_alloc((levels + 2) * sizeof *s.at), 0 };
    for (size_t i = 0; i < n; i++)
        x[i] = log(value[i]);
    s.most = fmax(SPIKE * scatter_of(&s), LEAST_SPIKE);
    return s;
}

static void close_series(struct series *s)
{
    free(s->at);
    free(s->x);
}

size_t bm_changes(const double *value, size_t n, double threshold, struct bm_change *list)
{
    if (n < 2 * BM_LEAST_SEGMENT)
        return 0;
    const size_t most = n / BM_LEAST_SEGMENT + 2;
    double *p = bm_alloc(most * sizeof *p);
    struct level *level = bm_alloc(most * sizeof *level);
    struct series s = open_series(value, n, most);
    draw_in_spikes(&s);
    divide(&s, 0, n);
    merge(&s, level, p);
    merge_small(&s, log1p(threshold), level, p);
    for (size_t i = 1; i < s.levels; i++)
        list[i - 1] = (struct bm_change){ s.at[i], exp(level[i - 1].mean), exp(level[i].mean), p[i] };
    const size_t found = s.levels - 1;
    free(level);
    free(p);
    close_series(&s);
    return found;
}

/* ---- at known places ---- */

static struct series with_bounds(const double *value, size_t n, const size_t *at, size_t bounds)
{
    struct series s = open_series(value, n, bounds + 1);
    memcpy(s.at + 1, at, bounds * sizeof *at);
    s.levels = bounds + 1;
    s.at[s.levels] = n;
    return s;
}

/* The level on either side of bound i, and the variance of a value. */
static double levels_beside(const struct series *s, size_t i, struct level beside[2], double *df)
{
    struct level *level = bm_alloc(s->levels * sizeof *level);
    for (size_t k = 0; k < s->levels; k++)
        level[k] = level_at(s, k);
    const double variance = variance_of(s, level, df);
    beside[0] = level[i];
    beside[1] = level[i + 1];
    free(level);
    return variance;
}

size_t bm_change_place(const double *value, size_t n, const size_t *at, size_t bounds, size_t i, const size_t *place,
                       size_t places)
{
    struct series s = with_bounds(value, n, at, bounds);
    struct level beside[2];
    double df;
    const double variance = levels_beside(&s, i, beside, &df);
    const size_t from = s.at[i] + BM_LEAST_KNOWN, to = s.at[i + 2] - BM_LEAST_KNOWN;
    double least = 2 * log((double)n) * variance;
    size_t best = at[i];
    for (size_t k = 0; k < places; k++) {
        if (place[k] < from || place[k] > to)
            continue;
        const bool earlier = place[k] < at[i];
        double worse = 0;
        for (size_t j = earlier ? place[k] : at[i]; j < (earlier ? at[i] : place[k]); j++)
            worse += loss(&s, s.x[j], beside[earlier].mean) - loss(&s, s.x[j], beside[!earlier].mean);
        if (worse <= least) {
            least = worse;
            best = place[k];
        }
    }
    close_series(&s);
    return best;
}

struct bm_change bm_change_at(const double *value, size_t n, const size_t *at, size_t bounds, size_t i,
                              double squared_error, double df)
{
    struct series s = with_bounds(value, n, at, bounds);
    struct level beside[2];
    double own_df;
    const double variance = levels_beside(&s, i, beside, &own_df);
    const double own = squared_error_of(&beside[0], &beside[1], variance), both = own + squared_error;
    const double both_df =
        both > 0 ? both * both / (own * own / own_df + squared_error * squared_error / df) : own_df; /* Welch */
    const double p = isnan(both) ? 1 : p_of(&beside[0], &beside[1], both, both_df, BM_LEAST_KNOWN);
    close_series(&s);
    return (struct bm_change){ at[i], exp(beside[0].mean), exp(beside[1].mean), p };
}

double bm_changes_scatter(const double *value, size_t n)
{
    struct series s = open_series(value, n, 1);
    const double scatter = scatter_of(&s);
    close_series(&s);
    return scatter;
}
