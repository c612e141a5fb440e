/* SPDX-License-Identifier: MIT */
/* test_ratio.c - ratios of times with their intervals, and which kernels tie with the fastest, on made-up samples. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "ratio.h"
#include "winner.h"

Suite *ratio_suite(void);

/* Standard normal. */
static double normal(uint64_t *dice)
{
    const double u = (double)(bm_hash(11, (*dice)++) >> 11) * 0x1p-53 + 0x1p-54,
                 v = (double)(bm_hash(11, (*dice)++) >> 11) * 0x1p-53;
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

enum { SAMPLES = 5 };

/* A case whose samples take so many ns; moment[l] is what the machine makes of launch l. Free it by drop(). */
static struct bm_run_case make(const char *kernel, double ns, const double *moment, size_t launches, double scatter,
                               uint64_t *dice)
{
    struct bm_run_case c = { .kernel = kernel, .op = "op", .launch = bm_alloc((launches + 1) * sizeof *c.launch), .launches = launches };
    double *median = bm_alloc((launches + 1) * sizeof *median);
    for (size_t l = 0; l < launches; l++) {
        double s[SAMPLES];
        for (int i = 0; i < SAMPLES; i++)
            s[i] = 1e-9 * ns * (moment ? moment[l] : 1) * exp(scatter * normal(dice));
        median[l] = bm_summarise(s, SAMPLES).median;
        c.launch[l] = (struct bm_run_launch){ .launch = (int)l, .median_s = median[l] };
    }
    c.stats = bm_summarise(median, launches);
    free(median);
    return c;
}

static void drop(struct bm_run_case *c) { free(c->launch); }

START_TEST(launches_are_pairs) /* what a launch does to both does not count */
{
    static const double moment[] = { 1, 2, 1.2, 5, 1, 3, 1.1, 1 };
    uint64_t dice = 1;
    struct bm_run_case slow = make("op_slow", 30, moment, 8, 0, &dice), fast = make("op_fast", 10, moment, 8, 0, &dice);
    const struct bm_ratio r = bm_ratio_of_cases(&slow, &fast), back = bm_ratio_of_cases(&fast, &slow);
    ck_assert_uint_eq(r.launches, 8);
    ck_assert_double_eq_tol(bm_ratio_times(&r), 3, 1e-9);
    ck_assert_double_eq_tol(bm_ratio_times(&back), 1 / 3., 1e-9);
    ck_assert_double_eq_tol(bm_ratio_interval(&r).low, 3, 1e-6);
    ck_assert_double_eq_tol(bm_ratio_interval(&r).high, 3, 1e-6);
    ck_assert_double_eq_tol(fast.stats.median, 11.5e-9, 1e-15);
    drop(&slow);
    drop(&fast);
}
END_TEST

START_TEST(few_launches)
{
    uint64_t dice = 2;
    char text[48];
    for (size_t launches = 0; launches < 3; launches++) {
        struct bm_run_case slow = make("op_slow", 20, NULL, launches, 0, &dice),
                           fast = make("op_fast", 10, NULL, launches, 0, &dice);
        const struct bm_ratio r = bm_ratio_of_cases(&slow, &fast);
        ck_assert_uint_eq(r.launches, launches);
        ck_assert(bm_ratio_interval(&r).low == 0 && isinf(bm_ratio_interval(&r).high));
        ck_assert_str_eq(bm_ratio_text(&r, text), launches ? "2.00 (?)" : "-");
        ck_assert(bm_ties(&fast, &slow)); /* who knows */
        slow.floor.s = 20.1e-9;
        ck_assert_int_eq(bm_ties(&fast, &slow), launches == 0);
        drop(&slow);
        drop(&fast);
    }
}
END_TEST

START_TEST(launches_that_one_side_lacks)
{
    static const double moment[] = { 1, 9, 1, 1 };
    uint64_t dice = 3;
    struct bm_run_case slow = make("op_slow", 20, moment, 4, 0, &dice), fast = make("op_fast", 10, moment, 4, 0, &dice);
    fast.launch[1].launch = 99;
    const struct bm_ratio r = bm_ratio_of_cases(&slow, &fast);
    ck_assert_uint_eq(r.launches, 3);
    ck_assert_double_eq_tol(bm_ratio_times(&r), 2, 1e-9);
    drop(&slow);
    drop(&fast);
}
END_TEST

START_TEST(means_and_totals) /* by hand */
{
    const struct bm_ratio r[] = { { 8, log(2), 0.03, 5 }, { 8, log(0.5), 0.04, 5 } };
    const double seconds[] = { 1, 4 };
    const struct bm_ratio mean = bm_ratio_mean(r, 2), total = bm_ratio_of_totals(r, seconds, 2),
                          one = bm_ratio_mean(r, 1), none = bm_ratio_mean(r, 0),
                          nothing = bm_ratio_of_totals(r, seconds, 0);
    char text[48];
    ck_assert_double_eq_tol(bm_ratio_times(&mean), 1, 1e-12);
    ck_assert_double_eq_tol(mean.error, 0.025, 1e-12);
    ck_assert_double_eq_tol(mean.df, 5 * 25. * 25 / (81 + 256), 1e-9); /* Welch and Satterthwaite */
    ck_assert_double_eq_tol(bm_ratio_times(&total), 4 / 5., 1e-12); /* 2 and 2 against 1 and 4 */
    ck_assert_double_eq_tol(total.error, 0.025, 1e-12);
    ck_assert(one.log == r[0].log && one.error == r[0].error);
    ck_assert_double_eq_tol(one.df, 5, 1e-9);
    ck_assert(isnan(bm_ratio_times(&none)) && isnan(bm_ratio_times(&nothing)));
    ck_assert_str_eq(bm_ratio_text(&none, text), "-");
    ck_assert_str_eq(bm_ratio_text(&total, text), "0.80 (0.76 to 0.85)");
    const struct bm_ratio unknown[] = { r[0], { 2, 0, NAN, 0 } }, half = bm_ratio_mean(unknown, 2);
    ck_assert_double_eq_tol(bm_ratio_times(&half), sqrt(2), 1e-12); /* but nothing is known of its interval */
    ck_assert(isinf(bm_ratio_interval(&half).high));
}
END_TEST

START_TEST(intervals_cover)
{
    enum { TIMES = 1000 };
    uint64_t dice = 4;
    size_t covered = 0;
    for (int i = 0; i < TIMES; i++) {
        struct bm_run_case a = make("op_a", 11, NULL, 8, 0.02, &dice), b = make("op_b", 10, NULL, 8, 0.02, &dice);
        const struct bm_ratio r = bm_ratio_of_cases(&a, &b);
        const struct bm_interval interval = bm_ratio_interval(&r);
        covered += interval.low <= 1.1 && interval.high >= 1.1;
        drop(&a);
        drop(&b);
    }
    ck_assert_uint_ge(covered, TIMES * 93 / 100);
    ck_assert_uint_le(covered, TIMES * 98 / 100);
}
END_TEST

START_TEST(ties) /* what differs by less than BM_TIE or than the scatter, and nothing else */
{
    static const double moment[] = { 1, 2, 1.2, 5, 1, 3, 1.1, 1 };
    uint64_t dice = 5;
    struct bm_run_case c[] = {
        make("op_near", 10.1, moment, 8, 0.001, &dice), make("op_fast", 10, moment, 8, 0.001, &dice),
        make("op_slow", 10.5, moment, 8, 0.001, &dice), make("op_noisy", 10.5, moment, 8, 0.5, &dice),
    };
    const struct bm_run_case *of[] = { &c[0], &c[1], &c[2], &c[3] };
    char text[BM_TIES_ROOM];
    ck_assert_uint_eq(bm_fastest_of(of, 4), 1);
    ck_assert(bm_ties(&c[1], &c[0]) && !bm_ties(&c[1], &c[2]) && bm_ties(&c[1], &c[3]));
    ck_assert_str_eq(bm_ties_text(&c[1], of, 4, text), " (ties with near, noisy)");
    ck_assert_str_eq(bm_ties_text(&c[1], of + 1, 2, text), "");
    c[3].threads = 2;
    ck_assert_str_eq(bm_ties_text(&c[1], of + 1, 3, text), " (ties with noisy on 2 threads)");
    ck_assert_str_eq(bm_ties_text(&c[1], of, 0, text), "");
    for (size_t i = 0; i < 4; i++)
        drop(&c[i]);
}
END_TEST

START_TEST(many_ties) /* more than there is room for are counted */
{
    enum { MANY = 20 };
    uint64_t dice = 6;
    struct bm_run_case c[MANY];
    const struct bm_run_case *of[MANY];
    char text[BM_TIES_ROOM];
    for (int i = 0; i < MANY; i++) {
        c[i] = make("op_a_long_name", 10, NULL, 8, 0, &dice);
        of[i] = &c[i];
    }
    const char *more = strstr(bm_ties_text(&c[0], of, MANY, text), " and ");
    ck_assert(more && strcmp(more, " and 12 more)") == 0);
    for (int i = 0; i < MANY; i++)
        drop(&c[i]);
}
END_TEST

Suite *ratio_suite(void)
{
    Suite *suite = suite_create("ratio");
    TCase *tests = tcase_create("ratio");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, launches_are_pairs);
    tcase_add_test(tests, few_launches);
    tcase_add_test(tests, launches_that_one_side_lacks);
    tcase_add_test(tests, means_and_totals);
    tcase_add_test(tests, intervals_cover);
    tcase_add_test(tests, ties);
    tcase_add_test(tests, many_ties);
    suite_add_tcase(suite, tests);
    return suite;
}
