/* SPDX-License-Identifier: MIT */
/* test_result.c - statistics, and result files: replaced in one step or not at all. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "result.h"
#include "shape.h"
#include "stats.h"

Suite *result_suite(void);

START_TEST(ranks)
{
    /* n, and the ranks (from 1) of the 95 % interval of the median */
    static const int want[][3] = {
        { 1, 1, 1 }, { 5, 1, 5 }, { 9, 1, 9 }, { 15, 3, 13 }, { 30, 9, 22 }, { 50, 18, 33 }
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        double sample[50];
        int n = want[i][0];
        for (int k = 0; k < n; k++)
            sample[(k * 7) % n] = 0; /* any order */
        for (int k = 0; k < n; k++)
            sample[k] = n - k;
        struct bm_stats s = bm_summarise(sample, (size_t)n);
        ck_assert_double_eq(s.min, 1);
        ck_assert_double_eq(s.max, n);
        ck_assert_double_eq(s.median, (n + 1) / 2.0);
        ck_assert_double_eq(s.low, want[i][1]);
        ck_assert_double_eq(s.high, want[i][2]);
    }
    double four[] = { 4, 1, 3, 2 };
    struct bm_stats s = bm_summarise(four, 4);
    ck_assert_double_eq(s.p25, 1.75);
    ck_assert_double_eq(s.p75, 3.25);
    ck_assert(isnan(bm_summarise(four, 0).median));
    ck_assert(bm_summarise((double[]){ INFINITY, 1, 2 }, 3).median == 2);
    ck_assert(isinf(bm_summarise((double[]){ INFINITY, 1 }, 2).median));
}
END_TEST

static char folder[] = "/tmp/batchmark-result.XXXXXX", path[64];

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/r.json", folder);
}

static void remove_folder(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* no other file was left */
}

START_TEST(writes)
{
    struct bm_error error;
    char *argv[] = { (char[]){ "batchmark" }, NULL };
    json_t *r = bm_result_new("bench", 1, argv, NULL);
    ck_assert_ptr_nonnull(r);
    json_array_append_new(bm_result_list(r, "cases"), json_integer(1));
    ck_assert_uint_eq(json_array_size(bm_result_list(r, "cases")), 1);
    for (int i = 0; i < 3; i++) /* again and again over the same file */
        ck_assert_msg(bm_result_write(r, path, &error), "%s", error.text);
    json_t *back = json_load_file(path, 0, NULL);
    char *text = json_dumps(back, JSON_SORT_KEYS | JSON_REAL_PRECISION(12)),
         *want = json_dumps(r, JSON_SORT_KEYS | JSON_REAL_PRECISION(12));
    ck_assert_str_eq(text, want);
    free(text);
    free(want);
    static const char *const google[] = { "date",     "host_name",   "executable",
                                          "num_cpus", "mhz_per_cpu", "cpu_scaling_enabled",
                                          "caches",   "load_avg",    "library_build_type" };
    for (size_t i = 0; i < sizeof google / sizeof *google; i++)
        ck_assert_msg(json_object_get(json_object_get(back, "context"), google[i]) != NULL, "context lacks %s",
                      google[i]);
    ck_assert(json_is_array(json_object_get(back, "benchmarks")));
    json_decref(back);
    json_decref(r);
}
END_TEST

START_TEST(refuses)
{
    struct bm_error error = { "" };
    json_t *r = json_object();
    ck_assert(!bm_result_write(r, "/no/such/folder/r.json", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "/no/such/folder/r.json"));
    ck_assert(!bm_result_write(r, folder, &error)); /* a folder */
    ck_assert_ptr_nonnull(strstr(error.text, "not a regular file"));
    json_decref(r);
}
END_TEST

START_TEST(links) /* stay; what they lead to is written, in this folder and relative to it */
{
    struct bm_error error;
    struct stat about;
    char first[80], second[80];
    snprintf(first, sizeof first, "%s/first", folder);
    snprintf(second, sizeof second, "%s/second", folder);
    ck_assert_int_eq(symlink("second", first), 0);
    ck_assert_int_eq(symlink(path, second), 0);
    for (int i = 0; i < 2; i++) /* not there yet, and there */
        ck_assert_msg(bm_file_write("text", 4, first, &error), "%s", error.text);
    ck_assert(lstat(first, &about) == 0 && S_ISLNK(about.st_mode));
    ck_assert(lstat(second, &about) == 0 && S_ISLNK(about.st_mode));
    ck_assert(lstat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size == 4);
    unlink(second);
    ck_assert_int_eq(symlink("first", second), 0);
    ck_assert(!bm_file_write("text", 4, first, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "without an end"));
    unlink(first);
    unlink(second);
}
END_TEST

START_TEST(devices) /* not even as root, and not behind a link */
{
    static const char *const names[] = { "/dev/stdout", "/dev/null", "/proc/self/fd/1", "/sys/x" };
    struct bm_error error;
    struct stat before, after;
    ck_assert_int_eq(lstat(names[_i], &before) == 0 || _i == 3, 1);
    ck_assert(!bm_file_write("text", 4, names[_i], &error));
    ck_assert_ptr_nonnull(strstr(error.text, "belongs to the system"));
    ck_assert_int_eq(symlink(names[_i], path), 0);
    ck_assert(!bm_file_write("text", 4, path, &error));
    ck_assert(_i == 3 || (lstat(names[_i], &after) == 0 && after.st_ino == before.st_ino));
}
END_TEST

START_TEST(mode) /* as umask says */
{
    struct bm_error error;
    struct stat about;
    umask(027);
    ck_assert(bm_file_write("text", 4, path, &error) && stat(path, &about) == 0);
    ck_assert_uint_eq(about.st_mode & 0777, 0640);
}
END_TEST

Suite *result_suite(void)
{
    Suite *suite = suite_create("result");
    TCase *stats = tcase_create("statistics"), *files = tcase_create("files");
    tcase_add_test(stats, ranks);
    tcase_add_checked_fixture(files, make_folder, remove_folder);
    tcase_add_test(files, writes);
    tcase_add_test(files, refuses);
    tcase_add_test(files, links);
    tcase_add_loop_test(files, devices, 0, 4);
    tcase_add_test(files, mode);
    suite_add_tcase(suite, stats);
    suite_add_tcase(suite, files);
    return suite;
}
