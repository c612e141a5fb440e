/* SPDX-License-Identifier: MIT */
/* test_beside.c - which older kernels a run is timed beside: the canary, and the results of a folder. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "beside.h"
#include "canary.h"
#include "document.h"
#include "older.h"
#include "remove_tree.h"
#include "result.h"
#include "run_fixture.h"

Suite *beside_suite(void);

/* ---- the canary ---- */

#define SHIPPED "results/amd-epyc-f25m17s1-2c/"

static json_t *cases_of(const char *file, struct bm_document *d)
{
    struct bm_error error;
    ck_assert_msg(bm_document_load(file, d, &error), "%s (the tests run in the top folder)", error.text);
    return json_object_get(d->ours, "cases");
}

static const json_t *case_named(const json_t *cases, const json_t *name)
{
    const json_t *c;
    size_t i;
    json_array_foreach(cases, i, c) if (json_equal(json_object_get(c, "name"), name)) return c;
    ck_abort_msg("%s is no case", json_string_value(name));
    return NULL;
}

START_TEST(canary_is_the_same)
{
    struct bm_document one, other;
    json_t *cases = cases_of(SHIPPED "20261122T001536Z-89152a4c9785-bench.json.gz", &one), *backwards = json_array(),
           *names = bm_canary(cases), *again, *c;
    size_t i;
    again = bm_canary(cases_of(SHIPPED "20261122T025134Z-841ed28504f2-bench.json.gz", &other));
    ck_assert(json_equal(names, again)); /* another run */
    json_decref(again);
    json_array_foreach(cases, i, c)
    {
        static const char *const measured[] = { "min_s", "floor_s", "median_s", "bound_s", "worst_error", "samples" };
        for (size_t k = 0; k < sizeof measured / sizeof *measured; k++)
            json_object_set_new(c, measured[k], json_real(1.0 + (double)(i * 7 % 31)));
        json_array_insert(backwards, 0, c);
    }
    again = bm_canary(backwards);
    ck_assert(json_equal(names, again)); /* in another order, with other figures */
    json_decref(again);
    json_decref(names);
    json_decref(backwards);
    bm_document_free(&one);
    bm_document_free(&other);
}
END_TEST

START_TEST(canary_is_spread)
{
    static const char *const key[] = { "op", "op", "op", "op", "threads", "threads", "level", "level", "level" },
                             *const value[] = {
                                 "\"bn_forward\"", "\"bn_backward\"", "\"gemm\"",  "\"softmax_xent\"", "1", "2",
                                 "\"L2\"",         "\"L3\"",          "\"memory\""
                             };
    struct bm_document d;
    json_t *cases = cases_of(SHIPPED "20261122T001536Z-89152a4c9785-bench.json.gz", &d), *names = bm_canary(cases),
           *name;
    ck_assert_uint_eq(json_array_size(names), BM_CANARIES);
    for (size_t k = 0; k < sizeof key / sizeof *key; k++) {
        json_t *want = json_loads(value[k], JSON_DECODE_ANY, NULL);
        size_t i, found = 0;
        json_array_foreach(names, i, name) found +=
            json_equal(json_object_get(case_named(cases, name), key[k]), want) != 0;
        ck_assert_msg(found > 0, "no case of %s %s", key[k], value[k]);
        json_decref(want);
    }
    json_decref(names);
    bm_document_free(&d);
}
END_TEST

static json_t *made_up_case(const char *name, const char *op, int threads, const char *code)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:f, s:f, s:f}", "name", name, "kernel", name, "op", op, "threads",
                     threads, "code", code, "level", "L1", "flops", 1.0, "read_bytes", 1.0, "write_bytes", 1.0);
}

START_TEST(canary_of_few)
{
    json_t *cases = json_array(), *names = bm_canary(NULL);
    ck_assert_uint_eq(json_array_size(names), 0);
    json_decref(names);
    json_array_append_new(cases, made_up_case("gemm_openblas", "gemm", 1, ""));                  /* no code is known */
    json_array_append_new(cases, made_up_case("relu_forward_naive", "relu_forward", 1, "00aa")); /* not wished for */
    names = bm_canary(cases);
    ck_assert_uint_eq(json_array_size(names), 0);
    json_decref(names);
    json_array_append_new(cases, made_up_case("momentum_naive", "momentum", 1, "00aa"));
    json_array_append_new(cases, made_up_case("momentum_avx2", "momentum", 1, "00bb"));
    names = bm_canary(cases);
    ck_assert_uint_eq(json_array_size(names), 1);
    ck_assert_str_eq(json_string_value(json_array_get(names, 0)), "momentum_avx2");
    json_decref(names);
    json_decref(cases);
}
END_TEST

/* ---- older results ---- */

static char folder[64];

static void make_folder(void)
{
    strcpy(folder, "/tmp/batchmark-beside.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) { remove_tree(folder); }

static void path_of(const char *name, char path[static 256]) { snprintf(path, 256, "%s/%s", folder, name); }

static void write_text(const char *name, const char *text)
{
    char path[256];
    path_of(name, path);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

/* A result with one case, whose member of batchmark is changed to that. */
static void write_run(const char *name, const char *kernel, const char *modules, const char *key, const char *value)
{
    json_t *run = made_up_run(name, "2024-05-06T07:08:09Z"), *ours = json_object_get(run, "batchmark");
    add_noisy_case(run, kernel, "N=9", 1, 1e-6, 0.01, 6, 3, 1);
    json_object_set_new(ours, "modules", json_loads(modules, 0, NULL));
    if (key)
        json_object_set_new(ours, key, json_loads(value, JSON_DECODE_ANY, NULL));
    char *text = made_up_text(run);
    write_text(name, text);
    free(text);
    json_decref(run);
}

static json_t *fingerprint(void)
{
    json_t *run = made_up_run("", ""),
           *print = json_incref(json_object_get(json_object_get(run, "batchmark"), "fingerprint"));
    json_decref(run);
    return print;
}

#define KEEPS "{\"sgd\": \"00000000000000aa\"}"

START_TEST(nothing_older)
{
    char own[256];
    struct bm_older older;
    json_t *print = fingerprint(), *cases = json_array();
    path_of("20240101T000000Z-0-bench.json", own);
    ck_assert(!bm_older_previous(own, print, &older) && !bm_older_reference(own, print, cases, &older));
    write_run("20240101T000000Z-0-bench.json", "sgd_naive", KEEPS, NULL, NULL); /* itself */
    write_run("20250101T000000Z-0-bench.json", "sgd_naive", KEEPS, NULL, NULL); /* later */
    write_run("20230101T000000Z-0-bench.json", "sgd_naive", "{}", NULL, NULL);  /* keeps none */
    write_run("20230102T000000Z-0-bench.json", "sgd_naive", KEEPS, "fingerprint", "{\"machine\": \"other\"}");
    write_run("20230103T000000Z-0-bench.json", "sgd_naive", KEEPS, "schema", "1");
    write_run("20230104T000000Z-0-bench.json", "sgd_naive", KEEPS, "kind", "\"verify\"");
    write_run("20230105T000000Z-0-train.json", "sgd_naive", KEEPS, NULL, NULL);
    write_text("20230106T000000Z-0-bench.json", "{ \"batchmark\":");
    ck_assert(!bm_older_previous(own, print, &older) && !bm_older_reference(own, print, cases, &older));
    path_of("nowhere/20240101T000000Z-0-bench.json", own);
    ck_assert(!bm_older_previous(own, print, &older));
    json_decref(cases);
    json_decref(print);
}
END_TEST

START_TEST(newest_and_oldest)
{
    char own[256];
    struct bm_older older;
    json_t *print = fingerprint(), *cases = json_pack("[{s:s}]", "name", "sgd_naive/N:9/threads:1/warm/real_time");
    write_run("20230101T000000Z-0-bench.json", "relu_forward_naive", KEEPS, NULL, NULL); /* no canary */
    write_run("20230102T000000Z-0-bench.json", "sgd_autovec", KEEPS, NULL, NULL);        /* of other cases */
    write_run("20230103T000000Z-0-bench.json", "sgd_naive", KEEPS, NULL, NULL);
    write_run("20230104T000000Z-0-bench.json", "sgd_naive", KEEPS, NULL, NULL);
    write_run("20230105T000000Z-0-bench.json", "relu_forward_naive", KEEPS, NULL, NULL);
    path_of("20240101T000000Z-0-bench.json", own);
    ck_assert(bm_older_previous(own, print, &older));
    ck_assert_str_eq(bm_member_text(older.about, "result"), "20230105T000000Z-0-bench.json");
    ck_assert_str_eq(bm_member_text(older.about, "commit"), "20230105T000000Z-0-bench.json"); /* as it was made up */
    ck_assert_str_eq(bm_member_text(older.about, "date"), "2024-05-06T07:08:09Z");
    ck_assert_uint_eq(strlen(bm_member_text(older.about, "checksum")), 8);
    ck_assert_str_eq(bm_member_text(older.modules, "sgd"), "00000000000000aa");
    bm_older_free(&older);
    ck_assert(bm_older_reference(own, print, cases, &older));
    ck_assert_str_eq(bm_member_text(older.about, "result"), "20230103T000000Z-0-bench.json");
    bm_older_free(&older);
    json_decref(cases);
    json_decref(print);
}
END_TEST

START_TEST(unfit_says_why)
{
    static const char *const says[] = { "keeps no kernels", "not comparable", "of verify", "edited", "cannot open" };
    char path[256];
    struct bm_older older;
    json_t *print = fingerprint();
    write_run("0", "sgd_naive", "{}", NULL, NULL);
    write_run("1", "sgd_naive", KEEPS, "fingerprint", "{\"machine\": \"other\"}");
    write_run("2", "sgd_naive", KEEPS, "kind", "\"verify\"");
    json_t *edited = made_up_run("3", "2024-05-06T07:08:09Z");
    json_object_set_new(json_object_get(edited, "batchmark"), "checksum", json_string("01234567"));
    char *text = json_dumps(edited, 0);
    write_text("3", text);
    for (int i = 0; i < 5; i++) {
        struct bm_error error = { "" };
        snprintf(path, sizeof path, "%s/%d", folder, i);
        ck_assert(!bm_older_read(path, print, &older, &error));
        ck_assert_msg(strstr(error.text, says[i]) != NULL, "'%s' instead of '%s'", error.text, says[i]);
    }
    free(text);
    json_decref(edited);
    json_decref(print);
}
END_TEST

/* A run whose kernels no older result has: no member says so. */
START_TEST(nothing_to_time)
{
    static const struct bm_bench_options options = { .common.seed = 1 };
    char own[256];
    json_t *run = made_up_run("0", "2024-05-06T07:08:09Z"), *ours = json_object_get(run, "batchmark");
    add_noisy_case(run, "sgd_naive", "N=9", 1, 1e-6, 0.01, 6, 3, 1);
    json_object_set_new(ours, "modules", json_loads(KEEPS, 0, NULL));
    path_of("20240101T000000Z-0-bench.json", own);
    bm_beside(run, own, &options, 1); /* nothing older */
    ck_assert_uint_eq(json_array_size(json_object_get(ours, "beside")), 0);
    write_run("20230101T000000Z-0-bench.json", "sgd_naive", KEEPS, NULL, NULL);
    bm_beside(run, own, &options, 1); /* the same kernels */
    ck_assert_uint_eq(json_array_size(json_object_get(ours, "beside")), 0);
    json_decref(run);
}
END_TEST

Suite *beside_suite(void)
{
    Suite *suite = suite_create("beside");
    TCase *canary = tcase_create("canary"), *older = tcase_create("older results");
    tcase_set_timeout(canary, 60);
    tcase_add_test(canary, canary_is_the_same);
    tcase_add_test(canary, canary_is_spread);
    tcase_add_test(canary, canary_of_few);
    tcase_add_checked_fixture(older, make_folder, remove_folder);
    tcase_add_test(older, nothing_older);
    tcase_add_test(older, newest_and_oldest);
    tcase_add_test(older, unfit_says_why);
    tcase_add_test(older, nothing_to_time);
    suite_add_tcase(suite, canary);
    suite_add_tcase(suite, older);
    return suite;
}
