/* SPDX-License-Identifier: MIT */
/* test_run.c - result files read back: good ones, and each kind of damage. */
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
#include "run_fixture.h"
#include "validate.h"

Suite *run_suite(void);

/* Two cases: six launches of 3 samples, of which one was disturbed, and two launches of 2. */
static json_t *made_up(void)
{
    json_t *run = made_up_run("0123456", "2024-05-06T07:08:09Z");
    double seconds[6 * 3];
    for (int i = 0; i < 18; i++)
        seconds[i] = 1e-6 * (1 + 0.003 * (i * 7 % 18));
    seconds[12] = seconds[14] = 1e-6;
    seconds[13] = 1.3e-6; /* the disturbed one */
    add_made_up_case(run, "gemm_naive", "M=2 N=3 K=4", 1, seconds, 6, 3);
    add_noisy_case(run, "gemm_avx2", "M=2 N=3 K=4", 2, 5e-7, 0.1, 2, 2, 2);
    json_t *disturbed = json_array_get(json_object_get(json_object_get(run, "batchmark"), "cases"), 0);
    json_object_set_new(disturbed, "disturbed", json_integer(1));
    json_object_set_new(json_array_get(json_object_get(disturbed, "raw"), 4), "switches",
                        json_pack("[i,i,i]", 0, 2, 0));
    json_object_set_new(
        json_object_get(run, "batchmark"), "beside",
        json_pack("[{s:s, s:s, s:s, s:s, s:s, s:f, s:i, s:[{s:s, s:[s, s], s:f, s:f, s:f, s:f, s:i, s:[f, f]}]}]", "role",
                  "previous", "result", "old-bench.json", "checksum", "01234567", "commit", "0123456", "date",
                  "2024-05-05T07:08:09Z", "seconds", 0.5, "left_out", 1, "cases", "name",
                  "gemm_avx2/M:2/N:3/K:4/threads:2/warm/real_time", "code", "00000000000000aa", "00000000000000bb", "change",
                  0.01, "error", 0.002, "low", 0.005, "high", 0.015, "launches", 6, "call_s", 4.9e-7, 5e-7));
    return run;
}

/* The member of a path such as "batchmark.cases.0.name" becomes `value`, JSON; NULL removes it. */
static void change(json_t *at, const char *path, const char *value)
{
    char copy[128], *rest = NULL, *key, *next;
    snprintf(copy, sizeof copy, "%s", path);
    for (key = strtok_r(copy, ".", &rest); (next = strtok_r(NULL, ".", &rest)); key = next) {
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(key)) : json_object_get(at, key);
        ck_assert_msg(at != NULL, "%s: no %s", path, key);
    }
    json_t *new = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
    ck_assert_msg(new || !value, "%s is not JSON", value ? value : "");
    if (json_is_array(at) && new)
        json_array_set_new(at, (size_t)atoi(key), new);
    else if (json_is_array(at))
        json_array_remove(at, (size_t)atoi(key));
    else if (new)
        json_object_set_new(at, key, new);
    else
        ck_assert_msg(json_object_del(at, key) == 0, "%s is not there", path);
}

/* ---- good files ---- */

START_TEST(reads)
{
    struct bm_run run;
    struct bm_error error = { "" };
    bool valid;
    json_t *json = made_up();
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
    json_t *json = made_up(), *disturbed = json_array_get(json_object_get(json_object_get(json, "batchmark"), "cases"), 0);
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
    json_t *json = made_up();
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
    static const char *const kinds[] = { "train", "verify", "noise", "machine" };
    static const char *const told[] = { "train, 1 run, complete", "verify, 1 variant, complete",
                                        "noise, 2 margins, complete", "machine, 2 limits, complete" };
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

/* ---- damage ---- */

static const struct damage {
    const char *path, *value, *says;
} refused[] = { /* by the reader, whatever the checksum says */
    { "batchmark", NULL, "no object \"batchmark\"" },
    { "batchmark", "[]", "no object \"batchmark\"" },
    { "batchmark.schema", NULL, "\"schema\" is not a whole number" },
    { "batchmark.schema", "2.0", "\"schema\" is not a whole number" },
    { "batchmark.schema", "1", "its schema is 1, this program reads 2 and 3" },
    { "batchmark.schema", "9223372036854775807", "its schema is 9223372036854775807" },
    { "batchmark.kind", NULL, "\"kind\" is not a text" },
    { "batchmark.kind", "\"fly\\n\"", "its kind is \"fly?\"" },
    { "batchmark.kind", "\"train\"", "a result of train, not of bench" },
    { "batchmark.complete", "1", "\"complete\" is neither" },
    { "batchmark.fingerprint", "\"made up\"", "\"fingerprint\" is not an object" },
    { "batchmark.fingerprint.cpu", "[\"a\"]", "fingerprint.cpu is a list or an object" },
    { "batchmark.fingerprint.machine", "1", "\"machine\" is not a text" },
    { "context", NULL, "\"date\" is not a text" },
    { "context.batchmark.build.commit", "null", "\"commit\" is not a text" },
    { "batchmark.launches", "{}", "\"launches\" is not a list" },
    { "batchmark.launches.1.launch", "5", "launches[1] has another" },
    { "batchmark.launches.1.launch", "1.0", "launches[1] has another" },
    { "batchmark.launches", "[]", "cases[0]: \"launch\" is not a whole number from 0 to -1" },
    { "batchmark.cases", "null", "\"cases\" is not a list" },
    { "batchmark.cases.1", "7", "cases[1]: \"raw\" is not a list" },
    { "batchmark.cases.1", NULL, "8 entries in \"benchmarks\", but the cases have 6 launches" },
    { "batchmark.cases.1.name", "\"gemm_naive/M:2/N:3/K:4/threads:1/warm/real_time\"", "is there twice" },
    { "batchmark.cases.0.name", "false", "cases[0]: \"name\" is not a text" },
    { "batchmark.cases.0.threads", "1.5", "\"threads\" is not a whole number" },
    { "batchmark.cases.0.threads", "4294967297", "\"threads\" is not a whole number" },
    { "batchmark.cases.0.threads", "0", "\"threads\" is not a whole number" },
    { "batchmark.cases.0.flops", "1e300", "\"flops\" is not a number from 0 to 1e+30" },
    { "batchmark.cases.0.weight", "-1", "\"weight\" is not a number from 0" },
    { "batchmark.cases.0.raw", "[]", "no launch has samples" },
    { "batchmark.cases.0.raw.0", "null", "\"ns\" is not a list" },
    { "batchmark.cases.0.raw.0.launch", "6", "\"launch\" is not a whole number from 0 to 5" },
    { "batchmark.cases.0.raw.0.launch", "1e300", "\"launch\" is not a whole number from 0 to 5" },
    { "batchmark.cases.0.raw.0.launch", "1", "launch 1 is there twice" },
    { "batchmark.cases.0.raw.0.iterations", "0", "\"iterations\" is not a whole number from 1" },
    { "batchmark.cases.0.raw.0.ns", "[]", "a launch without samples" },
    { "batchmark.cases.0.raw.0.ns.1", "\"NaN\"", "\"ns\" of a launch holds what is no time" },
    { "batchmark.cases.0.raw.0.ns.1", "0", "\"ns\" of a launch holds what is no time" },
    { "batchmark.cases.0.raw.0.ns.1", "-5.0", "\"ns\" of a launch holds what is no time" },
    { "batchmark.cases.0.raw.0.ns.1", "1e300", "\"ns\" of a launch holds what is no time" },
    { "batchmark.cases.0.raw.0.ns.1", "1e-320", "\"ns\" of a launch holds what is no time" },
    { "batchmark.cases.0.raw.0.ns.1", NULL, "\"at_s\" of a launch is not a list as long as its samples" },
    { "batchmark.cases.0.raw.0.ns.1", "999999.0", "but the samples say" },
    { "batchmark.cases.0.raw.0.at_s.0", "-1", "\"at_s\" of a launch holds what is no number from 0" },
    { "batchmark.cases.0.raw.4.switches.0", "null", "\"switches\" of a launch holds what is no number from 0" },
    { "batchmark.cases.0.raw.4.switches.1", "0", "\"disturbed\" is not the number" },
    { "batchmark.cases.0.raw.0.migrations", "[1]", "\"migrations\" of a launch is not a list as long" },
    { "batchmark.cases.0.raw.0.contention", "[1.0, 1.0, 1.06]", "\"disturbed\" is not the number" },
    { "batchmark.cases.0.raw.0.contention", "[1.0, 1.0]", "\"contention\" of a launch is not a list as long" },
    { "batchmark.cases.0.contended", "true", "\"contended\" is not what the samples say" },
    { "batchmark.cases.0.all_median_s", "1.0", "all_median_s is 1, but the samples say" },
    { "batchmark.cases.0.raw.0.clock", "[1.0, true, 0.9]", "\"clock\" of a launch holds" },
    { "batchmark.cases.0.min_s", "1e-7", "min_s is 1e-07, but the samples say" },
    { "batchmark.cases.0.floor_samples", "99", "\"floor_samples\" is not" },
    { "batchmark.cases.0.floor_launches", "0", "\"floor_launches\" is not" },
    { "batchmark.cases.0.p95_s", "null", "\"p95_s\" is not a number" },
    { "batchmark.cases.0.median_s", "2e-6", "median_s is 2e-06" },
    { "batchmark.cases.0.median_low_s", "null", "\"median_low_s\" is not a number" },
    { "batchmark.cases.0.median_high_s", "1.0", "median_high_s is 1, but the samples say" },
    { "batchmark.cases.1.median_low_s", "0.0", "\"median_low_s\" is not null, but 2 launches have no interval" },
    { "batchmark.cases.1.median_high_s", "5.0", "\"median_high_s\" is not null" },
    { "batchmark.cases.0.samples", "17", "\"samples\" is not the number" },
    { "batchmark.cases.0.disturbed", "0", "\"disturbed\" is not the number" },
    { "benchmarks", "null", "\"benchmarks\" is not a list" },
    { "benchmarks.7", NULL, "7 entries in \"benchmarks\"" },
};

START_TEST(damaged)
{
    struct bm_run run;
    struct bm_error error = { "" };
    json_t *json = made_up();
    change(json, refused[_i].path, refused[_i].value);
    char *text = json_is_object(json_object_get(json, "batchmark")) ? made_up_text(json) : json_dumps(json, 0);
    ck_assert_msg(!bm_run_parse(text, strlen(text), "made-up.json", &run, &error), "%s was taken", refused[_i].path);
    ck_assert_msg(strstr(error.text, refused[_i].says) && strncmp(error.text, "made-up.json", 12) == 0,
                  "%s: '%s' instead of '%s'", refused[_i].path, error.text, refused[_i].says);
    ck_assert_ptr_null(run.json);
    free(text);
    json_decref(json);
}
END_TEST

static const struct invalid {
    const char *kind, *path, *value, *says;
} invalid[] = {
    /* what the reader takes and the validator does not */
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
    json_t *json = strcmp(bad->kind, "bench") == 0 ? made_up() : made_up_result(bad->kind);
    change(json, bad->path, bad->value);
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

/* A bound that the limits of the same file contradict. */
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

START_TEST(bounds_follow_from_limits)
{
    const bool good = !contradictions[_i].value || _i > 4;
    struct bm_document d;
    struct bm_bound bound;
    struct bm_error error = { "" };
    char about[128];
    json_t *json = made_up(), *ours = json_object_get(json, "batchmark"),
           *about_case = json_array_get(json_object_get(ours, "cases"), 0);
    ck_assert(!bm_case_bound(json_object_get(ours, "limits"), about_case, &bound)); /* as in older results */
    change(json, "batchmark.cases.0.peak_isa", "\"avx512\"");
    change(json, "batchmark.cases.0.update_bytes", "0.0");
    change(json, "batchmark.cases.0.read_bytes", "0.0");
    change(json, "batchmark.cases.0.write_bytes", "0.0");
    change(json, "batchmark.cases.0.flops", "1e3");
    change(json, "batchmark.cases.0.bound_s", "1e-8"); /* 1000 at 100 a nanosecond */
    ck_assert(bm_case_bound(json_object_get(ours, "limits"), about_case, &bound));
    ck_assert_double_eq_tol(bound.seconds, 1e-8, 1e-17);
    ck_assert_str_eq(bound.name, "FMA");
    if (contradictions[_i].value)
        change(json, contradictions[_i].path, contradictions[_i].value);
    char *text = made_up_text(json);
    ck_assert_msg(bm_document_parse(text, strlen(text), "f", &d, &error), "%s", error.text);
    ck_assert_msg(bm_validate_document(&d, about, &error) == good, "%s: '%s'", contradictions[_i].path, error.text);
    ck_assert_msg(good || strstr(error.text, "is not what its work and \"limits\" say"), "%s", error.text);
    bm_document_free(&d);
    free(text);
    json_decref(json);
}
END_TEST

static const struct {
    const char *text, *says;
} not_json[] = {
    { "", "the file is empty" },
    { "\n", "not a whole JSON document" },
    { "{}", "no object \"batchmark\"" },
    { "[1]", "no object \"batchmark\"" },
    { "{\"a\":1,\"a\":2}", "duplicate object key" },
    { "{\"a\":NaN}", "f:1: not a whole JSON document" },
    { "{\"a\":1e999}", "real number overflow" },
    { "{\"a\":123456789012345678901234567890}", "too big integer" },
    { "{\"a\":\"\xff\"}", "unable to decode byte 0xff" },
    { "{\"a\":\"\\u0000\"}", "not a whole JSON document" },
    { "{\"a\":1} x", "end of file expected" },
    { "{\"a\":\"new\nline\"}", "not a whole JSON document" },
};

START_TEST(no_document)
{
    struct bm_run run;
    struct bm_error error = { "" };
    ck_assert(!bm_run_parse(not_json[_i].text, strlen(not_json[_i].text), "f", &run, &error));
    ck_assert_msg(strstr(error.text, not_json[_i].says) && !strchr(error.text, '\n'), "%s", error.text);
    ck_assert(walk_result(not_json[_i].text, strlen(not_json[_i].text), NULL));
}
END_TEST

START_TEST(deep_nesting)
{
    const size_t depth = 1000000;
    char *text = malloc(depth);
    memset(text, '[', depth);
    ck_assert(walk_result(text, depth, NULL));
    free(text);
}
END_TEST

START_TEST(truncated)
{
    struct bm_run run;
    struct bm_error error;
    json_t *json = made_up();
    char *text = made_up_text(json);
    for (size_t n = 0; n < strlen(text); n++) {
        char *cut = malloc(n + 1); /* of its own, so that reading beyond its end shows */
        memcpy(cut, text, n);
        ck_assert_msg(!bm_run_parse(cut, n, "f", &run, &error), "the first %zu bytes were taken", n);
        free(cut);
    }
    free(text);
    json_decref(json);
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
    json_t *json = made_up();
    free(made_up_text(json));
    change(json, path[_i], "\"0123456789abcdee\"");
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
    json_t *json = made_up();
    char *packed = made_up_text(json),
         *spread = json_dumps(json, JSON_INDENT(3) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    ck_assert_msg(bm_run_parse(spread, strlen(spread), "f", &run, &error), "%s", error.text);
    ck_assert(!run.edited); /* blanks, order and digits that are not kept do not count */
    bm_run_free(&run);
    change(json, "batchmark.checksum", NULL);
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
    json_t *json = made_up();
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

/* ---- at random: `make fuzz` does more of it ---- */

enum { ROUNDS = 12, MUTATIONS = 1000 };

static char *starting_text(int round)
{
    static const char *const kinds[] = { "bench", "bench", "train", "verify", "noise", "machine" };
    const char *kind = kinds[round % 6];
    json_t *json = strcmp(kind, "bench") == 0 ? made_up() : made_up_result(kind);
    char *text = made_up_text(json);
    json_decref(json);
    return text;
}

START_TEST(random_damage)
{
    unsigned long long state = 77 + (unsigned long long)_i;
    char *whole = starting_text(_i);
    size_t valid = 0;
    for (int k = 0; k < MUTATIONS; k++) {
        char *text = strdup(whole);
        size_t length = strlen(text);
        bool is_valid;
        json_t *json = pick(&state, 2) ? json_loads(text, 0, NULL) : NULL;
        if (json) {
            damage_json(json, &state);
            free(text);
            const bool sound = json_is_object(json_object_get(json, "batchmark")) && pick(&state, 2);
            text = sound ? made_up_text(json) : json_dumps(json, 0);
            length = strlen(text);
            json_decref(json);
        } else
            for (size_t i = 1 + pick(&state, 3); i > 0 && length > 0; i--)
                length = damage_text(text, length, &state);
        ck_assert_msg(walk_result(text, length, &is_valid), "mutation %d: %.*s", k, (int)length, text);
        valid += is_valid;
        free(text);
    }
    ck_assert_msg(valid > 0 && valid < MUTATIONS / 2, "%zu of %d are valid", valid, MUTATIONS);
    free(whole);
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

Suite *run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *contents = tcase_create("contents"), *files = tcase_create("files"), *random = tcase_create("random damage");
    tcase_set_timeout(contents, 60);
    tcase_add_test(contents, reads);
    tcase_add_test(contents, reads_older_results);
    tcase_add_loop_test(contents, other_kinds, 0, 4);
    tcase_add_test(contents, members_of_other_kinds);
    tcase_add_loop_test(contents, damaged, 0, COUNT(refused));
    tcase_add_loop_test(contents, not_valid, 0, COUNT(invalid));
    tcase_add_loop_test(contents, bounds_follow_from_limits, 0, COUNT(contradictions));
    tcase_add_loop_test(contents, no_document, 0, COUNT(not_json));
    tcase_add_test(contents, deep_nesting);
    tcase_add_test(contents, truncated);
    tcase_add_loop_test(contents, edited, 0, 5);
    tcase_add_test(contents, checksum_is_of_the_contents);
    tcase_add_test(contents, fingerprints);
    tcase_set_timeout(files, 120);
    tcase_add_unchecked_fixture(files, make_folder, remove_folder);
    tcase_add_test(files, packed);
    tcase_add_test(files, no_file);
    tcase_set_timeout(random, 300);
    tcase_add_loop_test(random, random_damage, 0, ROUNDS);
    suite_add_tcase(suite, contents);
    suite_add_tcase(suite, files);
    suite_add_tcase(suite, random);
    return suite;
}
