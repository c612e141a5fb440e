/* SPDX-License-Identifier: MIT */
/* test_changes.c - change points of made-up series. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "run_fixture.h"

Suite *changes_suite(void);

enum { LENGTH = 60, HISTORIES = 200, LEAST_APART = 6 };

struct planted {
    size_t at;
    double change;
};

/* Times around 1 ms with changes, normal scatter, and in one result of `spikes` an outlier of 5 to 30 %. */
static void make_series(double *value, size_t n, const struct planted *planted, size_t changes, double scatter,
                        double spikes, unsigned long long seed)
{
    unsigned long long state = seed * 2654435761ull + 88172645463325252ull;
    for (size_t i = 0; i < n; i++) {
        value[i] = 1e-3 * exp(scatter * normal(&state));
        for (size_t k = 0; k < changes; k++)
            value[i] *= i >= planted[k].at ? 1 + planted[k].change : 1;
        if (spikes > 0 && uniform(&state) * spikes < 1)
            value[i] *= 1.05 + 0.25 * uniform(&state);
    }
}

static int by_place(const void *a, const void *b)
{
    const size_t x = ((const struct planted *)a)->at, y = ((const struct planted *)b)->at;
    return (x > y) - (x < y);
}

/* 6 %, -8 % and 4 % at random places. */
static void plant(struct planted planted[3], unsigned long long seed)
{
    static const double change[] = { 0.06, -0.08, 0.04 };
    unsigned long long state = seed * 1442695040888963407ull;
    do {
        for (int i = 0; i < 3; i++)
            planted[i].at = LEAST_APART + (size_t)(uniform(&state) * (LENGTH - 2 * LEAST_APART + 1));
        qsort(planted, 3, sizeof *planted, by_place);
    } while (planted[1].at - planted[0].at < LEAST_APART || planted[2].at - planted[1].at < LEAST_APART);
    for (int i = 0; i < 3; i++)
        planted[i].change = change[i];
}

/* Points that are one of those planted, within one result; the others are added to *extra. */
static size_t recognised(const struct planted *planted, size_t n, const struct bm_change *found, size_t points,
                         size_t *extra)
{
    size_t hits = 0;
    for (size_t i = 0; i < points; i++) {
        bool hit = false;
        for (size_t k = 0; k < n; k++)
            hit |= found[i].at + 1 >= planted[k].at && found[i].at <= planted[k].at + 1 &&
                   (found[i].after > found[i].before) == (planted[k].change > 0);
        hits += hit;
        *extra += !hit;
    }
    return hits;
}

/* The scatter of a quiet machine, and of an ordinary one with an outlier in every thirtieth result. */
static const struct {
    double scatter, spikes;
} machines[] = { { 0.005, 0 }, { 0.01, 0 }, { 0.005, 30 }, { 0.01, 30 } };

START_TEST(finds_three)
{
    struct planted planted[3];
    double value[LENGTH];
    struct bm_change found[LENGTH / 3];
    size_t all = 0, extra = 0;
    for (unsigned long long seed = 1; seed <= HISTORIES; seed++) {
        plant(planted, seed);
        make_series(value, LENGTH, planted, 3, machines[_i].scatter, machines[_i].spikes, seed);
        const size_t points = bm_changes(value, LENGTH, 0.02, found);
        all += recognised(planted, 3, found, points, &extra) == 3;
    }
    ck_assert_msg(all * 100 >= HISTORIES * 95, "all three in %zu of %d histories", all, HISTORIES);
    ck_assert_msg(extra * 20 <= HISTORIES, "%zu false points in %d histories", extra, HISTORIES);
}
END_TEST

START_TEST(finds_nothing)
{
    double value[LENGTH];
    struct bm_change found[LENGTH / 3];
    size_t extra = 0;
    for (unsigned long long seed = 1; seed <= HISTORIES; seed++) {
        make_series(value, LENGTH, NULL, 0, machines[_i].scatter, machines[_i].spikes, seed);
        extra += bm_changes(value, LENGTH, 0.02, found);
    }
    ck_assert_msg(extra * 20 <= HISTORIES, "%zu false points in %d histories", extra, HISTORIES);
}
END_TEST

/* One history, exactly. */
START_TEST(exact_places)
{
    const struct planted planted[] = { { 14, 0.06 }, { 31, -0.08 }, { 50, 0.04 } };
    double value[LENGTH];
    struct bm_change found[LENGTH / 3], again[LENGTH / 3];
    make_series(value, LENGTH, planted, 3, 0.005, 0, 7);
    ck_assert_uint_eq(bm_changes(value, LENGTH, 0.02, found), 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(found[i].at, planted[i].at);
        ck_assert_double_eq_tol(found[i].after / found[i].before, 1 + planted[i].change, 0.006);
        ck_assert(found[i].p < 0.001);
    }
    ck_assert_double_eq_tol(found[0].before, 1e-3, 4e-6);
    ck_assert_uint_eq(bm_changes(value, LENGTH, 0.02, again), 3);
    ck_assert_int_eq(memcmp(found, again, 3 * sizeof *found), 0);
    ck_assert_uint_eq(bm_changes(value, LENGTH, 0.05, found), 2); /* 4 % is below the floor */
    ck_assert_uint_eq(found[1].at, 31);
}
END_TEST

START_TEST(last_three)
{
    const struct planted late = { LENGTH - 3, 0.06 }, later = { LENGTH - 2, 0.3 };
    double value[LENGTH];
    struct bm_change found[LENGTH / 3];
    for (unsigned seed = 1; seed <= 20; seed++) {
        make_series(value, LENGTH, &late, 1, 0.005, 0, seed);
        ck_assert_uint_eq(bm_changes(value, LENGTH, 0.02, found), 1);
        ck_assert_uint_eq(found[0].at, LENGTH - 3);
        make_series(value, LENGTH, &later, 1, 0.005, 0, seed); /* two results are no level yet */
        ck_assert_uint_eq(bm_changes(value, LENGTH, 0.02, found), 0);
    }
}
END_TEST

START_TEST(spikes)
{
    double value[LENGTH];
    struct bm_change found[LENGTH / 3];
    for (size_t at = 0; at < LENGTH; at++)
        for (size_t width = 1; width <= 2; width++) {
            make_series(value, LENGTH, NULL, 0, 0.005, 0, 3);
            for (size_t i = at; i < at + width && i < LENGTH; i++)
                value[i] *= 1.3;
            ck_assert_msg(bm_changes(value, LENGTH, 0.02, found) == 0, "%zu spikes at %zu", width, at);
        }
}
END_TEST

START_TEST(few_and_even)
{
    const double step[] = { 1, 1, 1, 2, 2, 2 };
    double even[9];
    struct bm_change found[4];
    for (int i = 0; i < 9; i++)
        even[i] = 1e-6;
    ck_assert_uint_eq(bm_changes(even, 9, 0.02, found), 0);
    ck_assert_uint_eq(bm_changes(even, 0, 0.02, found), 0);
    ck_assert_uint_eq(bm_changes(step, 5, 0.02, found), 0);
    ck_assert_uint_eq(bm_changes(step, 6, 0.02, found), 1);
    ck_assert_uint_eq(found[0].at, 3);
    ck_assert_double_eq_tol(found[0].before, 1, 1e-12);
    ck_assert_double_eq_tol(found[0].after, 2, 1e-12);

    const double two[] = { 1, 1, 1, 1, 1.2, 1.2, 1.2, 1.2, 2, 2, 2, 2 }; /* a floor above the first step: one level */
    ck_assert_uint_eq(bm_changes(two, 12, 0.02, found), 2);
    ck_assert_uint_eq(bm_changes(two, 12, 0.3, found), 1);
    ck_assert_uint_eq(found[0].at, 8);
    ck_assert_double_eq_tol(found[0].before, sqrt(1.2), 1e-12);
    ck_assert_double_eq_tol(found[0].after, 2, 1e-12);
}
END_TEST

Suite *changes_suite(void)
{
    Suite *suite = suite_create("changes");
    TCase *points = tcase_create("change points");
    const int all = sizeof machines / sizeof *machines;
    tcase_set_timeout(points, 120);
    tcase_add_loop_test(points, finds_three, 0, all);
    tcase_add_loop_test(points, finds_nothing, 0, all);
    tcase_add_test(points, exact_places);
    tcase_add_test(points, last_three);
    tcase_add_test(points, spikes);
    tcase_add_test(points, few_and_even);
    suite_add_tcase(suite, points);
    return suite;
}
