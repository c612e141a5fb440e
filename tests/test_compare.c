/* test_compare.c - verdicts on runs that were made up, so that every change is known; noise floors; machines side by
 * side. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "across.h"
#include "compare_runs.h"
#include "result.h"
#include "run_fixture.h"
#include "table.h"

Suite *compare_suite(void);

/* ---- simulated comparisons: runs without a file, with the medians of their launches only ---- */

enum { CASES = 300, LAUNCHES = 8, CLASSES = 6, ROUNDS = 40 };
static const char *const level[CLASSES / 2] = { "L1", "L2", "memory" };
static char name[CASES][16];
static unsigned long long dice;

/* One launch's relative error: normal, and with heavy tails one launch in 20 is slower, sometimes by a lot. */
static double launch_noise(double deviation, bool heavy)
{
    const double wild = heavy && fabs(normal(&dice)) > 1.96 ? 0.1 * exp(normal(&dice)) : 0;
    return deviation * normal(&dice) + wild;
}

static void simulate(struct bm_run *run, bool heavy, const double *change, const char *const *code)
{
    *run = (struct bm_run){ .json = made_up_run("abc", "2030-01-01T00:00:00Z"),
                            .cases = CASES,
                            .cased = bm_alloc(CASES * sizeof *run->cased),
                            .by_name = bm_alloc(CASES * sizeof *run->by_name) };
    for (int i = 0; i < CASES; i++) {
        struct bm_run_case *c = &run->cased[i];
        sprintf(name[i], "case%03d", i);
        run->by_name[i] = (size_t)i;
        *c = (struct bm_run_case){ .name = name[i],
                                   .kernel = "gemm_naive",
                                   .level = level[i % CLASSES / 2],
                                   .code = code[i],
                                   .threads = 1 + i % 2,
                                   .launches = LAUNCHES,
                                   .launch = bm_alloc(LAUNCHES * sizeof *c->launch) };
        for (int l = 0; l < LAUNCHES; l++)
            c->launch[l].median_s = 1e-6 * (1 + i) * exp(change[i] + launch_noise(0.005, heavy));
        c->stats.median = c->launch[0].median_s;
    }
}

/* Floors of 0: what is left of the margin is the threshold and the guard. */
static struct bm_noise silent(struct bm_noise_class class[CLASSES])
{
    for (int i = 0; i < CLASSES; i++)
        class[i] = (struct bm_noise_class){ 1 + i % 2, level[i / 2], 0 };
    return (struct bm_noise){ .classes = CLASSES, .class = class };
}

struct tally {
    size_t false_calls, cases, quiet, planted, found;
};

/* Comparisons with a drift (a log) of the class of 2 threads in L2, and slowdowns of one kernel in 50, whose code then
 * differs. */
static struct tally simulated(bool heavy, double drift, double planted, unsigned seed)
{
    struct tally t = { 0 };
    struct bm_noise_class class[CLASSES];
    const struct bm_noise noise = silent(class);
    dice = seed;
    for (int round = 0; round < ROUNDS; round++) {
        double none[CASES] = { 0 }, change[CASES];
        const char *before[CASES], *after[CASES];
        struct bm_run base, now;
        struct bm_comparison all;
        for (int i = 0; i < CASES; i++) {
            const bool plant = planted > 0 && i % 50 == round % 50;
            before[i] = "old";
            after[i] = plant ? "new" : "old";
            change[i] =
                (i % CLASSES == 3 && drift > 0 ? drift + 0.004 * normal(&dice) : 0) + (plant ? log1p(planted) : 0);
        }
        simulate(&base, heavy, none, before);
        simulate(&now, heavy, change, after);
        bm_compare(&base, &now, 0.02, NULL, &noise, &all);
        ck_assert_uint_eq(all.cases, CASES);
        ck_assert_str_eq(all.unguarded, "");
        size_t calls = 0;
        for (size_t i = 0; i < all.cases; i++) {
            const struct bm_compared_case *c = &all.compared[i];
            const bool called = c->verdict == BM_SLOWER || c->verdict == BM_FASTER;
            calls += c->control && called;
            t.planted += !c->control;
            t.found += !c->control && c->verdict == BM_SLOWER;
        }
        t.false_calls += calls;
        t.cases += CASES;
        t.quiet += calls == 0;
        bm_comparison_free(&all);
        bm_run_free(&base);
        bm_run_free(&now);
    }
    return t;
}

static const struct {
    bool heavy;
    double drift;
} world[] = { { false, 0 }, { true, 0 }, { false, 0.03 }, { true, 0.03 } };

START_TEST(false_alarms) /* at most one case in 1000 is called, and 9 of 10 comparisons call none */
{
    const struct tally t = simulated(world[_i].heavy, world[_i].drift, 0, 1 + (unsigned)_i);
    ck_assert_msg(t.false_calls * 1000 <= t.cases && t.quiet * 10 >= 9 * ROUNDS,
                  "%zu of %zu cases called; %zu of %d comparisons quiet", t.false_calls, t.cases, t.quiet, ROUNDS);
}
END_TEST

START_TEST(slowdowns) /* of 10 % are found, with a drift too; of 5 % nearly all where launches are normal */
{
    const struct tally ten = simulated(world[_i].heavy, world[_i].drift, 0.10, 11 + (unsigned)_i),
                       five = simulated(world[_i].heavy, world[_i].drift, 0.05, 21 + (unsigned)_i);
    ck_assert_uint_eq(ten.planted, 6 * ROUNDS);
    ck_assert_msg(ten.found * 100 >= ten.planted * (world[_i].heavy ? 80 : 99), "10 %%: %zu of %zu", ten.found,
                  ten.planted);
    ck_assert_msg(five.found * 100 >= five.planted * (world[_i].heavy ? 60 : 95), "5 %%: %zu of %zu", five.found,
                  five.planted);
}
END_TEST

START_TEST(guards) /* one change in unchanged code shows; a class that moved does not; without a guard it would */
{
    double none[CASES] = { 0 }, change[CASES] = { 0 };
    const char *code[CASES];
    struct bm_noise_class class[CLASSES];
    const struct bm_noise noise = silent(class);
    struct bm_run base, now;
    struct bm_comparison all;
    dice = 5;
    for (int i = 0; i < CASES; i++) {
        code[i] = "old";
        change[i] = i % CLASSES == 3 ? 0.05 : i == 100 ? 0.2 : 0;
    }
    simulate(&base, false, none, code);
    simulate(&now, false, change, code);
    bm_compare(&base, &now, 0.02, NULL, &noise, &all);
    ck_assert_uint_eq(all.verdicts[BM_SLOWER], 1);
    ck_assert_str_eq(all.compared[0].base->name, "case100");
    size_t moved = 0;
    for (size_t i = 0; i < all.classes; i++) {
        ck_assert_uint_eq(all.class[i].controls, CASES / CLASSES);
        if (fabs(all.class[i].centre) < 0.02)
            continue;
        moved++;
        ck_assert(all.class[i].threads == 2 && strcmp(all.class[i].level, "L2") == 0);
        ck_assert_double_eq_tol(all.class[i].centre, 0.05, 0.005);
        ck_assert(all.class[i].guard > 0.05 && all.class[i].guard < 0.08);
    }
    ck_assert_uint_eq(moved, 1);
    bm_comparison_free(&all);
    json_t *build = json_object_get(json_object_get(json_object_get(now.json, "context"), "batchmark"), "build");
    json_object_set_new(build, "compiler", json_string("gcc 1"));
    bm_compare(&base, &now, 0.02, NULL, &noise, &all);
    ck_assert_str_eq(all.unguarded, "build.compiler differs between the runs");
    ck_assert_uint_eq(all.verdicts[BM_SLOWER], 1 + CASES / CLASSES);
    bm_comparison_free(&all);
    bm_run_free(&base);
    bm_run_free(&now);
}
END_TEST

/* A machine in another state at every run: each class drifts by 2 %, each case by 1.5 % of its own, and one case in 33
 * has two states that are 15 % apart. Launches of a run do not show any of that. */
static void unsteady(double *change)
{
    double drift[CLASSES];
    for (int k = 0; k < CLASSES; k++)
        drift[k] = 0.02 * normal(&dice);
    for (int i = 0; i < CASES; i++)
        change[i] = drift[i % CLASSES] + 0.015 * normal(&dice) + (i % 33 == 7 && normal(&dice) > 0 ? 0.15 : 0);
}

static void unsteady_run(struct bm_run *run, int number)
{
    double change[CASES];
    const char *code[CASES];
    for (int i = 0; i < CASES; i++)
        code[i] = "old";
    unsteady(change);
    simulate(run, true, change, code);
    run->ours = json_object_get(run->json, "batchmark");
    run->fingerprint = json_object_get(run->ours, "fingerprint");
    run->commit = "abc";
    run->date = "2030-01-01T00:00:00Z";
    json_object_set_new(json_object_get(run->json, "batchmark"), "checksum", json_integer(number));
}

START_TEST(
    calibrated) /* on an unsteady machine: at most 0.5 % of the cases are called, and 16 of 20 comparisons are quiet */
{
    enum { CALIBRATION = 5, COMPARISONS = 20 };
    struct bm_run run[CALIBRATION];
    struct bm_noise noise;
    struct bm_error error;
    char text[512], path[] = "/tmp/batchmark-noise.XXXXXX";
    size_t calls = 0, quiet = 0;
    dice = 77;
    for (int i = 0; i < CALIBRATION; i++)
        unsteady_run(&run[i], i);
    ck_assert_ptr_null(bm_noise_unlike(run, CALIBRATION, text));
    json_t *json = bm_noise_measure(run, CALIBRATION, 0, NULL);
    ck_assert_int_ge(close(mkstemp(path)), 0);
    ck_assert(bm_result_write(json, path, &error));
    ck_assert_msg(bm_noise_load(path, &noise, &error), "%s", error.text);
    ck_assert_int_eq(unlink(path), 0);
    json_decref(json);
    for (int i = 0; i < COMPARISONS; i++) {
        struct bm_run pair[2];
        struct bm_comparison all;
        unsteady_run(&pair[0], 10);
        unsteady_run(&pair[1], 11);
        bm_compare(&pair[0], &pair[1], 0.02, NULL, &noise, &all);
        calls += all.verdicts[BM_SLOWER] + all.verdicts[BM_FASTER];
        quiet += all.verdicts[BM_SLOWER] == 0;
        bm_comparison_free(&all);
        bm_run_free(&pair[0]);
        bm_run_free(&pair[1]);
    }
    ck_assert_msg(calls * 200 <= CASES * COMPARISONS && quiet >= 16, "%zu calls, %zu quiet", calls, quiet);
    bm_noise_free(&noise);
    for (int i = 0; i < CALIBRATION; i++)
        bm_run_free(&run[i]);
}
END_TEST

/* ---- results as files hold them ---- */

static struct bm_run parsed(json_t *json, bool sign)
{
    struct bm_run run;
    struct bm_error error;
    if (sign) {
        char *sum = bm_result_checksum(json);
        json_object_set_new(json_object_get(json, "batchmark"), "checksum", json_string(sum));
        free(sum);
    }
    char *text = json_dumps(json, JSON_REAL_PRECISION(12));
    ck_assert_msg(bm_run_parse(text, strlen(text), "made/up.json", &run, &error), "%s", error.text);
    free(text);
    json_decref(json);
    return run;
}

static struct bm_run one_case(double median, double spread, size_t launches, unsigned seed)
{
    json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
    add_noisy_case(json, "gemm_naive", "M=8 N=8 K=8", 1, median, spread, launches, 5, seed);
    return parsed(json, true);
}

START_TEST(verdicts)
{
    static const struct {
        double now, spread;
        size_t launches;
        double noise;
        enum bm_verdict verdict;
    } want[] = {
        { 1.10e-6, 0.002, 8, 0.01, BM_SLOWER },
        { 1 / 1.10e6, 0.002, 8, 0.01, BM_FASTER },
        { 1.00e-6, 0.002, 8, 0.01, BM_SAME },
        { 1.10e-6, 0.002, 8, 0.15, BM_SAME }, /* certain, but no more than noise */
        { 1.10e-6, 0.002, 2, 0.01, BM_INCONCLUSIVE },
        { 1.00e-6, 0.2, 4, 0.01, BM_INCONCLUSIVE },
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct bm_run base = one_case(1e-6, want[i].spread, want[i].launches, 1),
                      now = one_case(want[i].now, want[i].spread, want[i].launches, 2);
        struct bm_noise_class class = { 1, "L1", want[i].noise };
        const struct bm_noise noise = { .classes = 1, .class = &class };
        struct bm_comparison all;
        bm_compare(&base, &now, 0.02, NULL, &noise, &all);
        ck_assert_uint_eq(all.cases, 1);
        const struct bm_compared_case *c = &all.compared[0];
        ck_assert_msg(c->verdict == want[i].verdict, "%zu: %s, %g +- %g, p %g", i, bm_verdict_name(c->verdict),
                      c->change.mean, c->half, c->p);
        ck_assert_double_eq_tol(c->change.mean, log(want[i].now * 1e6), 2 * want[i].spread);
        ck_assert_double_eq_tol(c->margin, log1p(fmax(0.02, want[i].noise)), 1e-12);
        ck_assert(c->why ? want[i].launches == 2 && isinf(c->visible) : c->visible >= c->margin);
        bm_comparison_free(&all);
        bm_run_free(&base);
        bm_run_free(&now);
    }
}
END_TEST

START_TEST(shared_cores) /* in a run: no verdict, whatever the times say */
{
    struct bm_run run[2] = { one_case(1e-6, 0.002, 8, 1), one_case(1.3e-6, 0.002, 8, 2) };
    struct bm_comparison all;
    for (int shared = 0; shared < 4; shared++) {
        run[0].cased[0].contended = shared & 1;
        run[1].cased[0].contended = shared & 2;
        bm_compare(&run[0], &run[1], 0.02, NULL, NULL, &all);
        ck_assert_int_eq(all.compared[0].verdict, shared ? BM_INCONCLUSIVE : BM_SLOWER);
        if (shared)
            ck_assert_ptr_nonnull(strstr(all.compared[0].why, shared & 1 ? "in BASE" : "in NEW"));
        bm_comparison_free(&all);
    }
    bm_run_free(&run[0]);
    bm_run_free(&run[1]);
}
END_TEST

START_TEST(pairs) /* what disturbs both of a pair is not in their ratio */
{
    enum { PAIRS = 12, EACH = 3 };
    for (int slower = 0; slower < 2; slower++) {
        double seconds[2][PAIRS * EACH];
        dice = 5;
        for (int l = 0; l < PAIRS; l++) {
            const double disturbed = exp(0.3 * normal(&dice));
            for (int side = 0; side < 2; side++)
                for (int i = 0; i < EACH; i++)
                    seconds[side][l * EACH + i] =
                        1e-6 * disturbed * (slower && side ? 1.05 : 1) * exp(0.005 * normal(&dice));
        }
        struct bm_run run[2];
        struct bm_comparison all;
        for (int side = 0; side < 2; side++) {
            json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
            add_made_up_case(json, "gemm_naive", "M=8 N=8 K=8", 1, seconds[side], PAIRS, EACH);
            run[side] = parsed(json, true);
        }
        bm_compare_pairs(&run[0], &run[1], 0.02, &all);
        ck_assert_int_eq(all.compared[0].verdict, slower ? BM_SLOWER : BM_SAME);
        ck_assert_double_eq_tol(all.compared[0].change.mean, slower ? log(1.05) : 0, 0.01);
        bm_comparison_free(&all);
        bm_compare(&run[0], &run[1], 0.02, NULL, NULL, &all); /* as if they were of different hours */
        ck_assert_int_eq(all.compared[0].verdict, BM_INCONCLUSIVE);
        bm_comparison_free(&all);
        for (int side = 0; side < 2; side++)
            bm_run_free(&run[side]);
    }
}
END_TEST

START_TEST(not_in_both)
{
    json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
    add_noisy_case(json, "gemm_naive", "M=8 N=8 K=8", 1, 1e-6, 0.002, 8, 3, 3);
    add_noisy_case(json, "gemm_naive", "M=9 N=8 K=8", 1, 1e-6, 0.002, 8, 3, 4);
    struct bm_run base = one_case(1e-6, 0.002, 8, 1), now = parsed(json, true);
    struct bm_comparison all;
    bm_compare(&base, &now, 0.02, NULL, NULL, &all);
    ck_assert_uint_eq(all.cases, 1);
    ck_assert_double_eq_tol(all.compared[0].margin, log1p(BM_NOISE_ASSUMED), 1e-12);
    ck_assert_uint_eq(all.only_count[0], 0);
    ck_assert_uint_eq(all.only_count[1], 1);
    ck_assert_ptr_nonnull(strstr(all.only[1][0]->name, "M:9"));
    bm_comparison_free(&all);
    bm_compare(&base, &now, 0.02, "bn_*", NULL, &all);
    ck_assert_uint_eq(all.cases + all.only_count[0] + all.only_count[1], 0);
    bm_comparison_free(&all);
    bm_run_free(&base);
    bm_run_free(&now);
}
END_TEST

/* ---- noise ---- */

enum { RUNS = 3 };

static json_t *noisy_run(int i, const char *code)
{
    static const double change[RUNS] = { 1, 1.04, 1.01 };
    json_t *json = made_up_run("abc", i == 1 ? "2030-01-03T00:00:00Z"
                                      : i    ? "2030-01-02T00:00:00Z"
                                             : "2030-01-01T00:00:00Z");
    double still[3] = { 1e-6, 1e-6, 1e-6 }, moving[3];
    for (int k = 0; k < 3; k++)
        moving[k] = 1e-6 * change[i];
    add_made_up_case(json, "gemm_naive", "M=8 N=8 K=8", 1, still, 3, 1);
    add_made_up_case(json, "gemm_naive", "M=9 N=8 K=8", 1, moving, 3, 1);
    add_made_up_case(json, "gemm_omp", "M=8 N=8 K=8", 2, still, 3, 1);
    json_object_set_new(last_made_up_case(json), "code", json_string(code));
    return json;
}

START_TEST(floors)
{
    struct bm_run run[RUNS];
    struct bm_error error;
    struct bm_noise noise;
    char text[512], folder[] = "/tmp/batchmark-noise.XXXXXX", path[64], junk[64];
    for (int i = 0; i < RUNS; i++)
        run[i] = parsed(noisy_run(i, "aa"), true);
    ck_assert(bm_noise_unlike(run, RUNS, text) == NULL);
    json_t *json = bm_noise_measure(run, RUNS, 0, NULL);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a-noise.json", folder);
    snprintf(junk, sizeof junk, "%s/b-noise.json", folder);
    ck_assert(bm_result_write(json, path, &error));
    ck_assert(bm_file_write("{", 1, junk, &error));
    ck_assert_msg(bm_noise_find(folder, run[0].fingerprint, &noise, &error), "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, "b-noise.json"));
    ck_assert_str_eq(noise.date, run[1].date);
    /* class: changes 0, 0, 0, 0.0099, 0.0293, 0.0392; 99 % lies between the last two, times at most 3 */
    const double quantile = log(1.04 / 1.01) + 0.95 * (log(1.04) - log(1.04 / 1.01));
    for (size_t i = 0; i < 2; i++)
        ck_assert_double_eq_tol(bm_noise_floor(&noise, &run[0].cased[i]), expm1(3 * quantile), 1e-6);
    ck_assert_double_eq(bm_noise_floor(&noise, &run[0].cased[2]), 0);
    struct bm_run_case other = run[0].cased[0];
    other.name = "unknown";
    ck_assert_double_eq_tol(bm_noise_floor(&noise, &other), expm1(3 * quantile), 1e-6);
    other.threads = 3;
    ck_assert_double_eq(bm_noise_floor(&noise, &other), BM_NOISE_ASSUMED);
    bm_noise_free(&noise);
    json_object_set_new(json_array_get(bm_result_list(json, "floors"), 0), "floor", json_real(0.5));
    char *edited = json_dumps(json, 0);
    ck_assert(bm_file_write(edited, strlen(edited), path, &error));
    ck_assert(!bm_noise_load(path, &noise, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "edited"));
    json_object_set_new(run[0].fingerprint, "cpu", json_string("another"));
    ck_assert(!bm_noise_find(folder, run[0].fingerprint, &noise, &error));
    free(edited);
    json_decref(json);
    unlink(path);
    unlink(junk);
    ck_assert_int_eq(rmdir(folder), 0);
    for (int i = 0; i < RUNS; i++)
        bm_run_free(&run[i]);
}
END_TEST

START_TEST(unlike)
{
    static const char *const why[] = { "same run", "another commit", "\"another\" of", "the code of gemm_omp" };
    for (int i = 0; i < 4; i++) {
        char text[512];
        json_t *second = noisy_run(i == 0 ? 0 : 1, i == 3 ? "bb" : "aa"), *ours = json_object_get(second, "batchmark");
        if (i == 1)
            json_object_set_new(
                json_object_get(json_object_get(json_object_get(second, "context"), "batchmark"), "build"), "commit",
                json_string("abd"));
        if (i == 2)
            json_object_set_new(json_object_get(ours, "fingerprint"), "cpu", json_string("another"));
        struct bm_run run[] = { parsed(noisy_run(0, "aa"), true), parsed(second, true) };
        ck_assert_ptr_nonnull(bm_noise_unlike(run, 2, text));
        ck_assert_msg(strstr(text, why[i]) != NULL, "%s", text);
        bm_run_free(&run[0]);
        bm_run_free(&run[1]);
    }
}
END_TEST

/* ---- the reader: another schema, hostile text ---- */

START_TEST(schemas_and_hostile_text)
{
    static const struct {
        json_int_t schema;
        bool other;
    } want[] = { { 1, true }, { 3, true }, { BM_RESULT_SCHEMA, false } };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z"), *ours = json_object_get(json, "batchmark");
        struct bm_run run;
        struct bm_error error;
        json_object_set_new(ours, "schema", json_integer(want[i].schema));
        json_object_set_new(ours, "kind", json_string("\033[2Jtrain"));
        char *text = json_dumps(json, 0);
        ck_assert(!bm_run_parse(text, strlen(text), "x\033.json", &run, &error));
        ck_assert_int_eq(run.other_schema, want[i].other);
        ck_assert_ptr_null(strchr(error.text, '\033'));
        free(text);
        json_decref(json);
    }
    json_t *json = made_up_run("abc\033]0;title\007\nx", "2030");
    struct bm_run run = parsed(json, true);
    ck_assert_str_eq(run.commit, "abc?]0;title??x");
    ck_assert(!run.edited);
    bm_run_free(&run);
    char c1[] = "a\302\233b\303\244\177";
    bm_plain(c1);
    ck_assert_str_eq(c1, "a??b\303\244?");
}
END_TEST

/* ---- machines side by side ---- */

static void add_layer(json_t *run, const char *kernel, const char *shape, double s, double weight, const char *origin)
{
    double seconds[3] = { s, s, s };
    add_made_up_case(run, kernel, shape, 1, seconds, 3, 1);
    json_object_set_new(last_made_up_case(run), "op", json_string("bn_forward"));
    json_object_set_new(last_made_up_case(run), "origin", json_string(origin));
    json_object_set_new(last_made_up_case(run), "weight", json_real(weight));
    json_object_set_new(last_made_up_case(run), "flops", json_real(1e4)); /* and 2e5 bytes */
}

static json_t *network_run(double times, bool tail)
{
    json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
    add_layer(json, "bn_forward_naive", "N=1 C=1 layout=nchw", times * 9e-6, 4, "net:a");
    add_layer(json, "bn_forward_avx2", "N=1 C=1 layout=nchw", times * 4e-6, 4, "net:a");
    add_layer(json, "bn_forward_onednn", "N=1 C=1 layout=nchw", times * 1e-6, 4, "net:a");
    add_layer(json, "bn_forward_naive", "N=2 C=1 layout=nchw", times * 10e-6, 3, "net:b");
    add_layer(json, "bn_forward_naive", "N=2 C=1 layout=nhwc", times * 10e-6, 3, "net:b");
    if (tail)
        add_layer(json, "bn_forward_naive", "N=3 C=1 layout=nchw", 1e-6, 50, "net:c");
    return json;
}

START_TEST(across)
{
    json_t *second = network_run(2, false);
    json_object_set_new(json_object_get(json_object_get(second, "batchmark"), "fingerprint"), "cpu",
                        json_string("Other|CPU"));
    json_object_set_new(json_object_get(json_object_get(json_object_get(second, "context"), "batchmark"), "clock"),
                        "running_hz", json_null());
    struct bm_run run[] = { parsed(network_run(1, true), true), parsed(second, false) };
    json_t *table = bm_across(run, 2, NULL), *networks = json_object_get(table, "networks"),
           *net = json_array_get(networks, 0);
    ck_assert_uint_eq(json_array_size(json_object_get(table, "shapes")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(table, "left_out")), 1);
    ck_assert_uint_eq(json_array_size(networks), 2); /* the layouts apart */
    ck_assert_str_eq(json_string_value(json_object_get(net, "network")), "net");
    ck_assert_int_eq(json_integer_value(json_object_get(net, "lines")), 2);
    ck_assert_double_eq(json_number_value(json_object_get(net, "uses")), 7);
    for (int i = 0; i < 2; i++) {
        const json_t *w = json_array_get(json_object_get(net, "machines"), (size_t)i);
        const double s = (1 + i) * (4 * 4e-6 + 3 * 10e-6); /* the peer does not count */
        ck_assert_double_eq_tol(json_number_value(json_object_get(w, "median_s")), s, 1e-12);
        ck_assert_double_eq_tol(json_number_value(json_object_get(w, "times_first")), 1 + i, 1e-9);
        ck_assert_double_eq_tol(json_number_value(json_object_get(w, "per_second")), 7 * 2e5 / s * 1e-9, 1e-6);
        ck_assert_double_eq_tol(json_number_value(json_object_get(w, "of_bandwidth")), 7 * 2e5 / s * 1e-9 / 50, 1e-6);
        if (i)
            ck_assert(json_is_null(json_object_get(w, "per_cycle")));
        else
            ck_assert_double_eq_tol(json_number_value(json_object_get(w, "per_cycle")), 7 * 2e5 / s * 1e-9 / 3.7, 1e-6);
    }
    for (int markdown = 0; markdown < 2; markdown++) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        bm_across_print(table, markdown, out);
        fclose(out);
        static const char *const words[] = { "Made Up 9000, avx512, 2 cores",
                                             "it was edited",
                                             "2 shapes, 7 uses",
                                             "bn_forward_avx2",
                                             "clock unknown",
                                             "x first: the time over that of Made Up 9000" };
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            ck_assert_msg(strstr(text, words[i]) != NULL, "%s is not in: %s", words[i], text);
        ck_assert_ptr_nonnull(strstr(text, markdown ? "| Other\\|CPU, avx512" : "Other|CPU, avx512"));
        free(text);
    }
    json_decref(table);
    bm_run_free(&run[0]);
    bm_run_free(&run[1]);
}
END_TEST

START_TEST(tables)
{
    struct bm_table t = { .columns = 2, .left = 1 };
    static const char *const cell[] = { "a", "b", "long|er", "7" };
    for (int markdown = 0; markdown < 2; markdown++) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        for (int i = 0; i < 4; i++)
            bm_table_add(&t, "%s", cell[i]);
        bm_table_print(&t, markdown, out);
        fclose(out);
        ck_assert_str_eq(text, markdown ? "| a | b |\n|---|---:|\n| long\\|er | 7 |\n" : "a        b\nlong|er  7\n");
        free(text);
    }
    char time[16];
    ck_assert_str_eq(bm_seconds_text(1.234e-6, time), "1.23 us");
    ck_assert_str_eq(bm_seconds_text(0, time), "0.00 ns");
}
END_TEST

Suite *compare_suite(void)
{
    Suite *suite = suite_create("compare");
    TCase *simulation = tcase_create("simulated"), *files = tcase_create("files");
    tcase_set_timeout(simulation, 120);
    tcase_add_loop_test(simulation, false_alarms, 0, sizeof world / sizeof *world);
    tcase_add_loop_test(simulation, slowdowns, 0, sizeof world / sizeof *world);
    tcase_add_test(simulation, guards);
    tcase_add_test(simulation, calibrated);
    tcase_add_test(files, verdicts);
    tcase_add_test(files, shared_cores);
    tcase_add_test(files, pairs);
    tcase_add_test(files, not_in_both);
    tcase_add_test(files, floors);
    tcase_add_test(files, unlike);
    tcase_add_test(files, schemas_and_hostile_text);
    tcase_add_test(files, across);
    tcase_add_test(files, tables);
    suite_add_tcase(suite, simulation);
    suite_add_tcase(suite, files);
    return suite;
}
