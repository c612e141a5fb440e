/* SPDX-License-Identifier: MIT */
#include "totals.h"

#include <math.h>
#include <stdlib.h>

static const struct bm_interval unknown = { 0, INFINITY };

bool bm_interval_known(const struct bm_interval *i) { return i->low > 0 && isfinite(i->high); }

/* The interval of the median of some ratios, widened to the ratio that is shown. Sorts them. */
static struct bm_interval interval_of(double *ratio, size_t n, double shown)
{
    bm_sort(ratio, n);
    struct bm_interval i = bm_median_interval(ratio, n);
    i.low = fmin(i.low, shown);
    i.high = fmax(i.high, shown);
    return i;
}

struct bm_interval bm_times_interval(const struct bm_run_case *from, const struct bm_run_case *to)
{
    double *ratio = bm_alloc((from->launches + 1) * sizeof *ratio);
    const size_t n = bm_launch_ratios(from, to, ratio);
    const struct bm_interval interval = interval_of(ratio, n, from->stats.median / to->stats.median);
    free(ratio);
    return interval;
}

struct bm_interval bm_apart_interval(const struct bm_run_case *from, const struct bm_run_case *to)
{
    if (from->launches < BM_LEAST_INTERVAL || to->launches < BM_LEAST_INTERVAL)
        return unknown;
    return (struct bm_interval){ from->stats.low / to->stats.high, from->stats.high / to->stats.low };
}

struct bm_interval bm_share_interval(const struct bm_run_case *c)
{
    if (c->launches < BM_LEAST_INTERVAL)
        return unknown;
    return (struct bm_interval){ c->bound_s / c->stats.high, c->bound_s / c->stats.low };
}

/* ---- totals ---- */

void bm_totals_add_times(struct bm_totals *t, double from_s, double to_s)
{
    t->cases++;
    t->from_s += from_s;
    t->to_s += to_s;
}

static struct bm_totals_launch *launch_at(struct bm_totals *t, size_t launch)
{
    if (launch >= t->launches) {
        t->launch = realloc(t->launch, (launch + 1) * sizeof *t->launch);
        if (!t->launch)
            bm_die(BM_EXIT_INPUT, "out of memory");
        while (t->launches <= launch)
            t->launch[t->launches++] = (struct bm_totals_launch){ 0 };
    }
    return &t->launch[launch];
}

static void add_launch(struct bm_totals *t, int number, double from_s, double to_s)
{
    struct bm_totals_launch *launch = launch_at(t, (size_t)number);
    launch->cases++;
    launch->from_s += from_s;
    launch->to_s += to_s;
}

void bm_totals_add(struct bm_totals *t, const struct bm_run_case *from, const struct bm_run_case *to)
{
    bm_totals_add_times(t, from->stats.median, to->stats.median);
    for (size_t i = 0; i < from->launches; i++) {
        const struct bm_run_launch *one = &from->launch[i], *other = bm_run_launch_of(to, one->launch);
        if (other)
            add_launch(t, one->launch, one->median_s, other->median_s);
    }
}

void bm_totals_add_limit(struct bm_totals *t, const struct bm_run_case *c)
{
    bm_totals_add_times(t, c->bound_s, c->stats.median);
    for (size_t i = 0; i < c->launches; i++)
        add_launch(t, c->launch[i].launch, c->bound_s, c->launch[i].median_s);
}

static double median_of(double *value, size_t n)
{
    bm_sort(value, n);
    return bm_quantile(value, n, 0.5);
}

struct bm_total bm_totals_end(struct bm_totals *t)
{
    struct bm_total total = { t->cases, t->cases ? t->from_s : NAN, t->cases ? t->to_s : NAN, NAN, unknown };
    double *value[3]; /* of the launches: from, to, and their ratio */
    size_t n = 0;
    for (size_t k = 0; k < 3; k++)
        value[k] = bm_alloc((t->launches + 1) * sizeof *value[k]);
    for (const struct bm_totals_launch *l = t->launch; l < t->launch + t->launches; l++)
        if (l->cases == t->cases) {
            value[0][n] = l->from_s;
            value[1][n] = l->to_s;
            value[2][n++] = l->from_s / l->to_s;
        }
    if (n) {
        total.from_s = median_of(value[0], n);
        total.to_s = median_of(value[1], n);
    }
    total.ratio = total.from_s / total.to_s;
    total.interval = interval_of(value[2], n, total.ratio);
    for (size_t k = 0; k < 3; k++)
        free(value[k]);
    free(t->launch);
    *t = (struct bm_totals){ 0 };
    return total;
}
