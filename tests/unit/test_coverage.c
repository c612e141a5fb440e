/* SPDX-License-Identifier: MIT */
/*
 * test_coverage.c - do 95 % intervals cover? Asked of simulated disturbance, where the truth is known, and of stored
 * runs, where launches that follow each other must cover what all of them say. At least 90 % must.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pairs.h"
#include "run_fixture.h"
#include "totals.h"

Suite *coverage_suite(void);

enum { LAUNCHES = 6 }; /* of a run of bench */

struct tally {
    size_t covered, of;
};

static void count(struct tally *t, struct bm_interval i, double truth)
{
    t->covered += i.low <= truth && truth <= i.high;
    t->of++;
}

static void check_tally(const struct tally *t, const char *what, const char *where)
{
    printf("%s, %s: %zu of %zu intervals cover\n", what, where, t->covered, t->of);
    ck_assert_uint_gt(t->of, 0);
    ck_assert_msg(10 * t->covered >= 9 * t->of, "%s, %s: %zu of %zu", what, where, t->covered, t->of);
}

/* ---- simulated ---- */

/* What the machine does: launches differ (log-normal, 5 %), samples of one do (1 %), and in so many launches a burst
 * makes a part of the samples, from any to any, up to 2.7 times as long. */
struct machine {
    const char *name;
    double bursts;
    bool whole; /* a burst covers its launch, not a part of it */
};
static const struct machine machines[] = { { "quiet", 0, false },
                                           { "some bursts", 0.3, false },
                                           { "bursts in most launches", 0.8, false },
                                           { "some launches lost", 0.2, true },
                                           { "always disturbed", 1, true } };
enum { MACHINES = sizeof machines / sizeof *machines, CASES = 3, MOST = 4001 };

/* Cases that share their launches: case k takes k + 1 times as long as the first. The samples of all take turns, so that
 * a burst hits them alike; their pages are their own. */
struct simulated {
    struct bm_run_case c[CASES];
    struct bm_run_launch launch[CASES][MOST];
};

static void simulate(const struct machine *m, size_t launches, unsigned long long *state, struct simulated *s)
{
    enum { SAMPLES = 12 };
    for (size_t l = 0; l < launches; l++) {
        const double slow = 1.1 + 1.6 * uniform(state);
        const size_t begin = m->whole ? 0 : (size_t)(uniform(state) * SAMPLES),
                     end = m->whole ? SAMPLES : begin + (size_t)(uniform(state) * SAMPLES) + 1;
        const bool burst = uniform(state) < m->bursts;
        for (size_t k = 0; k < CASES; k++) {
            const double effect = 1e-3 * (double)(k + 1) * exp(0.05 * normal(state));
            double sample[SAMPLES];
            for (size_t i = 0; i < SAMPLES; i++)
                sample[i] = effect * exp(0.01 * normal(state)) * (burst && i >= begin && i < end ? slow : 1);
            s->launch[k][l] = (struct bm_run_launch){ .launch = (int)l, .median_s = bm_summarise(sample, SAMPLES).median };
        }
    }
    for (size_t k = 0; k < CASES; k++)
        s->c[k] = (struct bm_run_case){ .launch = s->launch[k], .launches = launches };
}

/* Some of a case's launches, as if they were all. */
static struct bm_run_case part_of(const struct bm_run_case *c, size_t begin, size_t launches)
{
    struct bm_run_case part = *c;
    double *median = bm_alloc((launches + 1) * sizeof *median);
    part.launch += begin;
    part.launches = launches;
    for (size_t i = 0; i < launches; i++)
        median[i] = part.launch[i].median_s;
    part.stats = bm_summarise(median, launches);
    const struct bm_interval i = bm_median_interval(median, launches);
    part.stats.low = i.low;
    part.stats.high = i.high;
    free(median);
    return part;
}

static struct bm_total total_of(const struct bm_run_case *from, const struct bm_run_case *to)
{
    struct bm_totals totals = { 0 };
    bm_totals_add(&totals, &from[0], &to[0]);
    bm_totals_add(&totals, &from[1], &to[1]);
    return bm_totals_end(&totals);
}

/* What endless launches say is in nearly all of the intervals that the default number of them has. */
START_TEST(simulated)
{
    enum { TRIALS = 1000 };
    const struct machine *m = &machines[_i];
    struct simulated *s = bm_alloc(sizeof *s);
    unsigned long long state = 20260514 + (unsigned long long)_i;
    struct tally times = { 0 }, ratios = { 0 }, totals = { 0 };
    simulate(m, MOST, &state, s);
    const struct bm_run_case endless[] = { part_of(&s->c[0], 0, MOST), part_of(&s->c[1], 0, MOST),
                                           part_of(&s->c[2], 0, MOST) };
    const double truth = endless[0].stats.median, ratio = endless[2].stats.median / endless[0].stats.median,
                 total = total_of(&endless[1], &endless[0]).ratio;
    for (int t = 0; t < TRIALS; t++) {
        simulate(m, LAUNCHES, &state, s);
        const struct bm_run_case part[] = { part_of(&s->c[0], 0, LAUNCHES), part_of(&s->c[1], 0, LAUNCHES),
                                            part_of(&s->c[2], 0, LAUNCHES) };
        count(&times, (struct bm_interval){ part[0].stats.low, part[0].stats.high }, truth);
        count(&ratios, bm_times_interval(&part[2], &part[0]), ratio);
        count(&totals, total_of(&part[1], &part[0]).interval, total);
    }
    check_tally(&times, "medians", m->name);
    check_tally(&ratios, "ratios", m->name);
    check_tally(&totals, "totals", m->name);
    free(s);
}
END_TEST

/* ---- the t intervals of `ab`, which assume that launches are normal ---- */

/* Changes of launches that are not: skewed, and with wild ones. Their trimmed mean is estimated from endless ones. */
static double draw(int kind, unsigned long long *state)
{
    const double x = normal(state);
    return kind == 0   ? 0.004 * x
           : kind == 1 ? 0.004 * (exp(0.8 * x) - 1)
           : kind == 2 ? 0.004 * x / fmax(0.1, fabs(normal(state)))
                       : 0.002 * x + (uniform(state) < 0.05 ? 0.07 : 0);
}

START_TEST(not_normal)
{
    static const char *const kinds[] = { "normal", "skewed", "heavy tails", "one launch in twenty off by 7 %" };
    enum { COMPARED = 2000, MANY = 100001 };
    static const size_t launches[] = { 4, 6, 13 };
    unsigned long long state = 20260601 + (unsigned long long)_i;
    double *endless = bm_alloc(MANY * sizeof *endless);
    for (size_t i = 0; i < MANY; i++)
        endless[i] = draw(_i, &state);
    const double truth = bm_trim(endless, MANY).mean;
    free(endless);
    for (size_t n = 0; n < sizeof launches / sizeof *launches; n++) {
        struct bm_pair_figures *c = bm_alloc(COMPARED * sizeof *c);
        struct tally t = { 0 };
        char what[64];
        for (size_t i = 0; i < COMPARED; i++)
            for (c[i].launches = 0; c[i].launches < launches[n]; c[i].launches++)
                c[i].change[c[i].launches] = draw(_i, &state);
        bm_pairs_judge(c, COMPARED, log1p(BM_PAIRS_THRESHOLD), (double[BM_PAIRS_CLASSES]){ 0 });
        for (size_t i = 0; i < COMPARED; i++)
            count(&t, (struct bm_interval){ c[i].low, c[i].high }, truth);
        snprintf(what, sizeof what, "ab, %zu launches", launches[n]);
        check_tally(&t, what, kinds[_i]);
        free(c);
    }
}
END_TEST

/* ---- stored ---- */

#define FOLDER "results/amd-epyc-f25m17s1-2c/"
static const char *const stored[] = { /* those with many launches */
                                      FOLDER "20261122T021543Z-d3fadb275b3e-bench.json.gz",
                                      FOLDER "20261122T023148Z-f2b5bc4dd090-bench.json.gz",
                                      FOLDER "20261122T025650Z-841ed28504f2-bench.json.gz",
                                      FOLDER "20261122T025940Z-841ed28504f2-bench.json.gz"
};
enum { STORED = sizeof stored / sizeof *stored, ENOUGH = 4 * LAUNCHES };

/* The first case of the same shape that has the same launches; `c` itself: there is none. */
static const struct bm_run_case *base_of(const struct bm_run *run, const struct bm_run_case *c)
{
    for (const struct bm_run_case *base = run->cased; base < c; base++) {
        size_t same = 0;
        while (base->launches == c->launches && same < c->launches && base->launch[same].launch == c->launch[same].launch)
            same++;
        if (strcmp(base->shape, c->shape) == 0 && same == c->launches)
            return base;
    }
    return c;
}

/* Any six launches that follow each other, beside all. */
START_TEST(of_stored_runs)
{
    struct bm_run run;
    struct bm_error error;
    struct tally times = { 0 }, ratios = { 0 };
    for (size_t r = 0; r < STORED; r++) {
        ck_assert_msg(bm_run_load(stored[r], &run, &error), "%s (the tests run in the top folder)", error.text);
        for (const struct bm_run_case *c = run.cased; c < run.cased + run.cases; c++) {
            const struct bm_run_case *base = base_of(&run, c);
            for (size_t k = 0; c->launches >= ENOUGH && k + LAUNCHES <= c->launches; k++) {
                const struct bm_run_case part = part_of(c, k, LAUNCHES), other = part_of(base, k, LAUNCHES);
                count(&times, (struct bm_interval){ part.stats.low, part.stats.high }, c->stats.median);
                if (base != c)
                    count(&ratios, bm_times_interval(&other, &part), base->stats.median / c->stats.median);
            }
        }
        bm_run_free(&run);
    }
    check_tally(&times, "medians", "stored runs");
    check_tally(&ratios, "ratios", "stored runs");
}
END_TEST

Suite *coverage_suite(void)
{
    Suite *suite = suite_create("coverage");
    TCase *tests = tcase_create("of 95 % intervals");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, simulated, 0, MACHINES);
    tcase_add_loop_test(tests, not_normal, 0, 4);
    tcase_add_test(tests, of_stored_runs);
    suite_add_tcase(suite, tests);
    return suite;
}
