/* SPDX-License-Identifier: MIT */
#include "pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "stats.h"

const char *const bm_pair_verdicts[BM_PAIR_VERDICTS + 1] = {
    "slower", "faster", "inconclusive", "same", "identical code", "skipped", "wrong", "crashed", NULL,
};

double bm_pairs_launch(double *change, size_t n) { return bm_trim(change, n).mean; }

static const char *const levels[BM_PAIRS_CLASSES / 2] = { "L1", "L2", "L3", "memory" };

int bm_pairs_class(const char *level, int threads)
{
    int at = 0;
    while (at + 1 < BM_PAIRS_CLASSES / 2 && strcmp(levels[at], level) != 0)
        at++;
    return at + (threads > 1 ? BM_PAIRS_CLASSES / 2 : 0);
}

const char *bm_pairs_class_level(int class) { return levels[class % (BM_PAIRS_CLASSES / 2)]; }
bool bm_pairs_class_parallel(int class) { return class >= BM_PAIRS_CLASSES / 2; }

/* ---- the usual variance of a class ---- */

/* Over the launches: the trimmed mean, which a launch that is wildly off does not move. */
static struct bm_trimmed trimmed(const struct bm_pair_figures *c)
{
    double change[BM_PAIRS_MOST];
    memcpy(change, c->change, c->launches * sizeof *change);
    return bm_trim(change, c->launches);
}

/* Of one launch. */
static double variance_of(const struct bm_trimmed *t)
{
    return fmax((double)t->n * t->squared_error, BM_PAIRS_LEAST_ERROR * BM_PAIRS_LEAST_ERROR);
}

/* The mean of log(chi squared / df): log of a variance falls short by so much on average. */
static double log_bias(double df)
{
    double x = df / 2, shift = 0;
    for (; x < 8; x++)
        shift -= 1 / x;
    const double digamma = shift + log(x) - 1 / (2 * x) - 1 / (12 * x * x) + 1 / (120 * x * x * x * x);
    return digamma - log(df / 2);
}

/* The geometric mean over its cases, which single wild ones do not move much. NaN: too few to speak of. */
static double usual_variance(const struct bm_pair_figures *cases, size_t count, int class)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (cases[i].class == class && cases[i].launches >= BM_PAIRS_LEAST) {
            const struct bm_trimmed t = trimmed(&cases[i]);
            sum += log(variance_of(&t)) - log_bias(t.df);
            n++;
        }
    return n >= 3 ? exp(sum / (double)n) : NAN;
}

static void estimate(struct bm_pair_figures *c, double usual)
{
    const struct bm_trimmed t = trimmed(c);
    const double prior = isnan(usual) ? 0 : BM_PAIRS_PRIOR;
    const double variance = ((prior > 0 ? prior * usual : 0) + t.df * variance_of(&t)) / (prior + t.df);
    c->mean = t.mean;
    c->error = sqrt(variance / (double)t.n);
    c->df = prior + t.df;
}

/* ---- verdicts ---- */

struct ranked {
    double p;
    size_t at;
};

static int by_p(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return (x->p > y->p) - (x->p < y->p);
}

void bm_benjamini_hochberg(const double *p, size_t n, double q, bool *taken)
{
    struct ranked *rank = bm_alloc((n + 1) * sizeof *rank);
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        rank[i] = (struct ranked){ isnan(p[i]) ? 1 : p[i], i };
        taken[i] = false;
    }
    qsort(rank, n, sizeof *rank, by_p);
    for (size_t i = 0; i < n; i++)
        if (rank[i].p <= q * (double)(i + 1) / (double)n)
            most = i + 1;
    for (size_t i = 0; i < most; i++)
        taken[rank[i].at] = true;
    free(rank);
}

int bm_pairs_launches_at(int look)
{
    int launches = BM_PAIRS_LEAST;
    for (int i = 0; i < look; i++)
        launches = launches * 3 / 2;
    return launches < BM_PAIRS_MOST ? launches : BM_PAIRS_MOST;
}

/* One-sided: of a change that is no larger than the threshold. */
static double p_beyond(const struct bm_pair_figures *c, double threshold)
{
    const double t = (fabs(c->mean) - threshold) / c->error;
    const double tail = bm_student_p(t, c->df) / 2;
    return t > 0 ? tail : 1 - tail;
}

static double half_width(const struct bm_pair_figures *c, double left_out)
{
    return bm_student_t(left_out, c->df) * c->error;
}

static void interval(struct bm_pair_figures *c, double usual)
{
    estimate(c, usual);
    const double half = half_width(c, BM_PAIRS_MISSED);
    c->low = c->mean - half;
    c->high = c->mean + half;
}

static void figures(struct bm_pair_figures *c, double usual, double beyond, double false_share)
{
    interval(c, usual);
    c->p = p_beyond(c, beyond);
    c->visible = beyond + half_width(c, 2 * false_share); /* as the only one that changed */
}

void bm_pairs_judge(struct bm_pair_figures *cases, size_t count, double threshold, const double noise[BM_PAIRS_CLASSES])
{
    const double share = 1.0 / BM_PAIRS_LOOKS;
    double *p = bm_alloc((count + 1) * sizeof *p);
    bool *called = bm_alloc((count + 1) * sizeof *called);
    double usual[BM_PAIRS_CLASSES];
    for (int class = 0; class < BM_PAIRS_CLASSES; class++)
        usual[class] = usual_variance(cases, count, class);
    for (size_t i = 0; i < count; i++) {
        struct bm_pair_figures *c = &cases[i];
        const double beyond = noise[c->class] > threshold ? noise[c->class] : threshold;
        if (!c->done && c->launches >= BM_PAIRS_LEAST)
            figures(c, usual[c->class], beyond, share * BM_PAIRS_FALSE / (double)count);
        p[i] = c->done || c->launches >= BM_PAIRS_LEAST ? c->p : 1;
    }
    bm_benjamini_hochberg(p, count, share * BM_PAIRS_FALSE, called);
    for (size_t i = 0; i < count; i++) {
        struct bm_pair_figures *c = &cases[i];
        if (c->done || c->launches < BM_PAIRS_LEAST)
            continue;
        c->verdict = called[i] ? c->mean > 0 ? BM_PAIR_SLOWER : BM_PAIR_FASTER
                     : fabs(c->mean) + half_width(c, share * BM_PAIRS_MISSED) <= threshold ? BM_PAIR_SAME
                                                                                          : BM_PAIR_INCONCLUSIVE;
        c->done = c->verdict != BM_PAIR_INCONCLUSIVE;
    }
    free(p);
    free(called);
}

size_t bm_pairs_noise(const struct bm_pair_figures *cases, size_t count, int class, double *error)
{
    double *found = bm_alloc((count + 1) * sizeof *found);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (cases[i].class == class && cases[i].launches >= BM_PAIRS_LEAST)
            found[n++] = fabs(cases[i].mean);
    bm_sort(found, n);
    *error = n ? bm_quantile(found, n, 1 - BM_PAIRS_FALSE) : 0;
    free(found);
    return n;
}

void bm_pairs_narrow(struct bm_pair_figures *cases, size_t count, double half)
{
    double usual[BM_PAIRS_CLASSES];
    for (int class = 0; class < BM_PAIRS_CLASSES; class++)
        usual[class] = usual_variance(cases, count, class);
    for (size_t i = 0; i < count; i++) {
        struct bm_pair_figures *c = &cases[i];
        if (c->done || c->launches < BM_PAIRS_LEAST)
            continue;
        interval(c, usual[c->class]);
        c->done = c->high - c->mean <= half;
    }
}

size_t bm_pairs_needed(const struct bm_pair_figures *c, double threshold)
{
    const double gap = fabs(threshold - fabs(c->mean)), half = half_width(c, BM_PAIRS_MISSED / BM_PAIRS_LOOKS);
    if (!(gap > 0.1 * threshold))
        return 0;
    const double launches = ceil((double)c->launches * (half / gap) * (half / gap));
    return launches < 1000 ? (size_t)fmax(launches, (double)c->launches + 1) : 0;
}
