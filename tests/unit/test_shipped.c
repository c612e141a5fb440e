/* SPDX-License-Identifier: MIT */
/* test_shipped.c - compare on the results that are shipped, which are of equal code: nothing is called, and what is
 * planted in their samples is never called the same. And the winners of both full runs. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "compare_runs.h"
#include "winner.h"

Suite *shipped_suite(void);

enum { RESULTS = 9, FULL = 2 };
#define FOLDER "results/amd-epyc-f25m17s1-2c/"
static const char *const path[RESULTS] = { /* the full runs first */
                                           FOLDER "20261122T001536Z-89152a4c9785-bench.json.gz",
                                           FOLDER "20261122T025134Z-841ed28504f2-bench.json.gz",
                                           FOLDER "20261122T021543Z-d3fadb275b3e-bench.json.gz",
                                           FOLDER "20261122T021747Z-fd66e6c59bab-bench.json.gz",
                                           FOLDER "20261122T022423Z-fd66e6c59bab-bench.json.gz",
                                           FOLDER "20261122T023148Z-f2b5bc4dd090-bench.json.gz",
                                           FOLDER "20261122T025650Z-841ed28504f2-bench.json.gz",
                                           FOLDER "20261122T025710Z-841ed28504f2-bench.json.gz",
                                           FOLDER "20261122T025940Z-841ed28504f2-bench.json.gz"
};

/* A result whose every sample took `times` the time. */
static void load(const char *file, double times, struct bm_run *run)
{
    static const char *const figures[] = { "min_s",        "p25_s", "median_s", "median_low_s", "median_high_s",
                                           "all_median_s", "p75_s", "p95_s",    "max_s" };
    struct bm_document d;
    struct bm_error error;
    json_t *of, *launch, *one;
    size_t i, l, k;
    ck_assert_msg(bm_document_load(file, &d, &error), "%s (the tests run in the top folder)", error.text);
    json_array_foreach(json_object_get(d.ours, "cases"), i, of)
    {
        for (k = 0; k < sizeof figures / sizeof *figures; k++)
            if (json_is_number(one = json_object_get(of, figures[k])))
                json_object_set_new(of, figures[k], json_real(times * json_number_value(one)));
        json_array_foreach(json_object_get(of, "raw"), l, launch)
            json_array_foreach(json_object_get(launch, "ns"), k, one)
                json_array_set_new(json_object_get(launch, "ns"), k, json_real(times * json_number_value(one)));
    }
    ck_assert_msg(bm_run_read(&d, run, &error), "%s", error.text);
    bm_document_free(&d);
}

struct tally {
    size_t cases, decidable, verdicts[BM_VERDICTS];
};

static void add_sides(struct tally *t, const struct bm_side side[2], double threshold, const struct bm_noise *noise)
{
    struct bm_comparison all;
    bm_compare(side, threshold, NULL, noise, &all);
    t->cases += all.cases;
    t->decidable += all.decidable;
    for (int v = 0; v < BM_VERDICTS; v++)
        t->verdicts[v] += all.verdicts[v];
    bm_comparison_free(&all);
}

static void add(struct tally *t, const struct bm_run *base, const struct bm_run *now, double threshold,
                const struct bm_noise *noise)
{
    const struct bm_side side[] = { { base, 1 }, { now, 1 } };
    add_sides(t, side, threshold, noise);
}

/* The margins of these runs; free with bm_noise_free(). */
static struct bm_noise calibrated(const struct bm_run *run, size_t runs)
{
    json_t *json = bm_noise_measure(run, runs, 0, NULL), *one;
    const json_t *margins = json_object_get(json_object_get(json, "batchmark"), "margins");
    struct bm_noise noise = { .json = json, .class = bm_alloc(json_array_size(margins) * sizeof *noise.class) };
    size_t i;
    json_array_foreach(margins, i, one)
    {
        const json_t *margin = json_object_get(one, "margin");
        noise.class[noise.classes++] =
            (struct bm_noise_class){ (int)json_integer_value(json_object_get(one, "threads")),
                                     json_string_value(json_object_get(one, "level")),
                                     json_is_null(margin) ? NAN : json_number_value(margin) };
    }
    return noise;
}

static void check_few(const struct tally *t, const char *what)
{
    const size_t called = t->verdicts[BM_SLOWER] + t->verdicts[BM_FASTER];
    printf("equal code, %s: %zu called of %zu cases, %zu with an interval\n", what, called, t->cases, t->decidable);
    ck_assert_msg(called * 200 <= t->cases, "%s: %zu of %zu cases called", what, called, t->cases);
}

START_TEST(
    equal_code) /* at most 0.5 % are called, in either direction, by what is assumed and by what other runs show */
{
    struct bm_run run[RESULTS];
    struct tally full = { 0 }, all = { 0 }, calibration = { 0 }, pooled = { 0 };
    char text[512];
    for (int i = 0; i < RESULTS; i++)
        load(path[i], 1, &run[i]);
    ck_assert_msg(!bm_runs_unlike(run, RESULTS, text), "%s", text);
    struct bm_noise noise = calibrated(run + FULL, RESULTS - FULL);
    for (int a = 0; a < RESULTS; a++)
        for (int b = 0; b < RESULTS; b++)
            if (a != b) {
                add(&all, &run[a], &run[b], 0.02, NULL);
                if (a < FULL && b < FULL) {
                    add(&full, &run[a], &run[b], 0.02, NULL);
                    add(&calibration, &run[a], &run[b], 0.02, &noise);
                }
            }
    const struct bm_side halves[] = { { run + FULL, 3 }, { run + FULL + 3, RESULTS - FULL - 3 } };
    add_sides(&pooled, halves, 0.02, NULL);
    ck_assert_uint_ge(full.cases, 2 * 900);
    ck_assert_uint_ge(full.decidable, 2 * 100);
    check_few(&full, "full runs");
    check_few(&all, "all runs");
    check_few(&pooled, "short runs, three against four");
    check_few(&calibration, "full runs, with the margins of the others");
    bm_noise_free(&noise);
    for (int i = 0; i < RESULTS; i++)
        bm_run_free(&run[i]);
}
END_TEST

/* `slow` took so many per cent longer than `run`, or than a run of equal code. Returns how many were found. */
static size_t check_planted(const struct bm_run *run, const struct bm_run *slow, double percent, double threshold,
                            const struct bm_noise *noise)
{
    struct tally now = { 0 }, base = { 0 };
    add(&now, run, slow, threshold, noise);
    add(&base, slow, run, threshold, noise);
    printf("%g %% planted, threshold %g %%, margins %s: found %zu and, the other way round, %zu of %zu cases with an "
           "interval, %zu in all\n",
           percent, 100 * threshold, noise ? "of the others" : "assumed", now.verdicts[BM_SLOWER],
           base.verdicts[BM_FASTER], now.decidable, now.cases);
    ck_assert_uint_eq(now.verdicts[BM_FASTER] + base.verdicts[BM_SLOWER], 0);
    if (percent > 100 * threshold)
        ck_assert_uint_eq(now.verdicts[BM_SAME] + base.verdicts[BM_SAME], 0);
    ck_assert_uint_eq(now.verdicts[BM_SLOWER], base.verdicts[BM_FASTER]);
    return now.verdicts[BM_SLOWER];
}

START_TEST(planted) /* in every sample of one of the full runs: 10 % and more is never called the same, nor faster */
{
    static const double percents[] = { 5, 10, 20, 50 };
    struct bm_run run[RESULTS], slow;
    for (int i = 0; i < RESULTS; i++)
        load(path[i], 1, &run[i]);
    struct bm_noise noise = calibrated(run + FULL, RESULTS - FULL);
    struct tally none = { 0 };
    add(&none, &run[0], &run[1], 0.08, NULL);
    ck_assert_uint_ge(none.verdicts[BM_SAME], none.decidable / 2); /* it can be: if 8 % do not matter */
    for (size_t p = 0; p < sizeof percents / sizeof *percents; p++)
        for (int i = 0; i < FULL; i++) {
            load(path[i], 1 + percents[p] / 100, &slow);
            const size_t found = check_planted(&run[!i], &slow, percents[p], 0.02, NULL);
            ck_assert_uint_ge(10 * found, percents[p] < 10 ? 0 : 9 * none.decidable);
            check_planted(&run[!i], &slow, percents[p], 0.08, NULL);
            check_planted(&run[!i], &slow, percents[p], 0.02, &noise);
            check_planted(&run[!i], &slow, percents[p], 0.08, &noise);
            bm_run_free(&slow);
        }
    bm_noise_free(&noise);
    for (int i = 0; i < RESULTS; i++)
        bm_run_free(&run[i]);
}
END_TEST

/* Our cases of the same work, cache state and number of threads as `c`. */
static size_t group_of(const struct bm_run *run, const struct bm_run_case *c, const struct bm_run_case **of)
{
    size_t n = 0;
    for (const struct bm_run_case *o = run->cased; o < run->cased + run->cases; o++)
        if (bm_same_work(o, c) && o->threads == c->threads && strcmp(o->cache, c->cache) == 0 && !bm_case_is_peer(o))
            of[n++] = o;
    return n;
}

static const struct bm_run_case *by_kernel(const struct bm_run_case **of, size_t n, const char *kernel)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(of[i]->kernel, kernel) == 0)
            return of[i];
    return NULL;
}

START_TEST(winners) /* of a group are the same in both full runs, or each run says that the other's ties with its own */
{
    struct bm_run run[FULL];
    const struct bm_run_case **of[FULL];
    size_t groups = 0, agree = 0, tied = 0, alone = 0;
    for (int r = 0; r < FULL; r++) {
        load(path[r], 1, &run[r]);
        of[r] = bm_alloc(run[r].cases * sizeof *of[r]);
    }
    for (const struct bm_run_case *c = run[0].cased; c < run[0].cased + run[0].cases; c++) {
        const struct bm_run_case *winner[FULL], *other[FULL];
        char ties[BM_TIES_ROOM];
        size_t n[FULL];
        for (int r = 0; r < FULL; r++)
            n[r] = group_of(&run[r], c, of[r]);
        if (!n[0] || of[0][0] != c || !n[1])
            continue;
        groups++;
        for (int r = 0; r < FULL; r++)
            winner[r] = of[r][bm_fastest_of(of[r], n[r])];
        for (int r = 0; r < FULL; r++)
            other[r] = by_kernel(of[r], n[r], winner[!r]->kernel);
        alone += n[0] > 1 && !*bm_ties_text(winner[0], of[0], n[0], ties);
        if (other[0] == winner[0])
            agree++;
        else
            tied += other[0] && other[1] && bm_ties(winner[0], other[0]) && bm_ties(winner[1], other[1]);
    }
    printf("winners of two full runs: the same in %zu of %zu groups, tied in %zu; %zu win alone\n", agree, groups, tied,
           alone);
    ck_assert_uint_ge(groups, 170);
    ck_assert_uint_ge((agree + tied) * 100, groups * 95);
    ck_assert_uint_ge(alone * 100, groups * 15); /* and not everything is a tie */
    for (int r = 0; r < FULL; r++) {
        free(of[r]);
        bm_run_free(&run[r]);
    }
}
END_TEST

Suite *shipped_suite(void)
{
    Suite *suite = suite_create("shipped");
    TCase *tests = tcase_create("compare");
    tcase_set_timeout(tests, 240); /* reads 20 MB of JSON again and again, under sanitizers too */
    tcase_add_test(tests, equal_code);
    tcase_add_test(tests, planted);
    tcase_add_test(tests, winners);
    suite_add_tcase(suite, tests);
    return suite;
}
