/* SPDX-License-Identifier: MIT */
/* test_run.c - result files read back. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "result.h"
#include "run.h"
#include "run_damage.h"
#include "run_edit.h"
#include "run_fixture.h"
#include "validate.h"

Suite *run_suite(void);

/* ---- good files ---- */

START_TEST(reads)
{
    struct bm_run run;
    struct bm_error error = { "" };
    bool valid;
    json_t *json = made_up_bench();
    char *text = made_up_text(json);
    ck_assert_msg(bm_run_parse(text, strlen(text), "made-up.json", &run, &error), "%s", error.text);
    ck_assert(run.complete && !run.edited && run.cases == 2);
    ck_assert_str_eq(run.machine, "made-up-f1m2s3-2c");
    ck_assert_str_eq(run.commit, "0123456");
    ck_assert_str_eq(run.date, "2024-05-06T07:08:09Z");
    const struct bm_run_case *c = bm_run_find(&run, "gemm_naive/M:2/N:3/K:4/threads:1/warm/real_time");
    ck_assert_ptr_eq(c, &run.cased[0]);
    ck_assert_uint_eq(c->launches, 6);
    ck_assert_uint_eq(c->samples, 18);
    ck_assert_int_eq(c->launch[4].launch, 4);
    ck_assert(c->stats.low > 0 && c->stats.low <= c->stats.median && c->stats.median <= c->stats.high);
    ck_assert(isinf(run.cased[1].stats.high)); /* two launches have no interval */
    ck_assert_ptr_null(bm_run_find(&run, "gemm_naive"));
    bm_run_free(&run);
    ck_assert(walk_result(text, strlen(text), &valid) && valid);
    free(text);
    json_decref(json);
}
END_TEST

/* Its medians are of the undisturbed samples, and a launch without one has no entry: they are made anew from all. */
START_TEST(reads_older_results)
{
    struct bm_document d;
    struct bm_run run;
    struct bm_error error = { "" };
    char about[128];
    json_t *json = made_up_bench(),
           *disturbed = json_array_get(json_object_get(json_object_get(json, "batchmark"), "cases"), 0);
    double pooled[18];
    for (int i = 0; i < 18; i++)
        pooled[i] = 1e-9 * json_number_value(json_array_get(
                               json_object_get(json_array_get(json_object_get(disturbed, "raw"), i / 3), "ns"), i % 3));
    json_object_set_new(disturbed, "all_median_s", json_real(bm_summarise(pooled, 18).median));
    const double now = json_number_value(json_object_get(disturbed, "median_s"));
    json_object_set_new(disturbed, "median_s", json_real(9e-7));
    json_object_set_new(disturbed, "median_low_s", json_null());
    json_array_remove(json_object_get(json, "benchmarks"), 5);
    char *text = made_up_text(json);
    ck_assert_msg(bm_document_parse(text, strlen(text), "f", &d, &error) && bm_validate_document(&d, about, &error),
                  "%s", error.text);
    ck_assert_msg(bm_run_read(&d, &run, &error), "%s", error.text);
    ck_assert(run.cased[0].older && !run.cased[1].older && run.cased[0].launches == 6);
    ck_assert_double_eq_tol(run.cased[0].stats.median, now, 1e-12);
    ck_assert(isfinite(run.cased[0].stats.high));
    bm_run_free(&run);
    bm_document_free(&d);
    free(text);
    json_decref(json);
}
END_TEST

/* A member that another kind has is nobody's here, whatever it is. */
START_TEST(members_of_other_kinds)
{
    static const char *const members[] = { "samples", "verification", "staircase", "topology_xml" };
    struct bm_document d;
    struct bm_error error = { "" };
    char about[128];
    json_t *json = made_up_bench();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set_new(json_object_get(json, "batchmark"), members[i], json_pack("[i, {}, n]", 3));
    char *text = made_up_text(json);
    ck_assert_msg(bm_document_parse(text, strlen(text), "f", &d, &error) && bm_validate_document(&d, about, &error),
                  "%s", error.text);
    bm_document_free(&d);
    free(text);
    json_decref(json);
}
END_TEST

START_TEST(other_kinds)
{
    static const char *const kinds[] = { "train", "claim", "verify", "noise", "machine", "tuning" };
    static const char *const told[] = { "train, 1 run, complete", "claim, 1 run, complete", "verify, 1 kernel, complete",
                                        "noise, 2 margins, complete", "machine, 2 limits, complete",
                                        "tuning, 2 thresholds, complete" };
    struct bm_document d;
    struct bm_run run;
    struct bm_error error = { "" };
    char about[128];
    json_t *json = made_up_result(kinds[_i]);
    char *text = made_up_text(json);
    ck_assert_msg(bm_document_parse(text, strlen(text), "f", &d, &error) && bm_validate_document(&d, about, &error),
                  "%s", error.text);
    ck_assert_str_eq(about, told[_i]);
    ck_assert(!bm_run_read(&d, &run, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "not of bench"));
    bm_document_free(&d);
    free(text);
    json_decref(json);
}
END_TEST

/* ---- other schemas, hostile text ---- */

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
    struct bm_run run = parsed_run(json, true);
    ck_assert_str_eq(run.commit, "abc?]0;title??x");
    ck_assert(!run.edited);
    bm_run_free(&run);
    char c1[] = "a\302\233b\303\244\177";
    bm_plain(c1);
    ck_assert_str_eq(c1, "a??b\303\244?");
}
END_TEST

/* ---- the checksum ---- */

START_TEST(edited)
{
    static const char *const path[] = { "context.host_name", "batchmark.command",    "batchmark.cases.0.origin",
                                        "batchmark.checksum", "batchmark.cases.0.code" };
    struct bm_run run;
    struct bm_document d;
    struct bm_error error = { "" };
    char about[128];
    json_t *json = made_up_bench();
    free(made_up_text(json));
    change_member(json, path[_i], "\"0123456789abcdee\"");
    char *text = json_dumps(json, 0);
    ck_assert_msg(bm_run_parse(text, strlen(text), "f", &run, &error), "%s", error.text);
    ck_assert(run.edited);
    bm_run_free(&run);
    ck_assert(bm_document_parse(text, strlen(text), "f", &d, &error) && !bm_validate_document(&d, about, &error));
    ck_assert(strstr(error.text, "edited since") || _i == 1);
    bm_document_free(&d);
    free(text);
    json_decref(json);
}
END_TEST

START_TEST(checksum_is_of_the_contents)
{
    struct bm_run run;
    struct bm_error error = { "" };
    json_t *json = made_up_bench();
    char *packed = made_up_text(json),
         *spread = json_dumps(json, JSON_INDENT(3) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    ck_assert_msg(bm_run_parse(spread, strlen(spread), "f", &run, &error), "%s", error.text);
    ck_assert(!run.edited); /* blanks, order and digits that are not kept do not count */
    bm_run_free(&run);
    change_member(json, "batchmark.checksum", NULL);
    free(packed);
    packed = json_dumps(json, 0);
    ck_assert(bm_run_parse(packed, strlen(packed), "f", &run, &error) && run.edited);
    bm_run_free(&run);
    free(packed);
    free(spread);
    json_decref(json);
}
END_TEST

START_TEST(fingerprints)
{
    char text[256];
    json_t *a = json_pack("{s:s, s:i, s:n}", "machine", "m", "cores", 2, "governor"), *b = json_deep_copy(a);
    ck_assert_ptr_null(bm_fingerprints_differ(a, b, text));
    json_object_set_new(b, "cores", json_integer(4));
    ck_assert_str_eq(bm_fingerprints_differ(a, b, text), "cores: 2 against 4");
    json_object_set_new(b, "cores", json_integer(2));
    json_object_set_new(b, "boost", json_true());
    ck_assert_str_eq(bm_fingerprints_differ(a, b, text), "boost: nothing against true");
    ck_assert_str_eq(bm_fingerprints_differ(b, a, text), "boost: true against nothing");
    char *long_text = malloc(1000);
    memset(long_text, 'x', 999);
    long_text[999] = '\0';
    json_object_set_new(a, long_text, json_string(long_text));
    ck_assert(bm_fingerprints_differ(a, b, text) && strlen(text) < sizeof text);
    free(long_text);
    json_decref(a);
    json_decref(b);
}
END_TEST

/* ---- files ---- */

static char folder[] = "/tmp/batchmark-run.XXXXXX", path[64];

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/r.json.gz", folder);
}

static void remove_folder(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void put(const char *bytes, size_t length)
{
    struct bm_error error;
    ck_assert_msg(bm_file_write(bytes, length, path, &error), "%s", error.text);
}

/* Whole and at every point where a packed file can be cut. */
START_TEST(packed)
{
    struct bm_run run;
    struct bm_error error = { "" };
    char about[128], bytes[1 << 14];
    json_t *json = made_up_bench();
    char *text = made_up_text(json);
    gzFile file = gzopen(path, "wb9");
    ck_assert(file && gzputs(file, text) > 0 && gzclose(file) == Z_OK);
    ck_assert_msg(bm_run_load(path, &run, &error), "%s", error.text);
    ck_assert(run.cases == 2 && !run.edited);
    bm_run_free(&run);
    ck_assert_msg(bm_validate(path, about, &error), "%s", error.text);
    ck_assert_str_eq(about, "bench, 2 cases, 6 launches, complete");
    FILE *raw = fopen(path, "rb");
    const size_t length = fread(bytes, 1, sizeof bytes, raw);
    fclose(raw);
    ck_assert(length > 100 && length < sizeof bytes);
    for (size_t n = 0; n < length; n++) {
        FILE *cut = fopen(path, "wb");
        ck_assert(fwrite(bytes, 1, n, cut) == n && fclose(cut) == 0);
        ck_assert_msg(!bm_run_load(path, &run, &error), "the first %zu bytes were taken", n);
        ck_assert_ptr_nonnull(strstr(error.text, path));
    }
    bytes[length / 2] ^= 4; /* its own checksum does not hold */
    put(bytes, length);
    ck_assert(!bm_run_load(path, &run, &error));
    free(text);
    json_decref(json);
}
END_TEST

START_TEST(no_file)
{
    struct bm_run run;
    struct bm_error error;
    ck_assert(!bm_run_load("/no/such/file.json", &run, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "cannot open /no/such/file.json"));
    ck_assert(!bm_run_load(folder, &run, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "or a folder"));
    ck_assert(!bm_run_load("/dev/zero", &run, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "larger than any result"));
    bm_run_free(&run); /* nothing to free, and no harm */
}
END_TEST

Suite *run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *contents = tcase_create("contents"), *files = tcase_create("files");
    tcase_set_timeout(contents, 60);
    tcase_add_test(contents, reads);
    tcase_add_test(contents, reads_older_results);
    tcase_add_loop_test(contents, other_kinds, 0, 6);
    tcase_add_test(contents, members_of_other_kinds);
    tcase_add_test(contents, schemas_and_hostile_text);
    tcase_add_loop_test(contents, edited, 0, 5);
    tcase_add_test(contents, checksum_is_of_the_contents);
    tcase_add_test(contents, fingerprints);
    tcase_set_timeout(files, 120);
    tcase_add_unchecked_fixture(files, make_folder, remove_folder);
    tcase_add_test(files, packed);
    tcase_add_test(files, no_file);
    suite_add_tcase(suite, contents);
    suite_add_tcase(suite, files);
    return suite;
}
