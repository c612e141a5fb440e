/* SPDX-License-Identifier: MIT */
/* test_damage.c - results with each kind of damage, and with random damage: refused, in one line that says why. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "run_damage.h"
#include "run_edit.h"
#include "run_fixture.h"

Suite *damage_suite(void);

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
    json_t *json = made_up_bench();
    change_member(json, refused[_i].path, refused[_i].value);
    char *text = json_is_object(json_object_get(json, "batchmark")) ? made_up_text(json) : json_dumps(json, 0);
    ck_assert_msg(!bm_run_parse(text, strlen(text), "made-up.json", &run, &error), "%s was taken", refused[_i].path);
    ck_assert_msg(strstr(error.text, refused[_i].says) && strncmp(error.text, "made-up.json", 12) == 0,
                  "%s: '%s' instead of '%s'", refused[_i].path, error.text, refused[_i].says);
    ck_assert_ptr_null(run.json);
    free(text);
    json_decref(json);
}
END_TEST

START_TEST(counters_that_are_none)
{
    static const char *const wrong[] = { "5", "[]", "{\"instructions\": -1}", "{\"cycles\": \"many\"}" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct bm_run run;
        struct bm_error error;
        json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z");
        add_floor_case(json, "M=8 N=8 K=8", "L1", 1e-6, 5, 2);
        json_object_set_new(last_made_up_case(json), "counters", json_loads(wrong[i], JSON_DECODE_ANY, NULL));
        char *text = made_up_text(json);
        ck_assert(!bm_run_parse(text, strlen(text), "made/up.json", &run, &error));
        ck_assert_msg(strstr(error.text, "counters"), "%s", error.text);
        free(text);
        json_decref(json);
    }
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
    json_t *json = made_up_bench();
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

/* ---- at random: `make fuzz` does more of it ---- */

enum { ROUNDS = 14, MUTATIONS = 1000 };

static char *starting_text(int round)
{
    static const char *const kinds[] = { "bench", "bench", "train", "verify", "noise", "machine", "tuning" };
    const char *kind = kinds[round % 7];
    json_t *json = strcmp(kind, "bench") == 0 ? made_up_bench() : made_up_result(kind);
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

Suite *damage_suite(void)
{
    Suite *suite = suite_create("damage");
    TCase *planted = tcase_create("planted"), *random = tcase_create("random");
    tcase_set_timeout(planted, 60);
    tcase_add_loop_test(planted, damaged, 0, COUNT(refused));
    tcase_add_test(planted, counters_that_are_none);
    tcase_add_loop_test(planted, no_document, 0, COUNT(not_json));
    tcase_add_test(planted, deep_nesting);
    tcase_add_test(planted, truncated);
    tcase_set_timeout(random, 300);
    tcase_add_loop_test(random, random_damage, 0, ROUNDS);
    suite_add_tcase(suite, planted);
    suite_add_tcase(suite, random);
    return suite;
}
