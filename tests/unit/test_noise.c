/* SPDX-License-Identifier: MIT */
/* test_noise.c - how far equal code lies apart, from runs that were made up. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "noise.h"
#include "result.h"
#include "run_edit.h"
#include "run_fixture.h"

Suite *noise_suite(void);

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
        add_floor_case(json, shape, "L1", 1e-6 * (k ? 1 : change[i]), 5, 2);
    }
    add_floor_case(json, "M=8 N=9 K=8", "L2", 1e-6, 5, 2);
    add_floor_case(json, "M=8 N=8 K=9", "L3", 1e-6, 4, 1);
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
        run[i] = parsed_run(noisy_run(i, "aa"), true);
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
            add_floor_case(json, shape, "L1", 1e-6, 5, 2);
        }
        run[i] = parsed_run(json, true);
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
        struct bm_run run[] = { parsed_run(noisy_run(0, "aa"), true), parsed_run(second, true) };
        ck_assert_ptr_nonnull(bm_runs_unlike(run, 2, text));
        ck_assert_msg(strstr(text, why[i]) != NULL, "%s", text);
        bm_run_free(&run[0]);
        bm_run_free(&run[1]);
    }
}
END_TEST

Suite *noise_suite(void)
{
    Suite *suite = suite_create("noise");
    TCase *tests = tcase_create("noise");
    tcase_add_test(tests, margins);
    tcase_add_test(tests, a_still_machine);
    tcase_add_test(tests, unlike);
    suite_add_tcase(suite, tests);
    return suite;
}
