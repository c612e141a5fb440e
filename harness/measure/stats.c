/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bm_sort(double *value, size_t n)
{
    if (n)
        qsort(value, n, sizeof *value, ascending);
}

double bm_quantile(const double *sorted, size_t n, double q)
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
    bm_sort(sample, n);
    struct bm_stats s = { .n = n, .min = sample[0], .max = sample[n - 1], .low = sample[0], .high = sample[n - 1] };
    s.p25 = bm_quantile(sample, n, 0.25);
    s.median = bm_quantile(sample, n, 0.5);
    s.p75 = bm_quantile(sample, n, 0.75);
    double spread = 1.96 * sqrt((double)n);
    double low = floor(((double)n - spread) / 2), high = ceil(1 + ((double)n + spread) / 2); /* ranks from 1 */
    if (low >= 1 && high <= (double)n) {
        s.low = sample[(size_t)low - 1];
        s.high = sample[(size_t)high - 1];
    }
    return s;
}

/* P(X = k) of the binomial distribution with n tosses of a fair coin. */
static double coin(size_t k, size_t n)
{
    return exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) - (double)n * log(2));
}

struct bm_interval bm_median_interval(const double *sorted, size_t n)
{
    const double wanted = 0.95;
    if (n < BM_LEAST_INTERVAL)
        return (struct bm_interval){ 0, INFINITY };
    size_t d = 1; /* [d] to [n + 1 - d], ranks from 1, covers `outer`, at least 95 %; with d + 1 it is `inner`, less */
    double outer = 1 - 2 * coin(0, n), inner = outer - 2 * coin(1, n);
    while (d + 1 <= n / 2 && inner >= wanted) {
        d++;
        outer = inner;
        inner -= 2 * coin(d, n);
    }
    const double share = (outer - wanted) / (outer - inner);
    const double weight = (double)(n - d) * share / ((double)d + ((double)n - 2 * (double)d) * share);
    return (struct bm_interval){ (1 - weight) * sorted[d - 1] + weight * sorted[d],
                                 (1 - weight) * sorted[n - d] + weight * sorted[n - d - 1] };
}

struct bm_trimmed bm_trim(double *value, size_t n)
{
    qsort(value, n, sizeof *value, ascending);
    const size_t cut = n / 5, kept = n - 2 * cut;
    struct bm_trimmed t = { n, NAN, NAN, 0 };
    if (n == 0)
        return t;
    t.mean = 0;
    for (size_t i = cut; i < n - cut; i++)
        t.mean += value[i] / (double)kept;
    if (n < 3)
        return t;
    double mean = 0, squares = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n; i++) {
            const double v = value[i < cut ? cut : i >= n - cut ? n - cut - 1 : i];
            if (pass == 0)
                mean += v / (double)n;
            else
                squares += (v - mean) * (v - mean);
        }
    t.squared_error = squares / ((double)kept * (double)(kept - 1));
    t.df = (double)kept - 1;
    return t;
}

static unsigned whole(double df) { return !(df >= 1) ? 1 : df > 1000 ? 1000 : (unsigned)df; }

/* The finite series for whole degrees of freedom (Abramowitz & Stegun 26.7.3 and 26.7.4). */
double bm_student_p(double t, double freedom)
{
    const unsigned df = whole(freedom);
    const double angle = atan2(fabs(t), sqrt((double)df)), cosine = cos(angle), squared = cosine * cosine;
    double term = df % 2 ? cosine : 1, sum = df > 1 ? term : 0;
    for (unsigned k = df % 2 ? 3 : 2; k < df; k += 2)
        sum += term *= squared * (k - 1) / k;
    const double inside = df % 2 ? 2 / M_PI * (angle + sin(angle) * sum) : sin(angle) * sum;
    return fmin(1, fmax(0, 1 - inside));
}

double bm_student_t(double p, double df)
{
    double low = 0, high = 1;
    while (bm_student_p(high, df) > p && high < 1e12)
        high *= 2;
    for (int i = 0; i < 200; i++) {
        const double middle = (low + high) / 2;
        *(bm_student_p(middle, df) > p ? &low : &high) = middle;
    }
    return high;
}

double bm_trimmed_p(const struct bm_trimmed *t)
{
    if (isnan(t->squared_error))
        return 1;
    if (t->squared_error <= 0)
        return t->mean == 0 ? 1 : 0;
    return bm_student_p(t->mean / sqrt(t->squared_error), t->df);
}
