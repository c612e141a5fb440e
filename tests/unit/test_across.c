/* SPDX-License-Identifier: MIT */
/* test_across.c - machines side by side, of runs that were made up. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "across.h"
#include "run_edit.h"
#include "run_fixture.h"

Suite *across_suite(void);

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
    struct bm_run run[] = { parsed_run(network_run(1, true), true), parsed_run(second, false) };
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

Suite *across_suite(void)
{
    Suite *suite = suite_create("across");
    TCase *tests = tcase_create("across");
    tcase_add_test(tests, across);
    suite_add_tcase(suite, tests);
    return suite;
}
