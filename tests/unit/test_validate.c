/* SPDX-License-Identifier: MIT */
/* test_validate.c - what the reader of results takes and the validator does not. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "run.h"
#include "run_edit.h"
#include "run_fixture.h"
#include "validate.h"

Suite *validate_suite(void);

static const struct invalid {
    const char *kind, *path, *value, *says;
} invalid[] = {
    { "bench", "context.caches", NULL, "context: \"caches\" is missing, which should be a list" },
    { "bench", "context.batchmark.clock", "null", "context.batchmark: \"clock\" is not an object" },
    { "bench", "batchmark.command", "\"batchmark\"", "\"command\" is not a list" },
    { "bench", "batchmark.launches.0.began_s", NULL, "launches[0]: \"began_s\" is missing" },
    { "bench", "batchmark.launches.0.running_hz", "\"3\"", "launches[0]: \"running_hz\" is not a number or null" },
    { "bench", "batchmark.cases.1.code", "\"0123\"", "cases[1]: \"code\" is not 16 hex digits or empty" },
    { "bench", "batchmark.cases.1.raw.1.cpus", "0", "cases[1].raw[1]: \"cpus\" is not a list" },
    { "bench", "batchmark.limits", "[3]", "limits[0]: is not an object" },
    { "bench", "batchmark.skipped", "{}", "\"skipped\" is not a list" },
    { "bench", "batchmark.beside", "{}", "\"beside\" is not a list" },
    { "bench", "batchmark.beside.0.role", "\"old\"", "beside[0]: \"role\" is neither previous nor reference" },
    { "bench", "batchmark.beside.0.left_out", "-1", "beside[0]: \"left_out\" is not a whole number" },
    { "bench", "batchmark.beside.0.cases.0.launches", NULL, "beside[0].cases[0]: \"launches\" is missing" },
    { "bench", "batchmark.beside.0.cases.0.name", "\"gone\"", "beside: gone is no case of the run" },
    { "bench", "batchmark.beside.0.cases.0.code.1", "\"\"", "is not two hashes" },
    { "bench", "batchmark.beside.0.cases.0.call_s", "[1e-6]", "is not two times" },
    { "bench", "batchmark.beside.0.cases.0.low", "0.5", "is not from \"low\" to \"high\"" },
    { "bench", "batchmark.cases.1.shape", "\"M=2 N=3 K=5\"", "is not what its kernel, shape, threads and cache say" },
    { "bench", "benchmarks.0.name", "\"gone\"", "the entry gone in \"benchmarks\" has no case and launch" },
    { "bench", "benchmarks.0.real_time", "1.0", "is not the median of its launch 0" },
    { "bench", "benchmarks.0.threads", "3", "\"threads\" of gemm_naive" },
    { "bench", "benchmarks.0.time_unit", NULL, "benchmarks[0]: \"time_unit\" is missing" },
    { "train", "batchmark.runs", NULL, "\"runs\" is not a list" },
    { "train", "batchmark.runs.0.alone", "1", "runs[0]: \"alone\" is not true or false" },
    { "train", "batchmark.runs.0.epochs.0.loss", "\"NaN\"", "runs[0].epochs[0]: \"loss\" is not a number or null" },
    { "train", "batchmark.runs.0.epochs.0.steps", "-1", "\"steps\" is not a whole number from 0" },
    { "train", "batchmark.summaries.0.test_loss.median", NULL, "summaries[0]: \"median\" is missing" },
    { "train", "batchmark.samples.0.pixels", "\"00f\"", "samples[0]: \"pixels\" are not two hex digits" },
    { "train", "batchmark.samples.0.pixels", "\"00fg\"", "samples[0]: \"pixels\" are not two hex digits" },
    { "verify", "batchmark.verification.0.passed", "1.5", "verification[0]: \"passed\" is not a whole number" },
    { "verify", "batchmark.verification.0.fills.random", "[]", "verification[0].fills.random: is not an object" },
    { "bench", "batchmark.cases.1.outputs", "\"\"", "cases[1]: \"outputs\" is not 16 hex digits" },
    { "bench", "batchmark.cases.0.raw.1.cpu_ns", NULL, "cases[0].raw[1]: \"cpu_ns\" is missing" },
    { "bench", "batchmark.launches.1.stolen_s", "\"\"", "launches[1]: \"stolen_s\" is not a number or null" },
    { "bench", "batchmark.launches.1.load_average", NULL, "launches[1]: \"load_average\" is missing" },
    { "noise", "batchmark.margins.0.margin", NULL, "margins[0]: \"margin\" is missing" },
    { "noise", "batchmark.margins.0.changes", "-1", "margins[0]: \"changes\" is not a whole number" },
    { "noise", "batchmark.margins.1.level", "3", "margins[1]: \"level\" is not a text" },
    { "noise", "batchmark.of.0.checksum", NULL, "of[0]: \"checksum\" is missing" },
    { "tuning", "batchmark.thresholds.0.value", "true", "thresholds[0]: \"value\" is not a number or null" },
    { "tuning", "batchmark.thresholds.0.rungs.0.shape", NULL, "thresholds[0].rungs[0]: \"shape\" is missing" },
    { "tuning", "batchmark.trials.0.launches", "-1", "trials[0]: \"launches\" is not a whole number" },
    { "machine", "batchmark.limits.0.isa", NULL, "limits[0]: \"isa\" is missing" },
    { "machine", "batchmark.limits", NULL, "\"limits\" is not a list" },
    { "machine", "batchmark.limits.0.valid", "1", "limits[0]: \"valid\" is not true or false" },
    { "machine", "batchmark.limits.0.update_gbs", "5", "limits[0]: \"update_gbs\" is not an object" },
    { "bench", "batchmark.limits.1.capacity_bytes", "[]", "limits[1]: \"capacity_bytes\" is not an object" },
    { "machine", "batchmark.staircase", "{}", "\"staircase\" is not a list" },
    { "machine", "batchmark.staircase.0", "4096", "staircase[0]: is not an object" },
    { "machine", "batchmark.staircase.1.bytes", "4096", "staircase[1]: \"bytes\" is not above that of the size" },
    { "machine", "batchmark.staircase.2.bytes", "0", "staircase[2]: \"bytes\" is not a whole number from 1" },
    { "machine", "batchmark.staircase.2.threads", "1", "staircase[2]: \"bytes\" is not above that of the size before" },
    { "machine", "batchmark.staircase.0.threads", "0", "staircase[0]: \"threads\" is not a whole number from 1" },
    { "machine", "batchmark.staircase.0.copy_gbs", "null", "staircase[0]: \"copy_gbs\" is not a number" },
    { "machine", "batchmark.staircase.0.copy_gbs", "7.5", "\"copy_gbs\" is not above 0 and at least \"copy_median" },
    { "machine", "batchmark.staircase.1.write_median_gbs", "0", "\"write_gbs\" is not above 0" },
    { "machine", "batchmark.staircase.1.read_median_gbs", NULL, "\"read_median_gbs\" is missing" },
    { "machine", "batchmark.topology_xml", "3", "\"topology_xml\" is not a text that begins with <topology" },
    { "machine", "batchmark.topology_xml", "\"<script>\"", "\"topology_xml\" is not a text that begins" },
};

START_TEST(not_valid)
{
    const struct invalid *bad = &invalid[_i];
    struct bm_document d;
    struct bm_error error = { "" };
    char about[128];
    json_t *json = strcmp(bad->kind, "bench") == 0 ? made_up_bench() : made_up_result(bad->kind);
    change_member(json, bad->path, bad->value);
    char *text = made_up_text(json);
    ck_assert_msg(bm_document_parse(text, strlen(text), "f", &d, &error), "%s", error.text);
    ck_assert(!d.edited);
    ck_assert_msg(!bm_validate_document(&d, about, &error), "%s was taken", bad->path);
    ck_assert_msg(strstr(error.text, bad->says) != NULL, "%s: '%s' instead of '%s'", bad->path, error.text, bad->says);
    bm_document_free(&d);
    free(text);
    json_decref(json);
}
END_TEST

/* A limit that the limits of the same file contradict. */
static const struct {
    const char *path, *value; /* NULL: the good one */
} contradictions[] = {
    { "batchmark.cases.0.bound_s", NULL },
    { "batchmark.cases.0.bound_s", "1.2e-9" },
    { "batchmark.cases.0.bound", "\"L3\"" },
    { "batchmark.cases.0.flops", "2e9" },
    { "batchmark.limits.0.fma_gflops", "99.0" },
    { "batchmark.limits.0.valid", "false" },      /* of one thread: nothing to be held against */
    { "batchmark.cases.0.peak_isa", "\"avx9\"" }, /* cannot be told */
};

START_TEST(limits_of_cases_follow)
{
    const bool good = !contradictions[_i].value || _i > 4;
    struct bm_document d;
    struct bm_limit limit;
    struct bm_error error = { "" };
    char about[128];
    json_t *json = made_up_bench(), *ours = json_object_get(json, "batchmark"),
           *about_case = json_array_get(json_object_get(ours, "cases"), 0);
    ck_assert(!bm_case_limit(json_object_get(ours, "limits"), about_case, &limit)); /* as in older results */
    change_member(json, "batchmark.cases.0.peak_isa", "\"avx512\"");
    change_member(json, "batchmark.cases.0.update_bytes", "0.0");
    change_member(json, "batchmark.cases.0.read_bytes", "0.0");
    change_member(json, "batchmark.cases.0.write_bytes", "0.0");
    change_member(json, "batchmark.cases.0.flops", "1e3");
    change_member(json, "batchmark.cases.0.bound_s", "1e-8"); /* 1000 at 100 a nanosecond */
    ck_assert(bm_case_limit(json_object_get(ours, "limits"), about_case, &limit));
    ck_assert_double_eq_tol(limit.seconds, 1e-8, 1e-17);
    ck_assert_str_eq(limit.name, "FMA");
    if (contradictions[_i].value)
        change_member(json, contradictions[_i].path, contradictions[_i].value);
    char *text = made_up_text(json);
    ck_assert_msg(bm_document_parse(text, strlen(text), "f", &d, &error), "%s", error.text);
    ck_assert_msg(bm_validate_document(&d, about, &error) == good, "%s: '%s'", contradictions[_i].path, error.text);
    ck_assert_msg(good || strstr(error.text, "is not what its work and \"limits\" say"), "%s", error.text);
    bm_document_free(&d);
    free(text);
    json_decref(json);
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

Suite *validate_suite(void)
{
    Suite *suite = suite_create("validate");
    TCase *tests = tcase_create("validate");
    tcase_add_loop_test(tests, not_valid, 0, COUNT(invalid));
    tcase_add_loop_test(tests, limits_of_cases_follow, 0, COUNT(contradictions));
    suite_add_tcase(suite, tests);
    return suite;
}
