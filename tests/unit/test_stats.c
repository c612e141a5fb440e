/* SPDX-License-Identifier: MIT */
/*
 * test_stats.c - the statistics that comparisons rest on, against SciPy 1.10.1:
 * Student's t by stats.t.sf, inverted by optimize.brentq; trimmed means by stats.trim_mean, their errors by
 * mstats.winsorize, the difference by ttest_ind(equal_var=False, trim=0.2), its p with the degrees of freedom rounded
 * down; the ranks of the interval of the median by stats.binom(n, 0.5).cdf in the formula of the paper.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "run_fixture.h"
#include "stats.h"

Suite *stats_suite(void);

static void near(double got, double want)
{
    ck_assert_msg(fabs(got - want) <= 1e-10 * fabs(want) + 1e-15, "%.15g instead of %.15g", got, want);
}

START_TEST(student)
{
    static const struct { double t; unsigned df; double p; } two_sided[] = {
        { 0, 1, 1 },                        { 1, 1, 0.5 },
        { 2.5, 2, 0.129611720221511 },      { -3.2, 5, 0.0239951768033005 },
        { 12.7, 1, 0.0500243276893442 },    { 2, 30, 0.0546250449629831 },
        { 4.5, 100, 1.83846115476155e-05 }, { 0.001, 7, 0.999230017244999 },
        { 1.96, 1000, 0.0502731849557487 },
    };
    static const struct { double p; unsigned df; double t; } beyond[] = {
        { 0.05, 1, 12.7062047362 },   { 0.05, 2, 4.30265272975 }, { 0.05, 9, 2.2621571628 },
        { 0.01, 30, 2.74999565357 }, { 0.5, 3, 0.764892328404 }, { 0.001, 1000, 3.30028264842 },
    };
    for (size_t i = 0; i < sizeof two_sided / sizeof *two_sided; i++)
        near(bm_student_p(two_sided[i].t, two_sided[i].df), two_sided[i].p);
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
        near(bm_student_t(beyond[i].p, beyond[i].df), beyond[i].t);
    ck_assert_double_eq(bm_student_p(INFINITY, 3), 0);
}
END_TEST

START_TEST(trimmed)
{
    double a[] = { 1.2, 1.5, 0.9, 1.1, 5.0, 1.3, 1.0, 1.4, 0.2, 1.25 };
    double b[] = { 1.6, 1.9, 1.7, 2.1, 1.5, 1.65, 1.8, 9.0, 1.4, 1.75, 1.85 };
    struct bm_trimmed x = bm_trim(a, 10), y = bm_trim(b, 11);
    near(x.mean, 1.2083333333333333);
    near(x.squared_error, 0.00874166666666666);
    near(x.df, 5);
    near(y.mean, 1.75);
    near(y.squared_error, 0.00380952380952381);
    near(bm_trimmed_p(&x), 4.941883320859862e-05);
}
END_TEST

START_TEST(trimmed_edges)
{
    double two[] = { 1, 3 }, equal[] = { 2, 2, 2, 2, 2 }, zero[] = { 0, 0, 0 };
    double wild[] = { 1, INFINITY, 2, 1.5, 1.2, 1.4, 1.7 }, ends[] = { INFINITY, INFINITY, 1, 1, 1 };
    double huge[] = { -1e300, 0, 1e300, 2e299 };
    struct bm_trimmed t = bm_trim(two, 0);
    ck_assert(isnan(t.mean) && isnan(t.squared_error) && bm_trimmed_p(&t) == 1);
    t = bm_trim(two, 1);
    ck_assert(t.mean == 1 && isnan(t.squared_error) && bm_trimmed_p(&t) == 1);
    t = bm_trim(two, 2);
    ck_assert(t.mean == 2 && isnan(t.squared_error));
    t = bm_trim(equal, 5);
    ck_assert(t.mean == 2 && t.squared_error == 0 && bm_trimmed_p(&t) == 0);
    t = bm_trim(zero, 3);
    ck_assert(bm_trimmed_p(&t) == 1);
    t = bm_trim(wild, 7); /* one wild value moves nothing */
    ck_assert(isfinite(t.mean) && isfinite(t.squared_error));
    t = bm_trim(ends, 5);
    ck_assert(isinf(t.mean) && bm_trimmed_p(&t) == 1);
    t = bm_trim(huge, 4);
    ck_assert(bm_trimmed_p(&t) >= 0 && bm_trimmed_p(&t) <= 1);
}
END_TEST

START_TEST(median_interval)
{
    static const struct { size_t n; double low, high; } want[] = { /* of the squares of 1 to n */
        { 6, 2.07142857142857, 32.0714285714286 },   { 7, 3.2, 39.4666666666667 },
        { 8, 3.80693069306931, 49.9653465346535 },   { 10, 7.28828828828829, 69.8198198198198 },
        { 15, 19.3615547861052, 135.409359991064 },  { 20, 39.0580448065173, 218.178207739308 },
        { 33, 132.441065268045, 506.61530708426 },   { 100, 1661.81924992355, 3628.65272542285 },
        { 1000, 220461.568318997, 282457.328942392 },
    };
    double square[1000], equal[9] = { 4, 4, 4, 4, 4, 4, 4, 4, 4 };
    for (size_t i = 0; i < 1000; i++)
        square[i] = (double)((i + 1) * (i + 1));
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct bm_interval got = bm_median_interval(square, want[i].n);
        near(got.low, want[i].low);
        near(got.high, want[i].high);
    }
    for (size_t n = 0; n < 6; n++)
        ck_assert(bm_median_interval(square, n).low == 0 && isinf(bm_median_interval(square, n).high));
    ck_assert(bm_median_interval(equal, 9).low == 4 && bm_median_interval(equal, 9).high == 4);
    square[999] = INFINITY;
    near(bm_median_interval(square, 1000).high, 282457.328942392);
}
END_TEST

/* A million launches: no time is asserted, but a quadratic sum would not come to its end within Check's timeout. */
START_TEST(median_interval_of_many)
{
    const size_t n = 1000000;
    double *value = bm_alloc(n * sizeof *value);
    for (size_t i = 0; i < n; i++)
        value[i] = (double)i;
    const struct bm_interval got = bm_median_interval(value, n);
    ck_assert(fabs(got.low - (499999.5 - 980)) < 2 && fabs(got.high - (499999.5 + 980)) < 2);
    free(value);
}
END_TEST

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Log-normal launches, skewed as times are: the true median, 1, is in 95 % of the intervals. 1.5 points are three
 * deviations of 2,000 cases. */
START_TEST(coverage)
{
    static const size_t launches[] = { 6, 10, 15, 31 };
    const size_t n = launches[_i];
    unsigned long long state = 20240506 + n;
    int covered = 0;
    for (int k = 0; k < 2000; k++) {
        double value[31];
        for (size_t i = 0; i < n; i++)
            value[i] = exp(normal(&state));
        qsort(value, n, sizeof *value, ascending);
        const struct bm_interval got = bm_median_interval(value, n);
        covered += got.low <= 1 && got.high >= 1;
    }
    ck_assert_msg(covered >= 1870 && covered <= 1930, "%d of 2000 with %zu launches", covered, n);
}
END_TEST

Suite *stats_suite(void)
{
    Suite *suite = suite_create("stats");
    TCase *tests = tcase_create("of launches");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, student);
    tcase_add_test(tests, trimmed);
    tcase_add_test(tests, trimmed_edges);
    tcase_add_test(tests, median_interval);
    tcase_add_test(tests, median_interval_of_many);
    tcase_add_loop_test(tests, coverage, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
