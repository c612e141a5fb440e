/* SPDX-License-Identifier: MIT */
/* test_pairs.c - verdicts of pairs, on made-up launches. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "random.h"
#include "pairs.h"
#include "run_fixture.h"

Suite *pairs_suite(void);

static const double THRESHOLD = 0.015, no_noise[BM_PAIRS_CLASSES];

/* Cases that change by `change`, whose launches have this deviation and now and then one ten times as large. */
static void measure(struct bm_pair_figures *cases, size_t count, double change, double deviation, unsigned long long *dice)
{
    for (size_t i = 0; i < count; i++) {
        struct bm_pair_figures *c = &cases[i];
        const double wild = bm_hash(3, (*dice)++) % 20 == 0 ? 10 : 1;
        if (!c->done)
            c->change[c->launches++] = log1p(change) + wild * deviation * normal(dice);
    }
}

/* All looks; returns how many cases got the verdict. */
static size_t count_of(double change, double deviation, size_t count, enum bm_pair_verdict verdict, unsigned long long *dice)
{
    struct bm_pair_figures *cases = calloc(count, sizeof *cases);
    int launches = 0;
    size_t found = 0;
    for (int look = 0; look < BM_PAIRS_LOOKS; look++) {
        for (; launches < bm_pairs_launches_at(look); launches++)
            measure(cases, count, change, deviation, dice);
        bm_pairs_judge(cases, count, log1p(THRESHOLD), no_noise);
    }
    for (size_t i = 0; i < count; i++)
        found += cases[i].verdict == verdict;
    free(cases);
    return found;
}

START_TEST(equal_code_is_the_same)
{
    unsigned long long dice = 1;
    enum { CASES = 1000 };
    ck_assert_uint_eq(count_of(0, 0.004, CASES, BM_PAIR_SLOWER, &dice), 0);
    ck_assert_uint_eq(count_of(0, 0.004, CASES, BM_PAIR_FASTER, &dice), 0);
    ck_assert_uint_ge(count_of(0, 0.004, CASES, BM_PAIR_SAME, &dice), CASES * 98 / 100);
    ck_assert_uint_ge(count_of(0, 0.010, CASES, BM_PAIR_SAME, &dice), CASES * 98 / 100);
}
END_TEST

START_TEST(changes_are_found)
{
    unsigned long long dice = 2;
    enum { CASES = 1000 };
    static const struct { double change, deviation; size_t least; } planted[] = {
        { 0.03, 0.004, 980 }, { 0.03, 0.008, 800 }, { 0.05, 0.008, 995 }, { 0.10, 0.010, 1000 },
    };
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
        ck_assert_uint_ge(count_of(planted[i].change, planted[i].deviation, CASES, BM_PAIR_SLOWER, &dice), planted[i].least);
        ck_assert_uint_eq(count_of(planted[i].change, planted[i].deviation, CASES, BM_PAIR_SAME, &dice), 0);
        ck_assert_uint_ge(count_of(1 / (1 + planted[i].change) - 1, planted[i].deviation, CASES, BM_PAIR_FASTER, &dice),
                          planted[i].least);
    }
}
END_TEST

/* Launches until half of the interval is at most 1 %. How many of the intervals hold the change, and how many are as
 * narrow as that? */
static void narrow(double change, double deviation, size_t count, size_t *hold, size_t *narrow, unsigned long long *dice)
{
    struct bm_pair_figures *cases = calloc(count, sizeof *cases);
    int launches = 0;
    for (int look = 0; look < BM_PAIRS_LOOKS; look++) {
        for (; launches < bm_pairs_launches_at(look); launches++)
            measure(cases, count, change, deviation, dice);
        bm_pairs_narrow(cases, count, log1p(0.01));
    }
    *hold = *narrow = 0;
    for (size_t i = 0; i < count; i++) {
        *hold += cases[i].low <= log1p(change) && log1p(change) <= cases[i].high;
        *narrow += cases[i].done;
    }
    free(cases);
}

START_TEST(until_a_change_is_known)
{
    enum { CASES = 1000 };
    static const struct { double change, deviation; bool known; } of[] = {
        { 0, 0.004, true }, { 0.5, 0.01, true }, { 30, 0.02, true }, { -0.2, 0.2, false },
    };
    unsigned long long dice = 4;
    size_t hold, known;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        narrow(of[i].change, of[i].deviation, CASES, &hold, &known, &dice);
        ck_assert_msg(hold >= CASES * 94 / 100, "%zu: %zu hold the change", i, hold); /* though the stop looks at them */
        if (of[i].known)
            ck_assert_uint_ge(known, CASES * 99 / 100);
        else
            ck_assert_uint_eq(known, 0);
    }
}
END_TEST

START_TEST(few_launches_are_not_known)
{
    struct bm_pair_figures c = { .launches = BM_PAIRS_LEAST - 1 };
    bm_pairs_narrow(&c, 1, 1);
    ck_assert(!c.done);
    c.launches++;
    bm_pairs_narrow(&c, 1, 1);
    ck_assert(c.done && c.low < 0 && c.high > 0 && c.verdict == 0);
    bm_pairs_narrow(NULL, 0, 1);
}
END_TEST

START_TEST(a_change_at_the_threshold) /* is mostly left open, and seldom called */
{
    unsigned long long dice = 3;
    ck_assert_uint_le(count_of(THRESHOLD, 0.005, 1000, BM_PAIR_SLOWER, &dice), 5);
    ck_assert_uint_le(count_of(THRESHOLD, 0.005, 1000, BM_PAIR_SAME, &dice), 50);
}
END_TEST

START_TEST(few_launches)
{
    struct bm_pair_figures c = { .verdict = BM_PAIR_INCONCLUSIVE };
    for (size_t n = 0; n < BM_PAIRS_LEAST; n++) {
        bm_pairs_judge(&c, 1, log1p(THRESHOLD), no_noise);
        ck_assert(!c.done && c.verdict == BM_PAIR_INCONCLUSIVE);
        c.change[c.launches++] = 1;
    }
    bm_pairs_judge(&c, 1, log1p(THRESHOLD), no_noise); /* four equal launches: no case of its class tells more */
    ck_assert_int_eq(c.verdict, BM_PAIR_SLOWER);
    bm_pairs_judge(NULL, 0, log1p(THRESHOLD), no_noise);
}
END_TEST

/* Who asks for figures alone has no threshold: no case gets a verdict, which would end its launches. */
START_TEST(no_threshold)
{
    struct bm_pair_figures c = { .launches = 5, .verdict = BM_PAIR_INCONCLUSIVE, .change = { .5, .51, .49, .5, .5 } };
    bm_pairs_judge(&c, 1, NAN, no_noise);
    ck_assert(!c.done && c.verdict == BM_PAIR_INCONCLUSIVE);
    ck_assert_double_eq_tol(c.mean, .5, 1e-12);
    ck_assert(c.error > 0 && c.low < .5 && c.high > .5);
}
END_TEST

START_TEST(one_wild_launch)
{
    struct bm_pair_figures c = { .launches = 9, .change = { 0, .001, -.001, 0, .5, .001, 0, 0, -.001 } };
    bm_pairs_judge(&c, 1, log1p(THRESHOLD), no_noise);
    ck_assert_int_eq(c.verdict, BM_PAIR_SAME);
}
END_TEST

START_TEST(noise_of_the_machine)
{
    const int class = bm_pairs_class("L3", 2);
    ck_assert_int_ne(class, bm_pairs_class("L3", 1));
    ck_assert_int_eq(bm_pairs_class("nowhere", 1), bm_pairs_class("memory", 1));
    ck_assert_str_eq(bm_pairs_class_level(class), "L3");
    double noise[BM_PAIRS_CLASSES] = { 0 };
    struct bm_pair_figures c = { .class = class, .launches = 6, .change = { .03, .031, .03, .029, .03, .03 } }, same = { .class = class };
    bm_pairs_judge(&c, 1, log1p(THRESHOLD), noise);
    ck_assert_int_eq(c.verdict, BM_PAIR_SLOWER);
    c.done = false;
    noise[class] = 0.04; /* equal code differs by more than that */
    bm_pairs_judge(&c, 1, log1p(THRESHOLD), noise);
    ck_assert_int_eq(c.verdict, BM_PAIR_INCONCLUSIVE);
    for (; same.launches < 6; same.launches++)
        same.change[same.launches] = 0.02 + 1e-4 * (double)same.launches;
    bm_pairs_judge(&same, 1, log1p(THRESHOLD), noise); /* and it never makes "same" wider */
    ck_assert_int_eq(same.verdict, BM_PAIR_INCONCLUSIVE);
    double error;
    struct bm_pair_figures both[] = { c, same };
    ck_assert_uint_eq(bm_pairs_noise(both, 2, class, &error), 2);
    ck_assert_double_eq_tol(error, 0.03, 1e-3);
    ck_assert_uint_eq(bm_pairs_noise(both, 2, class - 1, &error), 0);
    ck_assert_double_eq(error, 0);
}
END_TEST

START_TEST(launches_that_would_settle)
{
    struct bm_pair_figures c = { .launches = 6, .change = { .03, -.03, .02, -.02, .01, -.01 } };
    bm_pairs_judge(&c, 1, log1p(THRESHOLD), no_noise);
    ck_assert_int_eq(c.verdict, BM_PAIR_INCONCLUSIVE);
    ck_assert_uint_gt(bm_pairs_needed(&c, log1p(THRESHOLD)), 6);
    for (size_t i = 0; i < c.launches; i++)
        c.change[i] += THRESHOLD;
    bm_pairs_judge(&c, 1, log1p(THRESHOLD), no_noise);
    ck_assert_uint_eq(bm_pairs_needed(&c, log1p(THRESHOLD)), 0); /* it lies at the threshold */
}
END_TEST

START_TEST(benjamini_hochberg) /* by hand: p of rank i of 8 against q i / 8 */
{
    static const double p[] = { 0.01, 0.04, 0.03, 0.005, 0.5, NAN, 0.02, 0.9 };
    static const bool at_8[] = { true, true, true, true, false, false, true, false },
                      at_5[] = { true, false, false, true, false, false, false, false };
    bool taken[8];
    bm_benjamini_hochberg(p, 8, 0.08, taken);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(taken[i], at_8[i]);
    bm_benjamini_hochberg(p, 8, 0.05, taken);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(taken[i], at_5[i]);
    bm_benjamini_hochberg(p, 0, 0.05, taken);
}
END_TEST

START_TEST(launch)
{
    double none[1] = { 0 }, some[] = { .1, .2, .3, -9, 9 };
    ck_assert(isnan(bm_pairs_launch(none, 0)));
    ck_assert_double_eq_tol(bm_pairs_launch(some, 5), 0.2, 1e-12);
    ck_assert_int_eq(bm_pairs_launches_at(0), BM_PAIRS_LEAST);
    ck_assert_int_eq(bm_pairs_launches_at(BM_PAIRS_LOOKS - 1), 63);
}
END_TEST

Suite *pairs_suite(void)
{
    Suite *suite = suite_create("pairs");
    TCase *verdicts = tcase_create("verdicts");
    tcase_set_timeout(verdicts, 120);
    tcase_add_test(verdicts, equal_code_is_the_same);
    tcase_add_test(verdicts, changes_are_found);
    tcase_add_test(verdicts, until_a_change_is_known);
    tcase_add_test(verdicts, few_launches_are_not_known);
    tcase_add_test(verdicts, a_change_at_the_threshold);
    tcase_add_test(verdicts, few_launches);
    tcase_add_test(verdicts, no_threshold);
    tcase_add_test(verdicts, one_wild_launch);
    tcase_add_test(verdicts, noise_of_the_machine);
    tcase_add_test(verdicts, launches_that_would_settle);
    tcase_add_test(verdicts, benjamini_hochberg);
    tcase_add_test(verdicts, launch);
    suite_add_tcase(suite, verdicts);
    return suite;
}
