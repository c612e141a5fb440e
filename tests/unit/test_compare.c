/* SPDX-License-Identifier: MIT */
/* test_compare.c - verdicts on runs that were made up, so that every change is known, and what settles the rest. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_print.h"
#include "run_edit.h"
#include "run_fixture.h"
#include "settle.h"

Suite *compare_suite(void);

static struct bm_run one_case(const char *level, double floor, size_t samples, size_t launches)
{
    json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
    add_floor_case(json, "M=8 N=8 K=8", level, floor, samples, launches);
    return parsed_run(json, true);
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
    add_floor_case(json, "M=8 N=8 K=8", "L1", 1e-6, 5, 2);
    if (instructions > 0)
        json_object_set_new(last_made_up_case(json), "counters",
                            json_pack("{s:f, s:f}", "instructions", instructions, "cycles", 5e3));
    return parsed_run(json, true);
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
        run[i] = parsed_run(json, true);
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
            add_floor_case(json[side], shape, "L1", side ? ratio[i] * 1e-6 : 1e-6, samples[i], 2);
        }
    }
    struct bm_run base = parsed_run(json[0], true), now = parsed_run(json[1], true);
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
    add_floor_case(json, "M=8 N=8 K=8", "L1", 1e-6, 5, 2);
    add_floor_case(json, "M=9 N=8 K=8", "L1", 1e-6, 5, 2);
    struct bm_run base = one_case("L1", 1e-6, 5, 2), now = parsed_run(json, true);
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
    return parsed_run(json, true);
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

Suite *compare_suite(void)
{
    Suite *suite = suite_create("compare");
    TCase *files = tcase_create("files");
    tcase_add_test(files, verdicts);
    tcase_add_test(files, instructions);
    tcase_add_test(files, one_estimator);
    tcase_add_test(files, order);
    tcase_add_test(files, several_files);
    tcase_add_test(files, not_in_both);
    tcase_add_test(files, settling);
    suite_add_tcase(suite, files);
    return suite;
}
