/* SPDX-License-Identifier: MIT */
/* test_old_names.c - kernels that had another name before: in results, and in libraries of other builds. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "call_caches.h"
#include "document.h"
#include "module.h"
#include "old_names.h"
#include "result.h"
#include "run_fixture.h"

START_TEST(names_of_before)
{
    static const struct {
        const char *then, *now; /* NULL: the name is as it was */
    } names[] = {
        { "bn_forward_avx512", "bn_forward_avx512_tuned" },
        { "bn_relu_backward_avx2_omp", "bn_relu_backward_avx2_omp_tuned" },
        { "gemm_avx2/M:2/N:3/threads:1/warm/real_time", "gemm_avx2_tuned/M:2/N:3/threads:1/warm/real_time" },
        { "gemm_bf16_avx512bf16_omp.c", "gemm_bf16_avx512bf16_omp_tuned.c" },
        { "gemm_avx2 M=2 N=3", "gemm_avx2_tuned M=2 N=3" },
        { "gemm_avx2_direct", NULL },
        { "gemm_avx2_tuned", NULL },
        { "gemm_avx512bf16x", NULL },
        { "gemm_s8_avx2", NULL },
        { "gemm_auto", NULL },
        { "sgd_avx2", NULL },
        { "my_gemm_avx2", NULL },
        { "gemm", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char now[128];
        ck_assert_msg(bm_name_now(names[i].then, now, sizeof now) == (names[i].now != NULL), "%s", names[i].then);
        if (names[i].now)
            ck_assert_str_eq(now, names[i].now);
    }
}
END_TEST

START_TEST(sets_of_before)
{
    char now[64];
    ck_assert(bm_set_now("avx512_omp", now, sizeof now));
    ck_assert_str_eq(now, "avx512_omp_tuned");
    ck_assert(bm_set_now("avx2", now, sizeof now));
    ck_assert_str_eq(now, "avx2_tuned");
    ck_assert(bm_set_now("fused", now, sizeof now));
    ck_assert_str_eq(now, "region");
    ck_assert(!bm_set_now("avx2_tuned", now, sizeof now) && !bm_set_now("naive_omp", now, sizeof now) &&
              !bm_set_now("region", now, sizeof now));
}
END_TEST

START_TEST(names_for_a_build_of_before)
{
    char then[64];
    ck_assert_str_eq(bm_name_then("bn_forward_avx512_omp_tuned", then), "bn_forward_avx512_omp");
    ck_assert_str_eq(bm_name_then("gemm_avx2_direct", then), "gemm_avx2_direct");
    ck_assert_str_eq(bm_name_then("sgd_avx2", then), "sgd_avx2");
    ck_assert_ptr_null(bm_name_then("bn_forward_avx512_omp", then)); /* plain intrinsics: it had none */
}
END_TEST

/* ---- a library of version 1 ---- */

static bool kernel(size_t i, struct bm_abi_kernel *about)
{
    static const char *const name[] = { "gemm_avx2", "gemm_avx2_direct" };
    *about = (struct bm_abi_kernel){ i < 2 ? name[i] : NULL, "gemm", "00aa", false };
    return i < 2;
}

static char asked[64];
static struct bm_abi_call *open_call(const char *name, const char *shape, int threads, char *why, size_t room)
{
    static struct bm_abi_call call;
    (void)shape, (void)threads, (void)why, (void)room;
    snprintf(asked, sizeof asked, "%s", name);
    return &call;
}

static struct bm_abi_caches told;
static void caches(const struct bm_abi_caches *given) { told = *given; }
static struct bm_abi_thresholds told_thresholds;
static void thresholds(const struct bm_abi_thresholds *given) { told_thresholds = *given; }

/* A library of today is told the caches and thresholds; those of before have no place for them. */
START_TEST(library_of_before)
{
    const struct bm_abi old = { 1, kernel, open_call, NULL, NULL, NULL, NULL };
    struct bm_abi_kernel first, second, none;
    char why[128] = "";
    ck_assert(bm_module_kernel(&old, 0, &first) && bm_module_kernel(&old, 1, &second) && !bm_module_kernel(&old, 2, &none));
    ck_assert_str_eq(first.name, "gemm_avx2_tuned");
    ck_assert_str_eq(second.name, "gemm_avx2_direct");
    ck_assert_ptr_nonnull(bm_module_open(&old, "gemm_avx2_tuned", "M=1 N=1 K=1", 1, why, sizeof why));
    ck_assert_str_eq(asked, "gemm_avx2");
    ck_assert_ptr_null(bm_module_open(&old, "gemm_avx2", "M=1 N=1 K=1", 1, why, sizeof why));
    ck_assert_str_eq(why, "this build has no kernel of that name");
    ck_assert_uint_eq(told.level[0].cores, 0);
    const struct bm_abi recent = { 3, kernel, open_call, NULL, NULL, caches, NULL };
    bm_use_thresholds(&(struct bm_thresholds){ 7, 8, 9 });
    ck_assert_ptr_nonnull(bm_module_open(&recent, "gemm_avx2", "M=1 N=1 K=1", 1, why, sizeof why));
    ck_assert_uint_eq(told.level[0].bytes, bm_call_caches()->l1.bytes);
    const struct bm_abi present = { BM_ABI_VERSION, kernel, open_call, NULL, NULL, caches, thresholds };
    ck_assert(bm_module_kernel(&present, 0, &first));
    ck_assert_ptr_nonnull(bm_module_open(&present, "gemm_avx2", "M=1 N=1 K=1", 1, why, sizeof why));
    ck_assert_uint_eq(told.level[0].bytes, bm_call_caches()->l1.bytes);
    ck_assert_uint_eq(told.level[2].cores, bm_call_caches()->l3.cores);
    ck_assert(told_thresholds.gemm_flops == 7 && told_thresholds.bn_elements == 8 && told_thresholds.stream_bytes == 9);
    ck_assert_str_eq(first.name, "gemm_avx2");
}
END_TEST

/* ---- a result of schema 2 ---- */

START_TEST(result_of_before)
{
    for (int schema = BM_RESULT_OLDEST_SCHEMA; schema <= BM_RESULT_SCHEMA; schema++) {
        json_t *json = made_up_run("abc", "2030-01-01T00:00:00Z"), *ours = json_object_get(json, "batchmark");
        add_made_up_case(json, "gemm_avx2", "M=2 N=3 K=4", 1, (const double[]){ 1e-6, 1e-6 }, 2, 1);
        json_object_set_new(ours, "schema", json_integer(schema));
        json_object_set_new(ours, "command", json_pack("[s]", "gemm_avx2"));
        json_object_set_new(ours, "kernel_sets", json_pack("[{s:s}]", "kernels", "avx2_omp"));
        char *text = json_dumps(json, 0);
        struct bm_document document;
        struct bm_error error;
        ck_assert_msg(bm_document_parse(text, strlen(text), "made up", &document, &error), "%s", error.text);
        const char *kernel_name, *command, *set;
        ck_assert_int_eq(json_unpack(document.ours, "{s:[{s:s}], s:[s], s:[{s:s}]}", "cases", "kernel", &kernel_name, "command",
                                     &command, "kernel_sets", "kernels", &set),
                         0);
        ck_assert_str_eq(kernel_name, schema < BM_RESULT_SCHEMA ? "gemm_avx2_tuned" : "gemm_avx2");
        ck_assert_str_eq(set, schema < BM_RESULT_SCHEMA ? "avx2_omp_tuned" : "avx2_omp");
        ck_assert_str_eq(command, "gemm_avx2");
        bm_document_free(&document);
        free(text);
        json_decref(json);
    }
}
END_TEST

Suite *old_names_suite(void)
{
    Suite *suite = suite_create("old_names");
    TCase *tests = tcase_create("names of before");
    tcase_add_test(tests, names_of_before);
    tcase_add_test(tests, sets_of_before);
    tcase_add_test(tests, names_for_a_build_of_before);
    tcase_add_test(tests, library_of_before);
    tcase_add_test(tests, result_of_before);
    suite_add_tcase(suite, tests);
    return suite;
}
