/* SPDX-License-Identifier: MIT */
/* test_sampling.c - the plan of a launch, the samples that are taken, the contention beside them, and the stop rule. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "contention.h"
#include "gbench.h"
#include "plan.h"
#include "stop_rule.h"

Suite *sampling_suite(void);

START_TEST(a_launch_holds_so_many_samples)
{
    ck_assert_int_eq(bm_samples_of_launch(0.001, 0.0125), 12);
    ck_assert_int_eq(bm_samples_of_launch(0.0001, 0.02), BM_MOST_SAMPLES);
    ck_assert_int_eq(bm_samples_of_launch(0, 0.02), BM_MOST_SAMPLES);
    ck_assert_int_eq(bm_samples_of_launch(5, 0.02), BM_LEAST_SAMPLES);
    ck_assert_int_eq(bm_samples_of_launch(0.001, 0), BM_LEAST_SAMPLES);
    ck_assert_int_eq(bm_samples_of_launch(0, 0), BM_LEAST_SAMPLES);
    ck_assert_int_eq(bm_samples_of_launch(NAN, 0.02), BM_LEAST_SAMPLES);
    ck_assert_int_eq(bm_samples_of_launch(1e-300, 3600), BM_MOST_SAMPLES);
}
END_TEST

/* ---- samples ---- */

struct counted {
    int setups, calls, finishes;
    int most; /* samples that are wanted */
    double least_s;
};

static bool count_setup(void *context)
{
    struct counted *c = context;
    return c->setups++ < c->most;
}
static void count_call(void *context)
{
    ((struct counted *)context)->calls++;
    usleep(2000);
}
static void count_finish(void *context, double real_s, double cpu_s)
{
    struct counted *c = context;
    c->finishes++;
    c->least_s = fmin(c->least_s, real_s);
    ck_assert(cpu_s >= 0);
}

START_TEST(every_sample_is_taken)
{
    struct counted c[2] = { { .least_s = INFINITY, .most = 99 }, { .least_s = INFINITY, .most = 99 } };
    const struct bm_timed timed[2] = { { count_setup, count_call, count_finish, &c[0], 3, 4 },
                                       { count_setup, count_call, count_finish, &c[1], 1, 2 } };
    for (int round = 1; round <= 2; round++) {
        bm_time_all(timed, 2);
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(c[i].setups, round * timed[i].samples);
            ck_assert_int_eq(c[i].finishes, round * timed[i].samples);
            ck_assert_int_eq(c[i].calls, round * timed[i].samples * (int)timed[i].calls);
            ck_assert(c[i].least_s >= 0.002); /* of a call, asleep for so long: wall time, not that of the CPU */
        }
    }
    bm_time_all(timed, 0); /* nothing to do is no error */
}
END_TEST

START_TEST(samples_that_are_not_wanted_are_not_taken)
{
    struct counted c = { .most = 3, .least_s = INFINITY };
    const struct bm_timed timed = { count_setup, count_call, count_finish, &c, 2, 5 };
    bm_time_all(&timed, 1);
    ck_assert_int_eq(c.finishes, 3);
    ck_assert_int_eq(c.calls, 3 * 2);
}
END_TEST

/* ---- contention ---- */

START_TEST(contention_is_in_cycles)
{
    struct bm_core_watch core = { .least = 0 };
    for (int i = 1; i < BM_RECENT_CLOCKS; i++)
        ck_assert(isnan(bm_contention(&core, 8000, 1.2)));
    ck_assert_double_eq_tol(bm_contention(&core, 8000, 1.2), 1, 1e-12);
    ck_assert_double_eq_tol(bm_contention(&core, 16000, 1.2), 2, 1e-12); /* a neighbour */
    ck_assert_double_eq_tol(bm_contention(&core, 8000, 0.6), 1, 1e-12);  /* one bad reading of the clock */
    ck_assert_double_eq_tol(core.least, 9600, 1e-9);
    for (int i = 0; i < BM_RECENT_CLOCKS; i++)
        bm_contention(&core, 12000, 0.8); /* the clock falls ... */
    ck_assert_double_eq_tol(bm_contention(&core, 12000, 0.8), 1, 1e-12); /* ... and that is no neighbour */
    ck_assert_double_eq_tol(bm_contention(&core, 6000, 1.6), 1, 1e-12);  /* it rises */
}
END_TEST

START_TEST(contention_without_a_counter)
{
    struct bm_core_watch core = { .least = 0 };
    for (int i = 0; i < 3 * BM_RECENT_CLOCKS; i++)
        ck_assert(isnan(bm_contention(&core, NAN, NAN)));
    ck_assert(core.least == 0);
}
END_TEST

/* ---- the stop rule ---- */

static double precision(const char *raw, const char *more)
{
    json_t *a = json_loads(raw, 0, NULL), *b = more ? json_loads(more, 0, NULL) : NULL;
    ck_assert(a && (!more || b));
    const double p = bm_floor_precision(a, b);
    json_decref(a);
    json_decref(b);
    return p;
}

START_TEST(a_floor_needs_samples_of_launches)
{
    ck_assert_double_eq_tol(precision("[{\"ns\": [104, 100, 200]}, {\"ns\": [300, 102]}]", NULL), 0.04, 1e-12);
    ck_assert_double_eq_tol(precision("[{\"ns\": [100, 101, 102, 103]}, {\"ns\": [150]}]", NULL), 0.5, 1e-12);
    ck_assert_double_eq_tol(precision("[{\"ns\": [100, 150]}, {\"ns\": [101]}]", NULL), 0.5, 1e-12);
    ck_assert_double_eq(precision("[{\"ns\": [7, 7]}, {\"ns\": [7]}]", NULL), 0);
}
END_TEST

START_TEST(later_launches_support_a_floor)
{
    ck_assert_double_eq_tol(precision("[{\"ns\": [100, 150]}]", "[{\"ns\": [101]}]"), 0.5, 1e-12);
    ck_assert_double_eq_tol(precision("[{\"ns\": [100, 102]}]", "[{\"ns\": [300]}, {\"ns\": [101]}]"), 0.02, 1e-12);
    ck_assert_double_eq_tol(precision("[{\"ns\": [100, 101, 101]}, {\"ns\": [101]}]", "[{\"ns\": [50]}]"), 1.02, 1e-12);
}
END_TEST

START_TEST(too_few_have_no_floor)
{
    ck_assert(isinf(precision("[]", NULL)));
    ck_assert(isinf(precision("[]", "[]")));
    ck_assert(isinf(precision("[{\"ns\": []}]", NULL)));
    ck_assert(isinf(precision("[{\"ns\": [1, 1, 1, 1]}]", NULL)));
    ck_assert(isinf(precision("[{\"ns\": [1]}, {\"ns\": [1]}]", NULL)));
}
END_TEST

Suite *sampling_suite(void)
{
    Suite *suite = suite_create("sampling");
    TCase *tests = tcase_create("samples");
    tcase_add_test(tests, a_launch_holds_so_many_samples);
    tcase_add_test(tests, every_sample_is_taken);
    tcase_add_test(tests, samples_that_are_not_wanted_are_not_taken);
    tcase_add_test(tests, contention_is_in_cycles);
    tcase_add_test(tests, contention_without_a_counter);
    tcase_add_test(tests, a_floor_needs_samples_of_launches);
    tcase_add_test(tests, later_launches_support_a_floor);
    tcase_add_test(tests, too_few_have_no_floor);
    suite_add_tcase(suite, tests);
    return suite;
}
