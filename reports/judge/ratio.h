/* SPDX-License-Identifier: MIT */
/* ratio.h - how many times faster: ratios of times with their intervals. */
#ifndef BATCHMARK_RATIO_H
#define BATCHMARK_RATIO_H

#include "run.h"

/*
 * Ratios are made of logs, so that twice as fast and twice as slow are equally far from 1. The interval is that of
 * Student's t; launches, not samples, are independent.
 */
struct bm_ratio {
    size_t launches;       /* that it is made of; 0: there is no ratio */
    double log, error, df; /* of the ratio, its standard error (NaN: too few launches), degrees of freedom */
};

double bm_ratio_times(const struct bm_ratio *ratio);                /* NaN: there is none */
struct bm_interval bm_ratio_interval(const struct bm_ratio *ratio); /* 95 %; 0 to infinity: not known */

/* Time of `slow` over that of `fast`, two cases of a run on the same shape. Their samples took turns in every launch,
 * so a launch is a pair: the ratio of its two medians, over all samples on either side. Of the launches that both have,
 * the trimmed mean (bm_trim). */
struct bm_ratio bm_ratio_of_cases(const struct bm_run_case *slow, const struct bm_run_case *fast);

/* Of n ratios the geometric mean. Its interval is that of measuring these cases; others would have other ratios. */
struct bm_ratio bm_ratio_mean(const struct bm_ratio *ratio, size_t n);

/* Ratio of the total times of n cases, of which seconds[i] is the fast one's and ratio[i] times that the slow one's. */
struct bm_ratio bm_ratio_of_totals(const struct bm_ratio *ratio, const double *seconds, size_t n);

/* "1.04 (1.02 to 1.06)"; large ones with fewer digits; without an interval "1.04 (?)"; "-": none. */
const char *bm_ratio_text(const struct bm_ratio *ratio, char text[static 48]);

#endif
