/* SPDX-License-Identifier: MIT */
/* stats.h - summaries of raw samples. Times on a shared machine are not normal: order statistics only. */
#ifndef BATCHMARK_STATS_H
#define BATCHMARK_STATS_H

#include <stddef.h>

struct bm_stats {
    size_t n;
    double min, p25, median, p75, max;
    /* 95 % confidence interval of the median by ranks floor((n - 1.96 sqrt n) / 2) and ceil(1 + (n + 1.96 sqrt n) / 2)
     * (Hoefler & Belli, "Scientific Benchmarking of Parallel Computing Systems", SC15); the range for n < 6. */
    double low, high;
};

void bm_sort(double *value, size_t n);

/* Sorts the samples. n = 0 gives NaN everywhere. */
struct bm_stats bm_summarise(double *sample, size_t n);

/* Quantile of sorted values, linear between order statistics (type 7 of Hyndman & Fan, The American Statistician
 * 1996). n > 0. */
double bm_quantile(const double *sorted, size_t n, double q);

struct bm_interval {
    double low, high;
};

/* 95 % confidence interval of the median from sorted, independent values (medians of process launches), without
 * assuming a distribution: order statistics, interpolated (Hettmansperger & Sheather, Statistics & Probability Letters
 * 4, 1986). Fewer than 6 values cannot give 95 %: then from 0 to infinity. */
enum { BM_LEAST_INTERVAL = 6 };
struct bm_interval bm_median_interval(const double *sorted, size_t n);

/* A mean that single wild values do not move: a fifth of the values is cut off at either end, and the variance is that
 * of the winsorised values (Yuen, Biometrika 61, 1974; Tukey & McLaughlin, Sankhya A 25, 1963). */
struct bm_trimmed {
    size_t n;
    double mean;
    double squared_error; /* of the mean; NaN below 3 values */
    double df;            /* degrees of freedom of Student's t for it */
};
struct bm_trimmed bm_trim(double *value, size_t n); /* sorts */

/* Two-sided p of mean = 0. */
double bm_trimmed_p(const struct bm_trimmed *t);

/* Student's t: probability beyond +-t, and the t beyond which, on both sides, is p. Degrees of freedom
 * are rounded down, which errs on the safe side, to 1 at least. */
double bm_student_p(double t, double df);
double bm_student_t(double p, double df);

#endif
