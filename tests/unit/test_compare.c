/* SPDX-License-Identifier: MIT */
/* test_compare.c - verdicts on runs that were made up, so that every change is known; margins; machines side by side.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "across.h"
#include "compare_print.h"
#include "result.h"
#include "run_fixture.h"
#include "settle.h"

Suite *compare_suite(void);

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

/* Adds a case of 6 launches of 4 samples, all of them far above `floor` but `samples` of `launches` launches. */
static void add_case(json_t *run, const char *shape, const char *level, double floor, size_t samples, size_t launches)
{
    enum { LAUNCHES = 6, EACH = 4 };
    double seconds[LAUNCHES * EACH];
    for (size_t i = 0; i < LAUNCHES * EACH; i++)
        seconds[i] = floor * (1.3 + 0.02 * (double)i);
    for (size_t i = 0; i < samples; i++)
        seconds[i % launches * EACH + i / launches] = floor * (i ? 1.009 : 1);
    add_made_up_case(run, "gemm_naive", shape, 1, seconds, LAUNCHES, EACH);
    json_object_set_new(last_made_up_case(run), "level", json_string(level));
}

static struct bm_run one_case(const char *level, double floor, size_t samples, size_t launches)
{
    json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
    add_case(json, "M=8 N=8 K=8", level, floor, samples, launches);
    return parsed(json, true);
}

static void compare(const struct bm_run *base, const struct bm_run *now, double threshold, const struct bm_noise *noise,
                    struct bm_comparison *all)
{
    const struct bm_side side[] = { { base, 1 }, { now, 1 } };
    bm_compare(side, threshold, NULL, noise, all);
}

/* One case, whose calls execute so many instructions; 0: not counted. */
static struct bm_run counted(double instructions)
{
    json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
    add_case(json, "M=8 N=8 K=8", "L1", 1e-6, 5, 2);
    if (instructions > 0)
        json_object_set_new(last_made_up_case(json), "counters",
                            json_pack("{s:f, s:f}", "instructions", instructions, "cycles", 5e3));
    return parsed(json, true);
}

static char *printed(const struct bm_run *base, const struct bm_run *now, int format)
{
    struct bm_comparison all;
    char *text;
    size_t length;
    json_t *notes = json_array();
    const struct bm_comparison_view view = { .format = format, .all = true, .threshold = 0.02, .notes = notes };
    FILE *out = open_memstream(&text, &length);
    compare(base, now, 0.02, NULL, &all);
    bm_comparison_print(&view, &all, out);
    fclose(out);
    bm_comparison_free(&all);
    json_decref(notes);
    return text;
}

START_TEST(instructions) /* are a flag beside the verdict, where both sides have them */
{
    struct bm_run base = counted(10000), now = counted(10290), without = counted(0);
    ck_assert_double_eq(base.cased[0].instructions, 10000);
    ck_assert(isnan(without.cased[0].instructions));
    char *both = printed(&base, &now, BM_TEXT), *one = printed(&base, &without, BM_TEXT),
         *json = printed(&base, &without, BM_JSON);
    ck_assert_ptr_nonnull(strstr(both, "+2.9 %"));
    ck_assert_ptr_nonnull(strstr(both, "1 inconclusive")); /* not a verdict */
    ck_assert_ptr_null(strstr(one, "instructions"));
    json_t *said = json_loads(json, 0, NULL), *c = json_array_get(json_object_get(said, "cases"), 0);
    ck_assert_double_eq(json_number_value(json_object_get(c, "base_instructions")), 10000);
    ck_assert(json_is_null(json_object_get(c, "new_instructions")));
    json_decref(said);
    free(both);
    free(one);
    free(json);
    bm_run_free(&base);
    bm_run_free(&now);
    bm_run_free(&without);
}
END_TEST

START_TEST(counters_that_are_none)
{
    static const char *const wrong[] = { "5", "[]", "{\"instructions\": -1}", "{\"cycles\": \"many\"}" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct bm_run run;
        struct bm_error error;
        json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
        add_case(json, "M=8 N=8 K=8", "L1", 1e-6, 5, 2);
        json_object_set_new(last_made_up_case(json), "counters", json_loads(wrong[i], JSON_DECODE_ANY, NULL));
        char *text = made_up_text(json);
        ck_assert(!bm_run_parse(text, strlen(text), "made/up.json", &run, &error));
        ck_assert_msg(strstr(error.text, "counters"), "%s", error.text);
        free(text);
        json_decref(json);
    }
}
END_TEST

START_TEST(verdicts)
{
    static const struct {
        double ratio;
        size_t samples, launches; /* that support NEW's floor */
        const char *level;
        double threshold, margin; /* margin: 0 is not measured */
        enum bm_verdict verdict;
        const char *why;
    } want[] = {
        { 1.10, 5, 2, "L1", 0.02, 0, BM_SLOWER, NULL },
        { 1 / 1.10, 5, 2, "L2", 0.02, 0, BM_FASTER, NULL },
        { 1.07, 5, 2, "L2", 0.02, 0, BM_INCONCLUSIVE, NULL }, /* 1.02 x 1.06 is above it */
        { 1.00, 5, 2, "L2", 0.02, 0, BM_INCONCLUSIVE, NULL }, /* never the same from a wide interval */
        { 1.00, 5, 2, "L2", 0.07, 0, BM_SAME, NULL },
        { 1.02, 5, 2, "L2", 0.07, 0, BM_INCONCLUSIVE, NULL },
        { 1.10, 5, 2, "L3", 0.02, 0, BM_INCONCLUSIVE, NULL },
        { 1.13, 5, 2, "L3", 0.02, 0, BM_SLOWER, NULL },
        { 2.00, 5, 2, "memory", 0.02, 0, BM_INCONCLUSIVE, "no margin known" },
        { 2.00, 4, 2, "L1", 0.02, 0, BM_INCONCLUSIVE, "no floor in NEW" },
        { 2.00, 4, 1, "L1", 0.02, 0, BM_INCONCLUSIVE, "no floor in NEW" },
        { 1.00, 5, 2, "memory", 0.02, 0.015, BM_SAME, NULL },
        { 1.04, 5, 2, "L1", 0.02, 0.015, BM_SLOWER, NULL },
        { 1.01, 5, 2, "L1", 0.02, 0.015, BM_INCONCLUSIVE, NULL },
        { 0.96, 5, 2, "L1", 0.02, 0.015, BM_FASTER, NULL },
        { 1.00, 5, 2, "L1", 0, 0.015, BM_INCONCLUSIVE, NULL },
        { 1.02, 5, 2, "L1", 0, 0.015, BM_SLOWER, NULL },
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct bm_run base = one_case(want[i].level, 1e-6, 5, 2),
                      now = one_case(want[i].level, want[i].ratio * 1e-6, want[i].samples, want[i].launches);
        struct bm_noise_class class = { 1, want[i].level, want[i].margin };
        const struct bm_noise noise = { .classes = 1, .class = &class };
        struct bm_comparison all;
        compare(&base, &now, want[i].threshold, want[i].margin > 0 ? &noise : NULL, &all);
        ck_assert_uint_eq(all.cases, 1);
        const struct bm_compared_case *c = &all.compared[0];
        ck_assert_msg(c->verdict == want[i].verdict, "%zu: %s, %g +- %g", i, bm_verdict_name(c->verdict), c->change,
                      c->half);
        ck_assert_double_eq_tol(c->change, log(want[i].ratio), 1e-9); /* that of the times that are shown */
        ck_assert_double_eq_tol(c->floor[1].s / c->floor[0].s, want[i].ratio, 1e-9);
        ck_assert_uint_eq(c->floor[1].samples, want[i].samples);
        ck_assert_uint_eq(c->floor[1].launches, want[i].launches);
        if (want[i].why)
            ck_assert_str_eq(c->why, want[i].why);
        ck_assert(want[i].why ? isinf(c->half) && isinf(c->visible) && !all.decidable : !c->why && all.decidable == 1);
        bm_comparison_free(&all);
        compare(&now, &base, want[i].threshold, want[i].margin > 0 ? &noise : NULL, &all);
        static const enum bm_verdict reversed[] = { BM_FASTER, BM_SLOWER, BM_INCONCLUSIVE, BM_SAME };
        ck_assert_int_eq(all.compared[0].verdict, reversed[want[i].verdict]);
        bm_comparison_free(&all);
        bm_run_free(&base);
        bm_run_free(&now);
    }
}
END_TEST

START_TEST(one_estimator) /* disturbed samples count on both sides or on none: they do */
{
    struct bm_run run[2];
    struct bm_comparison all;
    for (int i = 0; i < 2; i++) {
        double seconds[6] = { 1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6 };
        json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
        add_made_up_case(json, "gemm_naive", "M=8 N=8 K=8", 1, seconds, 2, 3);
        if (i) {
            json_t *launch, *of = last_made_up_case(json);
            size_t l;
            json_array_foreach(json_object_get(of, "raw"), l, launch)
                json_object_set_new(launch, "switches", json_pack("[i, i, i]", 1, 1, 1));
            json_object_set_new(of, "disturbed", json_integer(6));
            json_object_set_new(of, "contended", json_true());
        }
        run[i] = parsed(json, true);
    }
    compare(&run[0], &run[1], 0.07, NULL, &all);
    ck_assert_int_eq(all.compared[0].verdict, BM_SAME);
    ck_assert_uint_eq(all.compared[0].floor[1].samples, 6);
    bm_comparison_free(&all);
    for (int i = 0; i < 2; i++)
        bm_run_free(&run[i]);
}
END_TEST

START_TEST(order) /* what was called first, then what could have been, then the rest; each by size */
{
    static const double ratio[] = { 1, 1.2, 0.5, 1.01, 3, 1.5 };
    static const size_t samples[] = { 5, 5, 5, 5, 1, 5 };
    static const int want[] = { 5, 1, 2, 3, 0, 4 };
    json_t *json[2];
    char shape[32];
    for (int side = 0; side < 2; side++) {
        json[side] = made_up_run("abc", "2030-01-01T00:00:00Z");
        for (int i = 0; i < 6; i++) {
            snprintf(shape, sizeof shape, "M=%d N=8 K=8", i);
            add_case(json[side], shape, "L1", side ? ratio[i] * 1e-6 : 1e-6, samples[i], 2);
        }
    }
    struct bm_run base = parsed(json[0], true), now = parsed(json[1], true);
    struct bm_comparison all;
    compare(&base, &now, 0.02, NULL, &all);
    for (int i = 0; i < 6; i++)
        ck_assert_ptr_eq(all.compared[i].base, bm_run_find(&base, base.cased[want[i]].name));
    ck_assert_uint_eq(all.verdicts[BM_SLOWER], 2);
    ck_assert_uint_eq(all.same_code_called, 3);
    ck_assert_uint_eq(all.decidable, 5);
    ck_assert_double_eq_tol(all.total_s[0], 5e-6, 1e-15);
    ck_assert_double_eq_tol(all.total_s[1], 5.21e-6, 1e-15);
    ck_assert_double_eq_tol(all.visible, log(1.06 * 1.02), 1e-9);
    bm_comparison_free(&all);
    bm_run_free(&base);
    bm_run_free(&now);
}
END_TEST

START_TEST(several_files) /* of a side are pooled: together they have a floor that none has alone */
{
    struct bm_run run[] = { one_case("L1", 1e-6, 3, 1), one_case("L1", 1e-6, 2, 1), one_case("L1", 1.2e-6, 5, 2) };
    const struct bm_side alone[] = { { run, 1 }, { run + 2, 1 } }, pooled[] = { { run, 2 }, { run + 2, 1 } };
    struct bm_comparison all;
    bm_compare(alone, 0.02, NULL, NULL, &all);
    ck_assert_str_eq(all.compared[0].why, "no floor in BASE");
    bm_comparison_free(&all);
    bm_compare(pooled, 0.02, NULL, NULL, &all);
    ck_assert_uint_eq(all.cases, 1);
    ck_assert_int_eq(all.compared[0].verdict, BM_SLOWER);
    ck_assert_uint_eq(all.compared[0].floor[0].samples, 5);
    ck_assert_uint_eq(all.compared[0].floor[0].launches, 2);
    bm_comparison_free(&all);
    for (int i = 0; i < 3; i++)
        bm_run_free(&run[i]);
}
END_TEST

START_TEST(not_in_both)
{
    json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
    add_case(json, "M=8 N=8 K=8", "L1", 1e-6, 5, 2);
    add_case(json, "M=9 N=8 K=8", "L1", 1e-6, 5, 2);
    struct bm_run base = one_case("L1", 1e-6, 5, 2), now = parsed(json, true);
    const struct bm_side side[] = { { &base, 1 }, { &now, 1 } };
    struct bm_comparison all;
    compare(&base, &now, 0.02, NULL, &all);
    ck_assert_uint_eq(all.cases, 1);
    ck_assert_uint_eq(all.only_count[0], 0);
    ck_assert_uint_eq(all.only_count[1], 1);
    ck_assert_ptr_nonnull(strstr(all.only[1][0]->name, "M:9"));
    bm_comparison_free(&all);
    bm_compare(side, 0.02, "bn_*", NULL, &all);
    ck_assert_uint_eq(all.cases + all.only_count[0] + all.only_count[1], 0);
    bm_comparison_free(&all);
    bm_run_free(&base);
    bm_run_free(&now);
}
END_TEST

/* ---- the command that settles the rest ---- */

/* A run of a case without a floor, and with `second` of another op. */
static struct bm_run open_run(const char *modules, bool second)
{
    static const double seconds[] = { 1e-6 };
    json_t *json = made_up_run("0123456789abcdef", "2030-01-01T00:00:00Z"), *ours = json_object_get(json, "batchmark");
    add_made_up_case(json, "gemm_naive", "M=8 N=8 K=8", 1, seconds, 1, 1);
    if (second)
        add_made_up_case(json, "bn_forward_avx2", "N=1 C=1", 1, seconds, 1, 1);
    json_object_set_new(
        ours, "command",
        json_pack("[ssssss]", "batchmark bench", "--variant", "*_a'x", "--launches", "8", "--shapes=my shapes"));
    json_object_set_new(ours, "modules", json_loads(modules, 0, NULL));
    return parsed(json, true);
}

START_TEST(settling)
{
    static const struct {
        const char *modules;
        bool second;
        const char *command;
    } want[] = {
        { "{}", false, "batchmark ab 0123456789ab 0123456789ab -- --op gemm --kernel gemm_naive '--shapes=my shapes'" },
        { "{\"gemm\": \"aa\"}", false,
          "batchmark ab made/up.json made/up.json -- --op gemm --kernel gemm_naive '--shapes=my shapes'" },
        { "{}", true, "batchmark ab 0123456789ab 0123456789ab -- --variant '*_a'\\''x' '--shapes=my shapes'" },
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct bm_run run = open_run(want[i].modules, want[i].second);
        struct bm_comparison all;
        compare(&run, &run, 0.02, NULL, &all);
        char *command = bm_settling_command(&run, &run, &all);
        ck_assert_str_eq(command, want[i].command);
        free(command);
        bm_comparison_free(&all);
        bm_run_free(&run);
    }
    struct bm_run run = one_case("L1", 1e-6, 5, 2);
    struct bm_comparison all;
    compare(&run, &run, 0.1, NULL, &all);
    ck_assert_ptr_null(bm_settling_command(&run, &run, &all)); /* nothing is open */
    bm_comparison_free(&all);
    compare(&run, &run, 0.02, NULL, &all);
    all.compared[0].verdict = BM_SAME; /* no case to narrow by, no options in the command */
    char *command = bm_settling_command(&run, &run, &all);
    ck_assert_str_eq(command, "batchmark ab abc abc");
    free(command);
    bm_comparison_free(&all);
    bm_run_free(&run);
}
END_TEST

/* ---- margins ---- */

enum { RUNS = 3, MOVING = 10 };

/* Cases in L1 that change from run to run by 1, 1.04, 1.01; one in L2 that does not; one in L3 without a floor. */
static json_t *noisy_run(int i, const char *code)
{
    static const double change[RUNS] = { 1, 1.04, 1.01 };
    json_t *json = made_up_run("abc", i == 1 ? "2030-01-03T00:00:00Z"
                                      : i    ? "2030-01-02T00:00:00Z"
                                             : "2030-01-01T00:00:00Z");
    for (int k = 0; k < MOVING; k++) {
        char shape[32];
        snprintf(shape, sizeof shape, "M=%d N=8 K=8", k);
        add_case(json, shape, "L1", 1e-6 * (k ? 1 : change[i]), 5, 2);
    }
    add_case(json, "M=8 N=9 K=8", "L2", 1e-6, 5, 2);
    add_case(json, "M=8 N=8 K=9", "L3", 1e-6, 4, 1);
    json_object_set_new(last_made_up_case(json), "code", json_string(code));
    return json;
}

START_TEST(margins)
{
    struct bm_run run[RUNS];
    struct bm_error error;
    struct bm_noise noise;
    char text[512], folder[] = "/tmp/batchmark-noise.XXXXXX", path[64], junk[64];
    for (int i = 0; i < RUNS; i++)
        run[i] = parsed(noisy_run(i, "aa"), true);
    ck_assert(bm_runs_unlike(run, RUNS, text) == NULL);
    json_t *json = bm_noise_measure(run, RUNS, 0, NULL), *list = bm_result_list(json, "margins");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a-noise.json", folder);
    snprintf(junk, sizeof junk, "%s/b-noise.json", folder);
    ck_assert(bm_result_write(json, path, &error));
    ck_assert(bm_file_write("{", 1, junk, &error));
    ck_assert_msg(bm_noise_find(folder, run[0].fingerprint, &noise, &error), "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, "b-noise.json"));
    ck_assert_str_eq(noise.date, run[1].date);
    static const int changes[] = { RUNS * MOVING, RUNS, 0 };
    ck_assert_uint_eq(json_array_size(list), 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, i), "changes")), changes[i]);
    /* of the 30 changes 27 are 0; 99.5 % lies between the last two, at 28.855 from 0, times 3 */
    const double quantile = log(1.04 / 1.01) + 0.855 * (log(1.04) - log(1.04 / 1.01));
    const struct bm_run_case *c = run[0].cased;
    ck_assert_double_eq_tol(bm_noise_margin(&noise, &c[0]), expm1(3 * quantile), 1e-6);
    ck_assert_double_eq_tol(bm_noise_margin(&noise, &c[MOVING - 1]), expm1(3 * quantile), 1e-6);
    ck_assert_double_eq(bm_noise_margin(&noise, &c[MOVING]), BM_NOISE_ASSUMED); /* too few changes */
    ck_assert_double_eq(bm_noise_margin(&noise, &c[MOVING + 1]), BM_NOISE_ASSUMED_L3);
    struct bm_run_case other = c[0];
    other.threads = 3;
    ck_assert_double_eq(bm_noise_margin(&noise, &other), BM_NOISE_ASSUMED);
    other.level = "memory";
    ck_assert(isinf(bm_noise_margin(&noise, &other)) && isinf(bm_noise_margin(NULL, &other)));
    bm_noise_free(&noise);
    json_object_set_new(json_array_get(list, 0), "margin", json_real(0.5));
    char *edited = json_dumps(json, 0);
    ck_assert(bm_file_write(edited, strlen(edited), path, &error));
    ck_assert(!bm_noise_load(path, &noise, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "edited"));
    json_object_set_new(json_array_get(list, 0), "margin", json_real(0.001));
    ck_assert(bm_result_write(json, path, &error) && !bm_noise_load(path, &noise, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "margins[0] is no level with a share"));
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

START_TEST(a_still_machine) /* has no margin below what a floor is known to */
{
    struct bm_run run[RUNS];
    for (int i = 0; i < RUNS; i++) {
        json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
        for (int k = 0; k < MOVING; k++) {
            char shape[32];
            snprintf(shape, sizeof shape, "M=%d N=%d K=8", k, i == 0 && k == 0 ? 9 : 8);
            add_case(json, shape, "L1", 1e-6, 5, 2);
        }
        run[i] = parsed(json, true);
    }
    json_t *json = bm_noise_measure(run, RUNS, 0, NULL), *class = json_array_get(bm_result_list(json, "margins"), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(class, "changes")), RUNS * (MOVING - 1) + 1);
    ck_assert_double_eq(json_number_value(json_object_get(class, "margin")), BM_FLOOR_NEAR);
    json_decref(json);
    for (int i = 0; i < RUNS; i++)
        bm_run_free(&run[i]);
}
END_TEST

START_TEST(unlike)
{
    static const char *const why[] = { "same run", "\"another\" of", "the code of gemm_naive" };
    for (int i = 0; i < 3; i++) {
        char text[512];
        json_t *second = noisy_run(i == 0 ? 0 : 1, i == 2 ? "bb" : "aa"), *ours = json_object_get(second, "batchmark");
        if (i == 1)
            json_object_set_new(json_object_get(ours, "fingerprint"), "cpu", json_string("another"));
        struct bm_run run[] = { parsed(noisy_run(0, "aa"), true), parsed(second, true) };
        ck_assert_ptr_nonnull(bm_runs_unlike(run, 2, text));
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
    } want[] = { { 1, true }, { BM_RESULT_SCHEMA + 1, true }, { 2, false }, { BM_RESULT_SCHEMA, false } };
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
    double seconds[7] = { s, 1.1 * s, s, 0.9 * s, s, 0.9 * s, 1.1 * s };
    add_made_up_case(run, kernel, shape, 1, seconds, 7, 1);
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

static double figure(const json_t *work, const char *key)
{
    const json_t *value = json_object_get(work, key);
    ck_assert_msg(json_is_number(value), "%s is not known", key);
    return json_number_value(value);
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
           *net = json_array_get(networks, 0), *shape = json_array_get(json_object_get(table, "shapes"), 0);
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
        const json_t *one = json_array_get(json_object_get(shape, "machines"), (size_t)i); /* intervals hold the figure */
        for (int k = 0; k < 2; k++) {
            const json_t *of = k ? one : w;
            ck_assert_double_le(figure(of, "low_s"), figure(of, "median_s"));
            ck_assert_double_ge(figure(of, "high_s"), figure(of, "median_s"));
            ck_assert_double_le(figure(of, "times_first_low"), 1 + i + 1e-9);
            ck_assert_double_ge(figure(of, "times_first_high"), 1 + i - 1e-9);
            ck_assert_double_eq_tol(figure(of, "of_limit_low"), figure(of, "bound_s") / figure(of, "high_s"), 1e-9);
            ck_assert_double_eq_tol(figure(of, "of_limit_high"), figure(of, "bound_s") / figure(of, "low_s"), 1e-9);
        }
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
    for (int markdown = 0; markdown < 2; markdown++) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        struct bm_page *page = bm_page_new(markdown ? BM_MARKDOWN : BM_TEXT, NULL, "", NULL);
        struct bm_grid *grid = bm_grid_new(page, "t", "", "a", "b", NULL);
        bm_grid_text(grid, "long|er");
        bm_grid_cell(grid, "%b%d", 0.5, 7);
        bm_grid_line(grid, "all of it");
        bm_page_table(page, grid);
        bm_page_print(page, out);
        fclose(out);
        ck_assert_str_eq(text, markdown ? "\n\n| a | b |\n|---|---:|\n| long\\|er | 7 |\n| all of it |  |\n\n" :
                                          "\na                   b\nlong|er  #####..... 7\nall of it\n");
        free(text);
    }
    char time[16];
    ck_assert_str_eq(bm_seconds_text(1.234e-6, time), "1.23 us");
    ck_assert_str_eq(bm_seconds_text(0, time), "0.00 ns");
}
END_TEST

START_TEST(tables_that_fit) /* names give way, figures do not; a long text at the end goes on below */
{
    char *text = NULL, name[121] = "";
    size_t length;
    memset(name, 'x', sizeof name - 1);
    FILE *out = open_memstream(&text, &length);
    struct bm_page *page = bm_page_new(BM_TEXT, NULL, "", NULL);
    struct bm_grid *grid = bm_grid_new(page, "t", "", "name", "figure", "why", NULL);
    bm_grid_text(grid, "%s", name);
    bm_grid_text(grid, "12345678.9 GFLOP/s");
    bm_grid_text(grid, "a reason of more words than a line of this table has room for");
    bm_page_table(page, grid);
    bm_page_print(page, out);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "xx..  12345678.9 GFLOP/s  a reason"));
    ck_assert_ptr_nonnull(strstr(text, "room for\n"));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        ck_assert_uint_le(strcspn(line, "\n"), 100);
    free(text);
}
END_TEST

Suite *compare_suite(void)
{
    Suite *suite = suite_create("compare");
    TCase *files = tcase_create("files");
    tcase_add_test(files, verdicts);
    tcase_add_test(files, instructions);
    tcase_add_test(files, counters_that_are_none);
    tcase_add_test(files, one_estimator);
    tcase_add_test(files, order);
    tcase_add_test(files, several_files);
    tcase_add_test(files, not_in_both);
    tcase_add_test(files, settling);
    tcase_add_test(files, margins);
    tcase_add_test(files, a_still_machine);
    tcase_add_test(files, unlike);
    tcase_add_test(files, schemas_and_hostile_text);
    tcase_add_test(files, across);
    tcase_add_test(files, tables);
    tcase_add_test(files, tables_that_fit);
    suite_add_tcase(suite, files);
    return suite;
}
