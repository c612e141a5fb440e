/* SPDX-License-Identifier: MIT */
/*
 * totals.h - how many times as long one takes as another: two cases, or many. Times are summarised, ratios are not: of
 * many cases the ratio is that of their total times (rules 3 and 4 of Hoefler & Belli, docs/measuring.md).
 */
#ifndef BATCHMARK_TOTALS_H
#define BATCHMARK_TOTALS_H

#include "run.h"

/* 95 % interval of the time of `from` over that of `to`, two cases of one run. They were timed in the same launches:
 * each launch gives one ratio of medians, and the interval is that of their median, widened to the ratio of the medians
 * over all launches, which is what is shown. From 0 to infinity below BM_LEAST_INTERVAL launches in common. */
struct bm_interval bm_times_interval(const struct bm_run_case *from, const struct bm_run_case *to);

/* The same of two runs, which have no launch in common: the ends of one over the opposite ends of the other. */
struct bm_interval bm_apart_interval(const struct bm_run_case *from, const struct bm_run_case *to);

/* Of the share of its limit that a case reaches. */
struct bm_interval bm_share_interval(const struct bm_run_case *c);

/* Is it one, with both ends? */
bool bm_interval_known(const struct bm_interval *interval);

/* Times of as many cases on either side, added up launch by launch. */
struct bm_totals {
    size_t cases;
    double from_s, to_s; /* of the cases' medians */
    size_t launches;     /* of the run */
    struct bm_totals_launch {
        size_t cases; /* that have it */
        double from_s, to_s;
    } *launch;
};

/* Adds two cases of one run. */
void bm_totals_add(struct bm_totals *totals, const struct bm_run_case *from, const struct bm_run_case *to);
/* Adds a case's limit, over its time. */
void bm_totals_add_limit(struct bm_totals *totals, const struct bm_run_case *c);
/* Adds two times that are of no launch. */
void bm_totals_add_times(struct bm_totals *totals, double from_s, double to_s);

/* The total is looked at as one case: medians over the launches that have all cases, and the interval of
 * bm_times_interval(). Where no launch has all, the medians are added up, and there is no interval. */
struct bm_total {
    size_t cases;
    double from_s, to_s, ratio; /* NaN without cases */
    struct bm_interval interval;
};

/* Frees what was added up. */
struct bm_total bm_totals_end(struct bm_totals *totals);

#endif
