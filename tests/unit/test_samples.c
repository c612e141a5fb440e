/* SPDX-License-Identifier: MIT */
/* test_samples.c - figures from raw samples. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "samples.h"

Suite *samples_suite(void);

static json_t *parse(const char *text)
{
    json_t *raw = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(raw);
    return raw;
}

static struct bm_figures figures(const char *text)
{
    json_t *raw = parse(text);
    struct bm_figures f = bm_figures_of(raw, NULL);
    json_decref(raw);
    return f;
}

START_TEST(all_samples_make_the_median)
{
    struct bm_figures f =
        figures("[{\"ns\": [10, 30, 12], \"contention\": [1.0, 1.9, 1.05]},"
                " {\"ns\": [14, 40, 46], \"switches\": [0, 0, 2]},"
                " {\"ns\": [20, 50], \"migrations\": [0, 1], \"contention\": [null, null]}]");
    ck_assert_uint_eq(f.samples, 8);
    ck_assert_uint_eq(f.disturbed, 3);
    ck_assert_uint_eq(f.launches, 3);
    ck_assert(!f.contended);
    ck_assert_double_eq_tol(f.median_s[0], 12e-9, 1e-15);
    ck_assert_double_eq_tol(f.median_s[1], 40e-9, 1e-15);
    ck_assert_double_eq_tol(f.median_s[2], 35e-9, 1e-15);
    ck_assert_double_eq_tol(f.median_s_of_launches, 35e-9, 1e-15);
    ck_assert_double_eq_tol(f.all.min, 10e-9, 1e-15);
    ck_assert_double_eq_tol(f.all.max, 50e-9, 1e-15);
    ck_assert_double_eq_tol(f.all.median, 25e-9, 1e-15);
    ck_assert(f.interval.low == 0 && isinf(f.interval.high)); /* three launches have no interval */
    free(f.median_s);
}
END_TEST

START_TEST(what_is_disturbed_changes_no_figure)
{
    struct bm_figures quiet = figures("[{\"ns\": [10, 80]}, {\"ns\": [90]}, {\"ns\": [70]}]"),
                      f = figures("[{\"ns\": [10, 80], \"contention\": [1.0, 2.0]}, {\"ns\": [90], \"contention\": [2.0]},"
                                  " {\"ns\": [70], \"contention\": [1.2]}]");
    ck_assert(f.contended && !quiet.contended);
    ck_assert_uint_eq(f.disturbed, 3);
    ck_assert_uint_eq(quiet.disturbed, 0);
    ck_assert_uint_eq(f.launches, quiet.launches);
    ck_assert_double_eq_tol(f.median_s[0], 45e-9, 1e-15);
    ck_assert_double_eq(f.median_s_of_launches, quiet.median_s_of_launches);
    ck_assert_double_eq(f.floor.s, quiet.floor.s);
    ck_assert_double_eq(f.p95, quiet.p95);
    free(f.median_s);
    free(quiet.median_s);
}
END_TEST

START_TEST(contended_is_most_of_the_launches)
{
    struct bm_figures f = figures("[{\"ns\": [10]}, {\"ns\": [90], \"contention\": [2.0]}]");
    ck_assert(!f.contended); /* half of them is not */
    free(f.median_s);
}
END_TEST

START_TEST(six_launches_have_an_interval)
{
    struct bm_figures f =
        figures("[{\"ns\": [1]}, {\"ns\": [2]}, {\"ns\": [3]}, {\"ns\": [4]}, {\"ns\": [5]}, {\"ns\": [6]}]");
    ck_assert(f.interval.low > 1e-9 && f.interval.low < 2e-9 && f.interval.high > 5e-9 && f.interval.high < 6e-9);
    free(f.median_s);
}
END_TEST

START_TEST(a_floor_and_its_support)
{
    struct bm_figures f = figures("[{\"ns\": [1010, 1000, 1011], \"switches\": [0, 1, 0]}, {\"ns\": [1009, 1002]},"
                                  " {\"ns\": [1200]}]");
    ck_assert_double_eq_tol(f.floor.s, 1e-6, 1e-15); /* also of a disturbed sample */
    ck_assert_double_eq(f.floor.s, f.all.min);
    ck_assert_uint_eq(f.floor.samples, 4); /* 1010 is 1 % above it */
    ck_assert_uint_eq(f.floor.launches, 2);
    ck_assert(!bm_floor_stands(&f.floor));
    ck_assert(bm_floor_stands(&(struct bm_floor){ 1e-6, 5, 2 }));
    ck_assert(!bm_floor_stands(&(struct bm_floor){ 1e-6, 9, 1 }));
    free(f.median_s);
}
END_TEST

START_TEST(nothing)
{
    struct bm_figures f = figures("[]");
    ck_assert(f.samples == 0 && f.launches == 0 && isnan(f.median_s_of_launches) && isnan(f.p95));
    ck_assert(isnan(f.floor.s) && f.floor.samples == 0 && !bm_floor_stands(&f.floor));
    free(f.median_s);
}
END_TEST

Suite *samples_suite(void)
{
    Suite *suite = suite_create("samples");
    TCase *figures_case = tcase_create("figures");
    tcase_add_test(figures_case, all_samples_make_the_median);
    tcase_add_test(figures_case, what_is_disturbed_changes_no_figure);
    tcase_add_test(figures_case, contended_is_most_of_the_launches);
    tcase_add_test(figures_case, six_launches_have_an_interval);
    tcase_add_test(figures_case, a_floor_and_its_support);
    tcase_add_test(figures_case, nothing);
    suite_add_tcase(suite, figures_case);
    return suite;
}
