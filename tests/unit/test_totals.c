/* SPDX-License-Identifier: MIT */
/* test_totals.c - ratios of times: their intervals, and those of totals, on made-up launches. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "totals.h"

Suite *totals_suite(void);

enum { MOST = 8 };

/* A case whose launches, from `first` on, had these medians. */
struct made {
    struct bm_run_launch launch[MOST];
    struct bm_run_case c;
};

static struct bm_run_case *make(struct made *m, int first, const double *median, size_t launches)
{
    double sorted[MOST];
    m->c = (struct bm_run_case){ .launch = m->launch, .launches = launches };
    for (size_t i = 0; i < launches; i++) {
        m->launch[i] = (struct bm_run_launch){ .launch = first + (int)i, .median_s = median[i] };
        sorted[i] = median[i];
    }
    m->c.stats = bm_summarise(sorted, launches);
    const struct bm_interval i = bm_median_interval(sorted, launches);
    m->c.stats.low = i.low;
    m->c.stats.high = i.high;
    return &m->c;
}

static void near(double got, double want) { ck_assert_msg(fabs(got - want) < 1e-12 * fabs(want), "%g, not %g", got, want); }

/* What disturbs a launch disturbs both sides, and leaves their ratio. */
START_TEST(launches_are_pairs)
{
    struct made a, b;
    const double slow[] = { 2, 4, 6, 8, 10, 12 }, fast[] = { 1, 2, 3, 4, 5, 6 };
    struct bm_interval i = bm_times_interval(make(&a, 0, slow, 6), make(&b, 0, fast, 6));
    ck_assert_double_eq(i.low, 2);
    ck_assert_double_eq(i.high, 2);
    i = bm_apart_interval(&a.c, &b.c); /* of other runs, they would not be */
    ck_assert(i.low < 0.5 && i.high > 8);
}
END_TEST

START_TEST(the_ratio_that_is_shown_lies_within)
{
    struct made a, b;
    const double slow[] = { 1, 2, 3, 4, 5, 60 }, fast[] = { 60, 5, 4, 3, 2, 1 }, one[] = { 1, 1, 1, 9, 9, 9 },
                 other[] = { 9, 9, 9, 1, 1, 1 };
    struct bm_interval i = bm_times_interval(make(&a, 0, slow, 6), make(&b, 0, fast, 6));
    ck_assert(i.low < 1 && i.high > 1);
    i = bm_times_interval(make(&a, 0, one, 6), make(&b, 0, other, 6));
    ck_assert(i.low <= a.c.stats.median / b.c.stats.median && i.high >= a.c.stats.median / b.c.stats.median);
}
END_TEST

START_TEST(too_few_launches_in_common)
{
    struct made a, b;
    const double s[] = { 1, 2, 3, 4, 5, 6, 7 };
    struct bm_interval i = bm_times_interval(make(&a, 0, s, 7), make(&b, 1, s, 7)); /* 6 of them are the same */
    ck_assert(bm_interval_known(&i));
    i = bm_times_interval(&a.c, make(&b, 2, s, 7));
    ck_assert(!bm_interval_known(&i) && i.low == 0 && isinf(i.high));
    i = bm_times_interval(&a.c, make(&b, 0, s, 0));
    ck_assert(!bm_interval_known(&i));
    i = bm_apart_interval(&a.c, make(&b, 0, s, 5));
    ck_assert(!bm_interval_known(&i));
    i = bm_share_interval(&b.c);
    ck_assert(!bm_interval_known(&i));
}
END_TEST

START_TEST(shares_of_the_limit)
{
    struct made a;
    const double s[] = { 4, 4, 4, 5, 5, 5 };
    make(&a, 0, s, 6)->bound_s = 2;
    const struct bm_interval i = bm_share_interval(&a.c);
    near(i.low, 0.4);
    near(i.high, 0.5);
}
END_TEST

/* One large case counts for what it takes; a mean of the ratios, 1.05 or 2, would not say so. */
START_TEST(totals_are_of_times)
{
    struct made a, b, c, d;
    const double a_s[] = { 100, 100, 100, 200, 200, 200 }, b_s[] = { 1000, 1000, 1000, 2000, 2000, 2000 },
                 c_s[] = { 10, 10, 10, 20, 20, 20 }, d_s[] = { 1, 1, 1, 2, 2, 2 };
    struct bm_totals totals = { 0 };
    bm_totals_add(&totals, make(&a, 0, a_s, 6), make(&b, 0, b_s, 6));
    bm_totals_add(&totals, make(&c, 0, c_s, 6), make(&d, 0, d_s, 6));
    const struct bm_total t = bm_totals_end(&totals);
    ck_assert_uint_eq(t.cases, 2);
    near(t.from_s, 165); /* of launches with 110 and 220 */
    near(t.to_s, 1501.5);
    near(t.ratio, 110 / 1001.0);
    near(t.interval.low, 110 / 1001.0);
    near(t.interval.high, 110 / 1001.0);
    ck_assert(totals.launch == NULL && totals.cases == 0);
}
END_TEST

START_TEST(totals_of_whole_launches)
{
    struct made a, b, c, d;
    const double s[] = { 1, 1, 1, 1, 1, 1, 1, 1 }, two[] = { 2, 2, 2, 2, 2, 2, 2, 2 };
    struct bm_totals totals = { 0 };
    bm_totals_add(&totals, make(&a, 0, s, 8), make(&b, 0, two, 8));
    bm_totals_add(&totals, make(&c, 0, two, 8), make(&d, 3, two, 5)); /* five launches have both cases */
    struct bm_total t = bm_totals_end(&totals);
    near(t.ratio, 3 / 4.0);
    ck_assert(!bm_interval_known(&t.interval));
    bm_totals_add(&totals, make(&a, 0, s, 1), make(&b, 0, two, 1));
    bm_totals_add(&totals, make(&c, 1, two, 1), make(&d, 1, two, 1)); /* none has: the medians are added up */
    t = bm_totals_end(&totals);
    near(t.from_s, 3);
    near(t.to_s, 4);
    ck_assert(!bm_interval_known(&t.interval));
    t = bm_totals_end(&totals); /* of nothing */
    ck_assert(t.cases == 0 && isnan(t.ratio) && isnan(t.from_s) && !bm_interval_known(&t.interval));
    bm_totals_add_times(&totals, 6, 4);
    bm_totals_add_times(&totals, 2, 4);
    t = bm_totals_end(&totals);
    near(t.ratio, 1);
    ck_assert(!bm_interval_known(&t.interval));
}
END_TEST

Suite *totals_suite(void)
{
    Suite *suite = suite_create("totals");
    TCase *tests = tcase_create("ratios of times");
    tcase_add_test(tests, launches_are_pairs);
    tcase_add_test(tests, the_ratio_that_is_shown_lies_within);
    tcase_add_test(tests, too_few_launches_in_common);
    tcase_add_test(tests, shares_of_the_limit);
    tcase_add_test(tests, totals_are_of_times);
    tcase_add_test(tests, totals_of_whole_launches);
    suite_add_tcase(suite, tests);
    return suite;
}
