/* SPDX-License-Identifier: MIT */
/* test_provenance.c - what a result says about its machine: slugs, members, warnings, and the text of `machine`. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "provenance.h"
#include "result.h"
#include "roofline.h"
#include "topology.h"

/* Maker, variant, architecture, part, revision. */
START_TEST(arm_cores_have_names)
{
    ck_assert_str_eq(bm_arm_maker(0x413fd0c1), "Arm");
    ck_assert_str_eq(bm_arm_core(0x413fd0c1), "Neoverse N1");
    ck_assert_str_eq(bm_arm_core(0x411fd401), "Neoverse V1");
    ck_assert_str_eq(bm_arm_core(0x410fd4f0), "Neoverse V2");
    ck_assert_str_eq(bm_arm_core(0x461f0010), "A64FX");
    ck_assert_str_eq(bm_arm_core(0xc00fac30), "Ampere-1");
    ck_assert_str_eq(bm_arm_core(0x6d0fd490), "Cobalt 100"); /* another maker's N2 */
    ck_assert_str_eq(bm_arm_maker(0x6d0fd490), "Microsoft");
    ck_assert_ptr_null(bm_arm_core(0x410ffff0));
    ck_assert_ptr_null(bm_arm_maker(0xff0fd0c0));
}
END_TEST

Suite *provenance_suite(void);

static void check_slug(char *slug, const char *want)
{
    ck_assert_uint_ge(strlen(slug), 1);
    ck_assert_uint_le(strlen(slug), 80);
    ck_assert_uint_eq(strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(slug));
    if (want)
        ck_assert_str_eq(slug, want);
    free(slug);
}

START_TEST(slugs_are_short_and_harmless)
{
    check_slug(bm_slug("AuthenticAMD", "AMD EPYC", 25, 17, 1, 2), "amd-epyc-f25m17s1-2c");
    check_slug(bm_slug("AuthenticAMD", "AMD EPYC 9654 96-Core Processor", 25, 17, 1, 192),
               "amd-epyc-9654-f25m17s1-192c");
    check_slug(bm_slug("GenuineIntel", "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", 6, 106, 6, 32),
               "intel-xeon-platinum-8375c-f6m106s6-32c");
    check_slug(bm_slug("GenuineIntel", "13th Gen Intel(R) Core(TM) i7-13700K", 6, 183, 1, 16),
               "intel-13th-i7-13700k-f6m183s1-16c");
    check_slug(bm_slug(NULL, NULL, -1, -1, -1, 0), "cpu");
    check_slug(bm_slug("", "", -1, -1, -1, -1), "cpu");
    check_slug(bm_slug("../../etc", "/../..", 1, 2, 3, 4), "etc-f1m2s3-4c");
    check_slug(bm_slug("\xff\xfe\n\033[2J", "-- $(rm -rf ~) `x` \"'; %s%n", 1, 2, 3, 4), NULL);
    check_slug(bm_slug("(((((", "((((( @@@ )))) (", 1, 2, 3, 4), "cpu-f1m2s3-4c");
    check_slug(bm_slug("---", "- -- a--b-", -1, -1, -1, 4), "a-b-4c");
    char longest[1000];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    check_slug(bm_slug(longest, longest, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX), NULL);
    check_slug(bm_machine_slug(), NULL);
}
END_TEST

static const json_t *at(const json_t *all, const char *group, const char *item)
{
    const json_t *value = json_object_get(json_object_get(all, group), item);
    ck_assert_msg(value != NULL, "%s.%s is missing", group, item);
    return value;
}

START_TEST(provenance_is_complete_and_valid)
{
    static const char *const wanted[][2] = {
        { "cpu", "vendor" },          { "cpu", "model_name" },
        { "cpu", "family" },          { "cpu", "model" },
        { "cpu", "stepping" },        { "cpu", "microcode" },
        { "cpu", "flags" },           { "cpu", "isa" },
        { "cpu", "isa_cap" },         { "clock", "governor" },
        { "clock", "driver" },        { "clock", "boost" },
        { "clock", "current_khz" },   { "clock", "maximum_khz" },
        { "clock", "running_hz" },    { "topology", "cores" },
        { "topology", "smt" },        { "topology", "numa_nodes" },
        { "topology", "cpuset" },     { "topology", "caches" },
        { "system", "hostname" },     { "system", "os" },
        { "system", "kernel" },       { "system", "virtualised" },
        { "system", "hypervisor" },   { "system", "container" },
        { "system", "memory_bytes" }, { "system", "transparent_huge_pages" },
        { "system", "aslr" },         { "system", "numa_balancing" },
        { "system", "load_average" }, { "openmp", "version" },
        { "openmp", "runtime" },      { "openmp", "environment" },
        { "build", "compiler" },      { "build", "commit" },
        { "build", "subject" }, { "build", "dirty" },         { "build", "libraries" },
    };
    setenv("BATCHMARK_MAX_ISA", "baseline", 1);
    setenv("OMP_TEST", "\xff\xfe quote\" and \033", 1);
    setenv("SLURM_JOB_ID", "42", 1);
    setenv("SLURM_JWT", "a token", 1);
    json_t *all = bm_provenance();
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        at(all, wanted[i][0], wanted[i][1]);
    ck_assert_str_eq(json_string_value(at(all, "cpu", "isa_cap")), "baseline");
    ck_assert_str_eq(json_string_value(at(all, "cpu", "isa")), "baseline");
    ck_assert_str_eq(json_string_value(at(all, "slurm", "SLURM_JOB_ID")), "42");
    ck_assert_ptr_null(json_object_get(json_object_get(all, "slurm"), "SLURM_JWT"));
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(all, "date"))), strlen("2025-01-01T00:00:00Z"));
    char *dumped = json_dumps(all, 0);
    ck_assert_ptr_nonnull(dumped);
    json_t *again = json_loads(dumped, 0, NULL);
    ck_assert(json_equal(json_object_get(all, "openmp"), json_object_get(again, "openmp")));
    free(dumped);
    json_decref(again);
    json_decref(all);
}
END_TEST

START_TEST(conflicting_settings_are_warned_of)
{
    setenv("KMP_AFFINITY", "compact", 1);
    json_t *all = bm_provenance();
    bool found = false;
    const json_t *warnings = json_object_get(all, "warnings");
    for (size_t i = 0; i < json_array_size(warnings); i++)
        found = found || strstr(json_string_value(json_array_get(warnings, i)), "KMP_AFFINITY=compact");
    ck_assert(found);
    json_decref(all);
}
END_TEST

static void check_text(const char *text)
{
    size_t column = 0, lines = 0;
    for (const char *c = text; *c; c++) {
        ck_assert_msg(*c == '\n' || (unsigned char)*c >= ' ', "control character %d", *c);
        column = *c == '\n' ? 0 : column + 1;
        lines += *c == '\n';
        ck_assert_uint_le(column, 100);
    }
    ck_assert_uint_ge(lines, 4);
}

START_TEST(text_fits_100_columns)
{
    char *text = NULL;
    size_t size = 0;
    setenv("OMP_TEST", "\033[31m red", 1);
    setenv("COLUMNS", "100", 1);
    FILE *file = open_memstream(&text, &size);
    bm_print_machine(file);
    fclose(file);
    check_text(text);
    ck_assert_ptr_nonnull(strstr(text, "hwloc"));
    free(text);

    struct bm_limits l = { .isa = BM_BASELINE,
                           .threads = 128,
                           .disturbed = BM_ALL_DISTURBED,
                           .capacity_bytes = { 1, 2, 3 },
                           .fma_gflops = 12345.6,
                           .copy_gbs = { 1, 22222, 3, 4 },
                           .read_gbs = { 55555, 6, 7, 8 },
                           .write_gbs = { 9, 1, 2, 3 },
                           .update_gbs = { 66666, 1, 2, 3 },
                           .stream_copy_gbs = 777 };
    file = open_memstream(&text, &size);
    bm_print_limits(file, &l, 1);
    fclose(file);
    check_text(text);
    ck_assert_ptr_nonnull(strstr(text, "777"));
    ck_assert_ptr_nonnull(strstr(text, "66666"));
    ck_assert_ptr_nonnull(strstr(text, "disturbed"));
    free(text);

    struct bm_stair stairs[BM_MAX_STAIRS];
    for (int i = 0; i < BM_MAX_STAIRS; i++)
        stairs[i] = (struct bm_stair){ .isa = BM_BASELINE, .threads = 128, .bytes = (size_t)4096 << i / 2,
                                       .read_gbs = 99999, .copy_gbs = 88888, .write_gbs = 77777 };
    file = open_memstream(&text, &size);
    bm_print_staircase(file, stairs, BM_MAX_STAIRS);
    fclose(file);
    check_text(text);
    ck_assert_ptr_nonnull(strstr(text, " 512K"));
    ck_assert_ptr_nonnull(strstr(text, " 77777"));
    free(text);
}
END_TEST

Suite *provenance_suite(void)
{
    Suite *suite = suite_create("provenance");
    TCase *tests = tcase_create("provenance");
    tcase_add_test(tests, slugs_are_short_and_harmless);
    tcase_add_test(tests, arm_cores_have_names);
    tcase_add_test(tests, provenance_is_complete_and_valid);
    tcase_add_test(tests, conflicting_settings_are_warned_of);
    tcase_add_test(tests, text_fits_100_columns);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite;
}
