/* SPDX-License-Identifier: MIT */
/* test_history.c - histories of made-up results. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "history.h"
#include "remove_tree.h"
#include "result.h"
#include "run_fixture.h"

Suite *history_suite(void);

enum {
    RUNS = 24,
    SLOWER_AT = 12,
    FASTER_AT = 8,
    MISSING_IN = 5,
    PACKED = 3,
    TOGETHER_AT = 6,
    TOGETHER = 8,
    CASES = 20
};

static char own[] = "/tmp/batchmark-history.XXXXXX";
static const char *folder; /* own, or that of the shell test, which goes on with it */

static void make_folder(void)
{
    folder = getenv("BATCHMARK_TEST_HISTORY");
    if (!folder)
        folder = mkdtemp(own);
    ck_assert_ptr_nonnull(folder);
}

static void remove_folder(void)
{
    if (folder == own)
        remove_tree(own);
}

static json_t *run_at(int i)
{
    char commit[48], date[32];
    snprintf(commit, sizeof commit, "%012x0123456789abcdef0123456789ab", 0xabc000 + i);
    snprintf(date, sizeof date, "2026-01-%02dT12:00:00Z", i + 1);
    return made_up_run(commit, date);
}

static void add_case(json_t *run, const char *kernel, double median, const char *code, unsigned seed)
{
    add_noisy_case(run, kernel, "N=32 C=300", 1, median, 0.004, 7, 5, seed);
    const json_t *cases = json_object_get(json_object_get(run, "batchmark"), "cases");
    json_object_set_new(json_array_get(cases, json_array_size(cases) - 1), "code", json_string(code));
}

static void write_run(json_t *run, const char *under, const char *name)
{
    char path[256];
    struct bm_error error;
    snprintf(path, sizeof path, "%s/%s", folder, under);
    ck_assert(bm_make_folder(path, &error));
    snprintf(path, sizeof path, "%s/%s/%s", folder, under, name);
    ck_assert_msg(bm_result_write(run, path, &error), "%s", error.text);
    json_decref(run);
}

static void put_text(const char *name, const char *text, bool packed)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    gzFile file = gzopen(path, packed ? "wb9" : "wbT");
    ck_assert_int_eq(gzwrite(file, text, (unsigned)strlen(text)), (int)strlen(text));
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static const char hostile[] = "=1+1,\"\x1b[31m|`\n\xc2\x9b";

static json_t *ordinary_run(int i)
{
    json_t *run = run_at(i);
    add_case(run, "bn_forward_avx512", i < SLOWER_AT ? 1e-6 : 1.06e-6, i < SLOWER_AT ? "00aa" : "00bb",
             100 + (unsigned)i);
    add_case(run, "gemm_avx2", i < FASTER_AT ? 5e-3 : 4.6e-3, "00cc", 200 + (unsigned)i);
    if (i != MISSING_IN)
        add_case(run, "bn_backward_avx2", 3e-5, "00dd", 300 + (unsigned)i);
    add_case(run, hostile, 2e-4, "", 400 + (unsigned)i);
    return run;
}

/* The folder of the shell test: good results, one of them packed, and one of everything else that can be there. */
static void write_folder(void)
{
    char name[64];
    for (int i = 0; i < RUNS; i++) {
        json_t *run = ordinary_run(i);
        snprintf(name, sizeof name, "%c%02d.json", 'z' - i, i); /* names are in the reverse order of time */
        if (i != PACKED) {
            write_run(run, "all", name);
            continue;
        }
        char *sum = bm_result_checksum(run);
        json_object_set_new(json_object_get(run, "batchmark"), "checksum", json_string(sum));
        char *text = json_dumps(run, 0);
        snprintf(name, sizeof name, "all/%02d.json.gz", i);
        put_text(name, text, true);
        snprintf(name, sizeof name, "all/%02d-again.json", i);
        put_text(name, text, false);
        char *digit = strstr(text, "\"iterations\": 10") + strlen("\"iterations\": ");
        *digit = '2';
        put_text("all/edited.json", text, false);
        *digit = '\0';
        put_text("all/broken.json", text, false);
        free(text);
        free(sum);
        json_decref(run);
    }
    for (int i = 0; i < 2; i++) { /* the oldest result, and the newest: it does not end the history */
        json_t *run = ordinary_run(i * RUNS);
        json_object_set_new(json_object_get(json_object_get(run, "batchmark"), "fingerprint"), "threads",
                            json_string("1"));
        snprintf(name, sizeof name, "other%d.json", i);
        write_run(run, "all", name);
    }
    json_t *old = ordinary_run(0), *noise = run_at(0);
    json_object_set_new(json_object_get(old, "batchmark"), "schema", json_integer(1));
    write_run(old, "all", "old.json");
    json_object_set_new(json_object_get(noise, "batchmark"), "kind", json_string("noise"));
    write_run(noise, "all", "noise.json");
    put_text("all/README.md", "no result", false);
    write_run(ordinary_run(0), "one", "a.json");
    write_run(ordinary_run(0), "two", "a.json");
    write_run(ordinary_run(1), "two", "b.json");
    json_t *only = run_at(2);
    json_object_set_new(json_object_get(only, "batchmark"), "kind", json_string("verify"));
    write_run(only, "none", "a.json");
}

static enum bm_added add(struct bm_history *h, const char *name, struct bm_error *error)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return bm_history_add(h, path, error);
}

static const struct bm_series *series_of(const struct bm_history *h, const char *kernel)
{
    for (size_t i = 0; i < h->all; i++)
        if (strcmp(h->series[i].kernel, kernel) == 0)
            return &h->series[i];
    ck_abort_msg("no series of %s", kernel);
    return NULL;
}

START_TEST(reads_a_folder)
{
    struct bm_history h = { 0 };
    struct bm_error error;
    char name[64];
    write_folder();
    for (int i = 0; i < RUNS; i++) {
        snprintf(name, sizeof name, "all/%c%02d.json", 'z' - i, i);
        if (i == PACKED)
            snprintf(name, sizeof name, "all/%02d.json.gz", i);
        ck_assert_msg(add(&h, name, &error) == BM_ADDED, "%s", error.text);
    }
    static const char *const bad[][2] = { { "all/03-again.json", "the same result as" },
                                          { "all/broken.json", "not a whole JSON" },
                                          { "all/edited.json", "edited" },
                                          { "all/old.json", "schema is 1" },
                                          { "all/absent.json", "cannot open" } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(add(&h, bad[i][0], &error), BM_UNREADABLE);
        ck_assert_msg(strstr(error.text, bad[i][1]), "%s", error.text);
    }
    ck_assert_int_eq(add(&h, "all/noise.json", &error), BM_OTHER_KIND);
    ck_assert_int_eq(add(&h, "all/other0.json", &error), BM_ADDED);
    ck_assert_int_eq(add(&h, "all/other1.json", &error), BM_ADDED);
    bm_history_find(&h, NULL, 0.02);
    ck_assert_uint_eq(h.runs, RUNS);
    ck_assert_uint_eq(h.other, 2);
    ck_assert_str_eq(h.why, "threads: \"1\" against \"1,2\"");
    ck_assert_uint_eq(h.all, 4);
    ck_assert_uint_eq(h.togethers, 0);
    for (size_t i = 1; i < h.runs; i++)
        ck_assert(strcmp(h.run[i - 1].date, h.run[i].date) < 0);

    const struct bm_series *slower = series_of(&h, "bn_forward_avx512"), *faster = series_of(&h, "gemm_avx2");
    ck_assert_uint_eq(slower->changes, 1);
    ck_assert_uint_eq(slower->change->at, SLOWER_AT);
    ck_assert_str_eq(bm_code_verdict(slower, slower->change), "code changed");
    ck_assert_double_eq_tol(slower->point[0].is->median_s, 1e-6, 1e-8);
    ck_assert(slower->point[0].is->low_s < slower->point[0].is->median_s && slower->point[0].is->high_s < 1.1e-6);
    ck_assert_uint_eq(faster->changes, 1);
    ck_assert_uint_eq(faster->change->at, FASTER_AT);
    ck_assert_str_eq(bm_code_verdict(faster, faster->change), "code unchanged");
    ck_assert_uint_eq(series_of(&h, "bn_backward_avx2")->points, RUNS - 1);
    ck_assert_uint_eq(series_of(&h, "bn_backward_avx2")->changes, 0);
    ck_assert_str_eq(series_of(&h, "=1+1,\"?[31m|`???")->kernel, "=1+1,\"?[31m|`???");
    bm_history_free(&h);
}
END_TEST

START_TEST(printable)
{
    static const char *const text[][2] = { { "\xc3\xa4 \xe2\x82\xac", "\xc3\xa4 \xe2\x82\xac" },
                                           { "a\x1b[2J\x7f\t", "a?[2J??" },
                                           { "\xc2\x9b[ \xc2\xa0", "?[ \xc2\xa0" },
                                           { "\xc3\xa4 \x9b[", "?? ?[" } };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        char *shown = bm_printable(text[i][0]);
        ck_assert_str_eq(shown, text[i][1]);
        free(shown);
    }
}
END_TEST

/* Writes them, for the shell test as well, and reads them. */
static struct bm_history history_of(const char *under, json_t *(*run_of)(int), int runs)
{
    struct bm_history h = { 0 };
    struct bm_error error;
    char name[32], path[64];
    for (int i = 0; i < runs; i++) {
        snprintf(name, sizeof name, "%02d.json", i);
        snprintf(path, sizeof path, "%s/%s", under, name);
        write_run(run_of(i), under, name);
        ck_assert_msg(add(&h, path, &error) == BM_ADDED, "%s", error.text);
    }
    bm_history_find(&h, NULL, 0.02);
    return h;
}

/* The first `changed` cases have other code, and take `ratio` times as long; all take `machine` times as long. */
static json_t *many_cases(int i, int changed, double ratio, double machine)
{
    json_t *run = run_at(i);
    for (int k = 0; k < CASES; k++) {
        char kernel[32];
        snprintf(kernel, sizeof kernel, "gemm_v%d", k);
        add_case(run, kernel, 1e-5 * machine * (k < changed ? ratio : 1), k < changed ? "00bb" : "00aa",
                 (unsigned)(100 * i + k));
    }
    return run;
}

static json_t *together_run(int i) { return many_cases(i, i < TOGETHER_AT ? 0 : TOGETHER, 1.2, 1); }

START_TEST(together)
{
    struct bm_history h = history_of("together", together_run, 2 * TOGETHER_AT);
    ck_assert_uint_eq(h.togethers, 1);
    ck_assert_uint_eq(h.together->run, TOGETHER_AT);
    ck_assert_uint_eq(h.together->cases, TOGETHER);
    ck_assert_uint_eq(h.together->slower, TOGETHER);
    ck_assert_uint_eq(h.together->changed, TOGETHER);
    ck_assert_uint_eq(h.drift.moves, 0);
    const struct bm_series *s = series_of(&h, "gemm_v5");
    ck_assert(bm_history_is_together(&h, s, s->change));
    bm_history_free(&h);
}
END_TEST

/* The machine becomes slower, and at the last result the code of a case, which was timed beside the one before. */
static json_t *beside_run(int i)
{
    const bool last = i == 2 * TOGETHER_AT - 1;
    json_t *run = many_cases(i, last, 1.05, i < TOGETHER_AT ? 1 : 1.1);
    if (last)
        json_object_set_new(
            json_object_get(run, "batchmark"), "beside",
            json_pack("[{s:s, s:s, s:s, s:s, s:s, s:[{s:s, s:[s, s], s:f, s:f, s:f, s:f, s:i, s:[f, f]}]}]", "role",
                      "previous", "result", "10.json", "checksum", "01234567", "commit", "0123456", "date",
                      "2026-01-11T12:00:00Z", "cases", "name", "gemm_v0/N:32/C:300/threads:1/warm/real_time", "code",
                      "00aa", "00bb", "change", log(1.04), "error", 0.003, "low", 0.03, "high", 0.05, "launches", 6,
                      "call_s", 1.1e-5, 1.144e-5));
    return run;
}

START_TEST(beside)
{
    struct bm_error error;
    struct bm_history h = history_of("beside", beside_run, 2 * TOGETHER_AT);
    const struct bm_series *s = series_of(&h, "gemm_v0");
    ck_assert_uint_eq(h.drift.moves, 1);
    ck_assert(h.drift.move->from == TOGETHER_AT - 1 && h.drift.move->to == TOGETHER_AT && h.drift.move->steps == 1);
    ck_assert_double_eq_tol(h.drift.move->change, log(1.1), 0.005);
    ck_assert_uint_eq(s->changes, 1);
    ck_assert_uint_eq(s->change->at, 2 * TOGETHER_AT - 1);
    ck_assert(bm_history_by_pairs(s, s->change));
    ck_assert_double_eq_tol(s->change->after / s->change->before, 1.04, 1e-9);
    ck_assert_double_eq(s->point[0].s, s->point[10].s); /* equal code, whatever the floors say */
    bm_history_free(&h);

    json_t *run = beside_run(2 * TOGETHER_AT - 1), *ours = json_object_get(run, "batchmark");
    json_object_del(json_array_get(json_object_get(json_array_get(json_object_get(ours, "beside"), 0), "cases"), 0),
                    "error");
    write_run(run, "all", "zz-beside.json");
    ck_assert_int_eq(add(&h, "all/zz-beside.json", &error), BM_UNREADABLE);
    ck_assert_msg(strstr(error.text, "beside[]") && strstr(error.text, "error"), "%s", error.text);
    ck_assert_uint_eq(h.runs, 0);
    bm_history_free(&h);
}
END_TEST

Suite *history_suite(void)
{
    Suite *suite = suite_create("history");
    TCase *results = tcase_create("histories");
    tcase_add_checked_fixture(results, make_folder, remove_folder);
    tcase_add_test(results, reads_a_folder);
    tcase_add_test(results, together);
    tcase_add_test(results, beside);
    tcase_add_test(results, printable);
    suite_add_tcase(suite, results);
    return suite;
}
