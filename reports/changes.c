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

/* The noise from value to value: steps and spikes are few among the differences, so their median does not see them. */
static double noise_of(const struct series *s)
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

/* p of each bound's step; 1 beside a level that is spikes but for one or two values. Returns the bound with the
 * largest, of equal ones that with the smallest step; 0 if there is none. */
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
        const struct bm_trimmed t = { s->n, step, variance * (1 / (double)a->n + 1 / (double)b->n), df };
        const bool none = a->n < BM_LEAST_SEGMENT || b->n < BM_LEAST_SEGMENT;
        p[i] = none ? 1 : fmin(1, bm_trimmed_p(&t) * (double)(s->n - 2 * BM_LEAST_SEGMENT + 1));
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
 * The others keep their p: a level that was merged like this is no measure of the noise. */
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

size_t bm_changes(const double *value, size_t n, double floor, struct bm_change *list)
{
    if (n < 2 * BM_LEAST_SEGMENT)
        return 0;
    const size_t most = n / BM_LEAST_SEGMENT + 2;
    double *x = bm_alloc(3 * n * sizeof *x), *p = bm_alloc(most * sizeof *p);
    struct level *level = bm_alloc(most * sizeof *level);
    struct series s = { x, x + n, x + 2 * n, 0, n, bm_alloc(most * sizeof *s.at), 0 };
    for (size_t i = 0; i < n; i++)
        x[i] = log(value[i]);
    s.most = fmax(SPIKE * noise_of(&s), LEAST_SPIKE);
    draw_in_spikes(&s);
    divide(&s, 0, n);
    merge(&s, level, p);
    merge_small(&s, log1p(floor), level, p);
    for (size_t i = 1; i < s.levels; i++)
        list[i - 1] = (struct bm_change){ s.at[i], exp(level[i - 1].mean), exp(level[i].mean), p[i] };
    const size_t found = s.levels - 1;
    free(s.at);
    free(level);
    free(p);
    free(x);
    return found;
}
