#include "stats.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear between order statistics (type 7 of Hyndman & Fan, The American Statistician 1996). */
static double quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    double part = at - (double)i; /* 0 does not look at the next, which may be infinite */
    return part > 0 ? sorted[i] + part * (sorted[i + 1] - sorted[i]) : sorted[i];
}

struct bm_stats bm_summarise(double *sample, size_t n)
{
    if (n == 0)
        return (struct bm_stats){ 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN };
    qsort(sample, n, sizeof *sample, ascending);
    struct bm_stats s = { .n = n, .min = sample[0], .max = sample[n - 1], .low = sample[0], .high = sample[n - 1] };
    s.p25 = quantile(sample, n, 0.25);
    s.median = quantile(sample, n, 0.5);
    s.p75 = quantile(sample, n, 0.75);
    double spread = 1.96 * sqrt((double)n);
    double low = floor(((double)n - spread) / 2), high = ceil(1 + ((double)n + spread) / 2); /* ranks from 1 */
    if (low >= 1 && high <= (double)n) {
        s.low = sample[(size_t)low - 1];
        s.high = sample[(size_t)high - 1];
    }
    return s;
}
