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

/* Sorts the samples. n = 0 gives NaN everywhere. */
struct bm_stats bm_summarise(double *sample, size_t n);

#endif
