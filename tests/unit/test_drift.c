/* SPDX-License-Identifier: MIT */
/* test_drift.c - histories of made-up results: is a change of code told from a change of the machine? */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "history.h"
#include "moves.h"
#include "run_fixture.h"

Suite *drift_suite(void);

enum { CASES = 40, RESULTS = 60, CHANGED = 5, SEEDS = 3 };

enum drift { STEADY, GRADUAL, STEP, BY_CLASS, DRIFTS };

struct scenario {
    enum drift drift;
    int changed_at; /* 0: no code changed its time */
    double change;
    bool beside;
    int churn; /* codes a result that change without effect */
    bool no_hashes;
};

/* Cases 0 to 19 have one thread, the others two; of each twenty 7 are in L1, 7 in L2, 6 in L3. */
static int level_of(int c) { return c % 20 < 7 ? 1 : c % 20 < 14 ? 2 : 3; }

/* How far floors of equal code lie apart: 1 to 3 % in L1 and L2, 5 % in L3. */
static double scatter_of(int c) { return level_of(c) == 3 ? 0.05 : c == CHANGED ? 0.015 : 0.01 + 0.02 * (c % 7) / 6; }

static double machine_at(const struct scenario *s, int c, int r)
{
    const double through = (double)r / (RESULTS - 1);
    switch (s->drift) {
    case GRADUAL: return 1 + 0.1 * through;
    case STEP: return r < RESULTS / 3 ? 1 : 1.1;
    case BY_CLASS: return c < 20 ? 1 + 0.1 * through : level_of(c) == 3 && r >= 40 ? 0.9 : 1;
    default: return 1;
    }
}

/* The code of each case by number. That of CHANGED changes once. */
static void change_codes(const struct scenario *s, int code[RESULTS][CASES], unsigned long long *state)
{
    for (int r = 1; r < RESULTS; r++) {
        memcpy(code[r], code[r - 1], sizeof code[r]);
        for (int k = 0; k < s->churn; k++) {
            const int c = (int)(uniform(state) * CASES);
            code[r][c] += c != CHANGED;
        }
        code[r][CHANGED] = r >= s->changed_at && s->changed_at;
    }
}

static char *text(const char *format, int number)
{
    char *made;
    ck_assert_int_ge(asprintf(&made, format, number), 0);
    return made;
}

static struct bm_history_case made_up_case(const struct scenario *s, int c, int r, int code, unsigned long long *state)
{
    const bool slower = c == CHANGED && s->changed_at && r >= s->changed_at;
    double time =
        1e-5 * (1 + c) * machine_at(s, c, r) * (slower ? 1 + s->change : 1) * exp(scatter_of(c) * normal(state));
    if (uniform(state) < 0.02)
        time *= 1.05 + 0.25 * uniform(state); /* others were busy all the time */
    return (struct bm_history_case){ .name = text("case %02d", c),
                                     .kernel = text("kernel %02d", c),
                                     .op = text("op", 0),
                                     .shape = text("shape", 0),
                                     .cache = text("warm", 0),
                                     .level = text("L%d", level_of(c)),
                                     .code = s->no_hashes ? text("", 0) : text("%04x", code),
                                     .threads = c < 20 ? 1 : 2,
                                     .median_s = time,
                                     .high_s = INFINITY,
                                     .min_s = time,
                                     .floor_s = time };
}

/* The kernels of result `older` beside those of r, where their code differs. */
static void add_beside(const struct scenario *s, struct bm_history_run *run, int code[RESULTS][CASES], int older, int r,
                       unsigned long long *state)
{
    for (int c = 0; c < CASES; c++) {
        if (code[older][c] == code[r][c])
            continue;
        const double change = c == CHANGED ? log1p(s->change) : 0, error = 0.1 * scatter_of(c);
        const double call_s = 1e-5 * (1 + c) * machine_at(s, c, r);
        run->beside[run->besides++] = (struct bm_beside){ text("case %02d", c),
                                                          { text("%04x", code[older][c]), text("%04x", code[r][c]) },
                                                          change + error * normal(state),
                                                          error,
                                                          8,
                                                          { call_s * exp(scatter_of(c) * normal(state)),
                                                            call_s * exp(change + scatter_of(c) * normal(state)) } };
    }
}

/* Without cases. */
static struct bm_history_run made_up_run_at(int r)
{
    char date[32];
    snprintf(date, sizeof date, "2026-%02d-%02dT12:00:00Z", r / 28 + 1, r % 28 + 1);
    return (struct bm_history_run){ .path = text("%d.json", r),
                                    .host = strdup("made-up"),
                                    .commit = text("%012x", r),
                                    .date = strdup(date),
                                    .sum = text("%08x", r),
                                    .fingerprint = json_pack("{s:s}", "machine", "made-up"),
                                    .cased = bm_alloc(CASES * sizeof(struct bm_history_case)),
                                    .beside = bm_alloc(2 * CASES * sizeof(struct bm_beside)) };
}

static struct bm_history made_up_history(const struct scenario *s, unsigned seed)
{
    unsigned long long state = seed * 2654435761ull + 88172645463325252ull;
    int code[RESULTS][CASES] = { { 0 } };
    struct bm_history h = { .run = bm_alloc(RESULTS * sizeof *h.run), .runs = RESULTS };
    change_codes(s, code, &state);
    for (int r = 0; r < RESULTS; r++) {
        struct bm_history_run *run = &h.run[r];
        *run = made_up_run_at(r);
        run->cases = CASES;
        for (int c = 0; c < CASES; c++)
            run->cased[c] = made_up_case(s, c, r, code[r][c], &state);
        if (s->beside && r)
            add_beside(s, run, code, r - 1, r, &state);
        if (s->beside && r > 1)
            add_beside(s, run, code, 0, r, &state);
    }
    bm_history_find(&h, NULL, 0.02);
    return h;
}

/* ---- are they told apart? ---- */

struct score {
    int found, false_code, moves_right;
};

/* The classes that became slower and faster: bits as in struct bm_move. */
static bool moves_are_right(const struct scenario *s, const struct bm_history *h)
{
    const unsigned all = 0x77;
    unsigned slower = 0, faster = 0;
    for (size_t i = 0; i < h->drift.moves; i++)
        *(h->drift.move[i].change > 0 ? &slower : &faster) |= h->drift.move[i].classes;
    return s->drift == STEADY     ? !slower && !faster
           : s->drift == BY_CLASS ? slower == 0x07 && faster == 0x40
                                  : slower == all && !faster;
}

static void count(const struct scenario *s, unsigned seed, struct score *score)
{
    struct bm_history h = made_up_history(s, seed);
    for (size_t i = 0; i < h.all; i++)
        for (size_t k = 0; k < h.series[i].changes; k++) {
            const struct bm_change *c = &h.series[i].change[k];
            const bool code = strcmp(bm_code_verdict(&h.series[i], c), "code changed") == 0;
            const bool near =
                i == CHANGED && s->changed_at && abs((int)h.series[i].point[c->at].run - s->changed_at) <= 1;
            score->found += near && code && fabs(log(c->after / c->before) - log1p(s->change)) < 0.035;
            score->false_code += code && !near;
        }
    score->moves_right += moves_are_right(s, &h);
    bm_history_free(&h);
}

static struct score score_of(const struct scenario *s, unsigned seeds)
{
    struct score score = { 0 };
    for (unsigned seed = 1; seed <= seeds; seed++)
        count(s, seed, &score);
    return score;
}

/* _i: the drift, with and without pairs. */
START_TEST(code_and_machine)
{
    const struct scenario changed = { .drift = _i / 2, .changed_at = 30, .change = 0.04, .beside = _i % 2 },
                          steady = { .drift = _i / 2, .beside = _i % 2 };
    const struct score with = score_of(&changed, SEEDS), without = score_of(&steady, SEEDS);
    ck_assert_int_eq(with.found, SEEDS);
    ck_assert_int_eq(with.false_code, 0);
    ck_assert_int_eq(without.false_code, 0);
    ck_assert_int_ge(with.moves_right + without.moves_right, 2 * SEEDS);
}
END_TEST

/* Two results of the new code: pairs know at once, floors if the change is larger. */
START_TEST(late)
{
    const struct scenario pairs = { .drift = _i, .changed_at = 58, .change = 0.04, .beside = true },
                          floors = { .drift = _i, .changed_at = 58, .change = 0.1 };
    ck_assert_int_eq(score_of(&pairs, SEEDS).found, SEEDS);
    ck_assert_int_eq(score_of(&floors, SEEDS).found, SEEDS);
}
END_TEST

/* 118 codes that change without effect are as many chances to be wrong, and leave about five canaries of a class that
 * span a change: too few to be sure of the machine each time. */
START_TEST(many_codes)
{
    const struct scenario pairs = { .drift = _i, .changed_at = 30, .change = 0.04, .beside = true, .churn = 2 },
                          floors = { .drift = _i, .changed_at = 30, .change = 0.08, .churn = 2 };
    const struct score by_pairs = score_of(&pairs, SEEDS), by_floors = score_of(&floors, SEEDS);
    ck_assert_int_eq(by_pairs.found, SEEDS);
    ck_assert_int_eq(by_pairs.false_code, 0);
    ck_assert_int_ge(by_floors.found, SEEDS - 1);
    ck_assert_int_le(by_floors.false_code, 1);
}
END_TEST

/* ---- odd ones ---- */

/* Nothing says that the code is equal: the machine's share is what most cases have in common, and it says so. */
START_TEST(no_hashes)
{
    const struct scenario s = { .drift = STEP, .no_hashes = true };
    struct bm_history h = made_up_history(&s, 1);
    char text[512];
    ck_assert(h.drift.unknown[1] && h.drift.unknown[RESULTS - 1] && !h.drift.unknown[0]);
    ck_assert(moves_are_right(&s, &h));
    ck_assert_ptr_nonnull(strstr(bm_unknown_sentence(&h, 1, text), "machine is unknown"));
    for (size_t i = 0; i < h.all; i++)
        for (size_t k = 0; k < h.series[i].changes; k++)
            ck_assert_str_eq(bm_code_verdict(&h.series[i], &h.series[i].change[k]), "code unknown");
    bm_history_free(&h);
}
END_TEST

/* Some cases in one result or two, with or without a pair. */
static struct bm_history small_history(size_t runs, size_t cases, const char *newest, bool beside)
{
    struct bm_history h = { .run = bm_alloc((runs + 1) * sizeof *h.run), .runs = runs };
    const struct scenario s = { .drift = STEADY };
    unsigned long long state = 1;
    for (size_t r = 0; r < runs; r++) {
        h.run[r] = made_up_run_at((int)r);
        h.run[r].cases = cases;
        for (size_t c = 0; c < cases; c++) {
            h.run[r].cased[c] = made_up_case(&s, (int)c, (int)r, 0, &state);
            if (r + 1 == runs && newest) {
                free(h.run[r].cased[c].code);
                h.run[r].cased[c].code = strdup(newest);
            }
        }
        if (r + 1 == runs && beside)
            h.run[r].beside[h.run[r].besides++] =
                (struct bm_beside){ strdup("case 00"), { strdup("0000"), strdup(newest) }, log(1.04), 0.002, 8,
                                    { 1e-5, 1.04e-5 } };
    }
    bm_history_find(&h, NULL, 0.02);
    return h;
}

START_TEST(few_results)
{
    struct bm_history none = small_history(0, 0, NULL, false), one = small_history(1, 4, NULL, false),
                      two = small_history(2, 4, "00bb", true), alone = small_history(2, 1, "00bb", false);
    ck_assert_uint_eq(none.all + none.drift.moves, 0);
    ck_assert_uint_eq(one.all, 4);
    ck_assert(one.series[0].changes == 0 && one.drift.moves == 0 && isnan(one.series[0].point[0].error));
    ck_assert_double_eq_tol(one.series[0].point[0].s, one.run[0].cased[0].floor_s, 1e-18);
    ck_assert_uint_eq(two.series[0].changes, 1); /* a pair is enough */
    ck_assert(bm_history_by_pairs(&two.series[0], two.series[0].change));
    ck_assert_double_eq_tol(two.series[0].change->after / two.series[0].change->before, 1.04, 1e-9);
    ck_assert_double_eq_tol(two.series[0].point[1].error, 0.002, 1e-9);
    ck_assert_uint_eq(two.series[1].changes, 0);
    ck_assert(two.drift.unknown[1] && alone.drift.unknown[1]);
    ck_assert_double_eq(alone.drift.all[1], 0); /* one case cannot tell the machine */
    bm_history_free(&none), bm_history_free(&one), bm_history_free(&two), bm_history_free(&alone);
}
END_TEST

/* ---- the chain ---- */

START_TEST(chain)
{
    const struct bm_link same[] = { { 0, 1, 0.03, 0.01, 7 }, { 1, 0, -0.05, 0.01, 9 } };
    struct bm_chain c = bm_chain_of(same, 2, 3);
    ck_assert(c.part[0] == c.part[1] && c.part[2] != c.part[0]);
    ck_assert_double_eq_tol(c.level[1] - c.level[0], 0.04, 1e-9);
    ck_assert_double_eq_tol(bm_chain_error(&c, 0, 1), 0.01, 1e-6); /* widened: they disagree */
    ck_assert_double_eq(c.df, 7);
    bm_chain_free(&c);

    const struct bm_link way[] = { { 0, 1, 0.02, 0.01, 7 }, { 2, 1, -0.01, 0.01, 7 } };
    c = bm_chain_of(way, 2, 3);
    ck_assert_double_eq_tol(c.level[2] - c.level[0], 0.03, 1e-9); /* by way of 1 */
    ck_assert_double_eq_tol(bm_chain_error(&c, 0, 2), 0.01 * sqrt(2), 1e-6);
    bm_chain_free(&c);

    c = bm_chain_of(NULL, 0, 0);
    bm_chain_free(&c);
}
END_TEST

Suite *drift_suite(void)
{
    Suite *suite = suite_create("drift");
    TCase *histories = tcase_create("drift"), *odd = tcase_create("odd histories");
    tcase_set_timeout(histories, 120);
    tcase_add_loop_test(histories, code_and_machine, 0, 2 * DRIFTS);
    tcase_add_loop_test(histories, late, 0, DRIFTS);
    tcase_add_loop_test(histories, many_codes, 0, DRIFTS);
    tcase_add_test(odd, no_hashes);
    tcase_add_test(odd, few_results);
    tcase_add_test(odd, chain);
    suite_add_tcase(suite, histories);
    suite_add_tcase(suite, odd);
    return suite;
}
