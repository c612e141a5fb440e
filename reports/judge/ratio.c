/* SPDX-License-Identifier: MIT */
#include "ratio.h"

#include <math.h>
#include <stdlib.h>

double bm_ratio_times(const struct bm_ratio *r) { return r->launches ? exp(r->log) : NAN; }

struct bm_interval bm_ratio_interval(const struct bm_ratio *r)
{
    if (!r->launches || isnan(r->error))
        return (struct bm_interval){ 0, INFINITY };
    const double half = bm_student_t(0.05, r->df) * r->error;
    return (struct bm_interval){ exp(r->log - half), exp(r->log + half) };
}

struct bm_ratio bm_ratio_of_cases(const struct bm_run_case *slow, const struct bm_run_case *fast)
{
    double *change = bm_alloc((slow->launches + 1) * sizeof *change);
    const size_t n = bm_launch_ratios(slow, fast, change);
    for (size_t i = 0; i < n; i++)
        change[i] = log(change[i]);
    const struct bm_trimmed t = bm_trim(change, n);
    free(change);
    return (struct bm_ratio){ n, t.mean, sqrt(t.squared_error), t.df };
}

/* Of a weighted sum of logs (Welch and Satterthwaite's degrees of freedom). A ratio without interval leaves none. */
static struct bm_ratio weighted(const struct bm_ratio *ratio, const double *weight, size_t n)
{
    struct bm_ratio sum = { .launches = 0 };
    double variance = 0, spread = 0;
    for (size_t i = 0; i < n; i++) {
        const double squared = weight[i] * weight[i] * ratio[i].error * ratio[i].error;
        sum.launches += ratio[i].launches;
        sum.log += weight[i] * ratio[i].log;
        variance += squared;
        spread += squared * squared / ratio[i].df;
    }
    sum.error = sqrt(variance);
    sum.df = spread > 0 ? variance * variance / spread : 1;
    return sum;
}

struct bm_ratio bm_ratio_mean(const struct bm_ratio *ratio, size_t n)
{
    double *weight = bm_alloc((n + 1) * sizeof *weight);
    for (size_t i = 0; i < n; i++)
        weight[i] = 1 / (double)n;
    const struct bm_ratio mean = weighted(ratio, weight, n);
    free(weight);
    return mean;
}

struct bm_ratio bm_ratio_of_totals(const struct bm_ratio *ratio, const double *seconds, size_t n)
{
    double fast = 0, slow = 0, *weight = bm_alloc((n + 1) * sizeof *weight);
    for (size_t i = 0; i < n; i++) {
        fast += seconds[i];
        slow += seconds[i] * exp(ratio[i].log);
    }
    for (size_t i = 0; i < n; i++) /* how much of a case's relative error is that of the total */
        weight[i] = seconds[i] * exp(ratio[i].log) / slow;
    struct bm_ratio total = weighted(ratio, weight, n);
    total.log = log(slow / fast);
    free(weight);
    return total;
}

const char *bm_ratio_text(const struct bm_ratio *r, char text[static 48])
{
    const double x = bm_ratio_times(r);
    const int digits = x < 9.995 ? 2 : x < 99.95 ? 1 : 0;
    const struct bm_interval i = bm_ratio_interval(r);
    if (isnan(x))
        snprintf(text, 48, "-");
    else if (isinf(i.high))
        snprintf(text, 48, "%.*f (?)", digits, x);
    else
        snprintf(text, 48, "%.*f (%.*f to %.*f)", digits, x, digits, i.low, digits, i.high);
    return text;
}
