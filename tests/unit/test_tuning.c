/* SPDX-License-Identifier: MIT */
/* test_tuning.c - thresholds that were measured: their file, written, read and refused; that kernels heed them, and
 * compute the same bits. Needs Check's fork mode, since what is in use stays in use. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi.h"
#include "bn_threads.h"
#include "cache_sizes.h"
#include "call_caches.h"
#include "gemm_grid.h"
#include "provenance.h"
#include "result.h"
#include "run_edit.h"
#include "shape.h"
#include "test_folder.h"
#include "tune.h"
#include "tuning.h"
#include "verify.h"

Suite *tuning_suite(void);

START_TEST(the_table)
{
    struct bm_thresholds t = { .gemm_flops = 0 };
    json_t *none = bm_thresholds_json(&t);
    for (size_t i = 0; i < BM_THRESHOLDS; i++) {
        ck_assert(json_is_null(json_object_get(none, bm_threshold[i].name)));
        ck_assert(bm_threshold[i].get(&t) == 0 && bm_threshold[i].built_in() > 0);
        bm_threshold[i].set(&t, 1000.0 + (double)i);
    }
    json_t *json = bm_thresholds_json(&t);
    const struct bm_thresholds again = bm_thresholds_of_json(json), absent = bm_thresholds_of_json(NULL);
    ck_assert(again.gemm_flops == 1000 && again.bn_elements == 1001 && again.stream_bytes == 1002);
    for (size_t i = 0; i < BM_THRESHOLDS; i++)
        ck_assert(bm_threshold[i].get(&again) == 1000.0 + (double)i && bm_threshold[i].get(&absent) == 0);
    json_decref(none);
    json_decref(json);
}
END_TEST

/* ---- the file ---- */

/* As `tune` writes it here: GEMM at half of what is built in, BN as built in, no word of streaming. */
static json_t *made_here(void)
{
    json_t *json = bm_result_new("tuning", 0, NULL, NULL), *list = bm_result_list(json, "thresholds");
    json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:f, s:s, s:i, s:[]}", "name", "gemm_flops", "unit", "FLOPs",
                                          "built_in", GEMM_LEAST_FLOPS, "value", GEMM_LEAST_FLOPS / 2, "why",
                                          "measured", "threads", 2, "rungs"));
    json_array_append_new(list,
                          json_pack("{s:s, s:s, s:f, s:n, s:s, s:i, s:[]}", "name", "bn_elements", "unit", "elements",
                                    "built_in", (double)BN_SMALL, "value", "why", "no time", "threads", 2, "rungs"));
    json_object_set_new(json_object_get(json, "batchmark"), "complete", json_true());
    return json;
}

static void write_to(json_t *json, const char *path)
{
    struct bm_error error = { "" };
    ck_assert_msg(bm_result_write(json, path, &error), "%s", error.text);
    json_decref(json);
}

START_TEST(is_read_back)
{
    struct bm_error error = { "" };
    write_to(made_here(), in_root("tuning.json"));
    json_t *tuning = bm_tuning_read(in_root("tuning.json"), &error);
    ck_assert_msg(tuning != NULL, "%s", error.text);
    const struct bm_thresholds t = bm_thresholds_of_json(tuning);
    ck_assert(t.gemm_flops == GEMM_LEAST_FLOPS / 2 && t.bn_elements == 0 && t.stream_bytes == 0);
    ck_assert_str_eq(json_string_value(json_object_get(tuning, "file")), in_root("tuning.json"));
    ck_assert(json_is_string(json_object_get(tuning, "date")) && json_is_string(json_object_get(tuning, "host")));
    json_decref(tuning);
}
END_TEST

/* A member that is changed, and what is said of the file then. */
static const struct refused {
    const char *member, *value, *says;
} refused[] = {
    { "batchmark.fingerprint.machine", "\"other-4c\"",
      "made on another machine or in other settings (machine: \"other-4c\"" },
    { "batchmark.fingerprint.cpu", "\"Other CPU\"", "(cpu: \"Other CPU\" against" },
    { "batchmark.fingerprint.cores", "4096", "(cores: 4096 against" },
    { "batchmark.fingerprint.isa", "\"mmx\"", "(isa: \"mmx\" against" },
    { "context.batchmark.openmp.environment.OMP_WAIT_POLICY", "\"luck\"", "(OMP_WAIT_POLICY: \"luck\" against" },
    { "batchmark.fingerprint.l3_bytes", "12345", "(l3_bytes: 12345 against" },
    { "batchmark.fingerprint.l2_bytes", NULL, "(l2_bytes: nothing against" },
    { "batchmark.thresholds.0.value", "0", "gemm_flops is 0, not from 15625 to 4e+06" },
    { "batchmark.thresholds.0.value", "-5", "gemm_flops is -5, not from" },
    { "batchmark.thresholds.0.value", "1e300", "gemm_flops is 1e+300, not from" },
    { "batchmark.thresholds.1.value", "3124", "bn_elements is 3124, not from 3125 to 800000" },
    { "batchmark.thresholds.1.value", "\"many\"", "thresholds[1]: \"value\" is not a number or null" },
    { "batchmark.thresholds.1.name", "\"luck\"", "this build has no threshold \"luck\"" },
    { "batchmark.thresholds.1.name", NULL, "\"name\" is missing" },
    { "batchmark.complete", "false", "not finished" },
    { "batchmark.kind", "\"noise\"", "no tuning, but a result of noise" },
    { "batchmark.schema", "99", "its schema is 99" },
    { "context.host_name", NULL, "\"host_name\" is missing" },
    { "batchmark", "{}", "" },
};

START_TEST(is_refused)
{
    const struct refused *r = &refused[_i];
    struct bm_error error = { "" };
    json_t *json = made_here();
    change_member(json, r->member, r->value);
    char *text, *sum = bm_result_checksum(json);
    json_object_set_new(json_object_get(json, "batchmark"), "checksum", json_string(sum));
    text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(12));
    write_all(in_root("tuning.json"), text, strlen(text));
    ck_assert_ptr_null(bm_tuning_read(in_root("tuning.json"), &error));
    ck_assert_msg(*error.text && strstr(error.text, r->says), "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, "tuning.json"));
    free(sum);
    free(text);
    json_decref(json);
}
END_TEST

START_TEST(damaged_ones_are_refused)
{
    struct bm_error error = { "" };
    size_t size;
    write_to(made_here(), in_root("tuning.json"));
    char *text = read_all(in_root("tuning.json"), &size), *digit = strstr(text, "125000");
    ck_assert_ptr_nonnull(digit);
    for (size_t cut = 0; cut < size; cut += 1 + size / 16) {
        write_all(in_root("tuning.json"), text, cut);
        ck_assert_ptr_null(bm_tuning_read(in_root("tuning.json"), &error));
    }
    *digit = '2';
    write_all(in_root("tuning.json"), text, size);
    ck_assert_ptr_null(bm_tuning_read(in_root("tuning.json"), &error));
    ck_assert_ptr_nonnull(strstr(error.text, "edited since it was written"));
    free(text);
}
END_TEST

/* ---- in use ---- */

/* Where it is looked for. */
static const char *place(void)
{
    static char text[256];
    struct bm_error error;
    ck_assert_int_eq(chdir(in_root(".")), 0);
    char *slug = bm_machine_slug(), folder[160], *path;
    snprintf(folder, sizeof folder, "results/%s", slug);
    ck_assert(bm_make_folder(folder, &error));
    free(slug);
    path = bm_tuning_path();
    snprintf(text, sizeof text, "%s", path);
    free(path);
    return text;
}

static json_t *told(void)
{
    json_t *result = bm_result_new("bench", 0, NULL, NULL);
    bm_result_set_tuning(result);
    return result;
}

START_TEST(is_used_and_named)
{
    struct bm_error error = { "" };
    const char *path = place();
    json_t *before = told(), *ours = json_object_get(before, "batchmark");
    ck_assert(json_is_null(json_object_get(ours, "tuning")) &&
              !json_object_get(json_object_get(ours, "fingerprint"), "tuning"));
    ck_assert(!bm_tuning_use(&error) && !*error.text && !bm_tuning_in_use());
    write_to(made_here(), path);
    ck_assert_msg(bm_tuning_use(&error), "%s", error.text);
    ck_assert(bm_call_caches()->thresholds.gemm_flops == GEMM_LEAST_FLOPS / 2 &&
              bm_call_caches()->thresholds.bn_elements == 0);
    char *text = bm_tuning_text();
    ck_assert_ptr_nonnull(strstr(text, path));
    ck_assert_ptr_nonnull(strstr(text, "gemm_flops 125000 instead of 250000"));
    json_t *after = told();
    ours = json_object_get(after, "batchmark");
    ck_assert(json_equal(json_object_get(ours, "tuning"), bm_tuning_in_use()));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(ours, "fingerprint"), "tuning")),
                     "gemm_flops 125000");
    free(text);
    json_decref(before);
    json_decref(after);
}
END_TEST

/* Nothing was found to be other than it is built in: it is named, and runs stay comparable with those without. */
START_TEST(may_change_nothing)
{
    struct bm_error error = { "" };
    json_t *json = made_here();
    change_member(json, "batchmark.thresholds.0.value", "null");
    write_to(json, place());
    ck_assert_msg(bm_tuning_use(&error), "%s", error.text);
    char *text = bm_tuning_text();
    ck_assert_ptr_nonnull(strstr(text, "every threshold as it is built in"));
    json_t *result = told(), *ours = json_object_get(result, "batchmark");
    ck_assert(json_is_object(json_object_get(ours, "tuning")) &&
              !json_object_get(json_object_get(ours, "fingerprint"), "tuning"));
    free(text);
    json_decref(result);
}
END_TEST

START_TEST(what_is_refused_is_not_used)
{
    struct bm_error error = { "" };
    json_t *json = made_here();
    change_member(json, "batchmark.fingerprint.cpu", "\"Other CPU\"");
    write_to(json, place());
    ck_assert(!bm_tuning_use(&error) && strstr(error.text, "Other CPU"));
    ck_assert(bm_call_caches()->thresholds.gemm_flops == 0);
    json_t *result = told();
    ck_assert(json_is_null(json_object_get(json_object_get(result, "batchmark"), "tuning")));
    json_decref(result);
}
END_TEST

/* ---- kernels ---- */

START_TEST(kernels_heed_them)
{
    const struct bm_caches none = { .l3 = { 1 << 20, 16, 64, 4 } },
                           tuned = { .l3 = { 1 << 20, 16, 64, 4 }, .thresholds = { 1000, 100, 4096 } };
    struct bm_gemm gemm = { .M = 10, .N = 10, .K = 20, .threads = 3 };
    struct bm_bn bn = { .N = 10, .C = 10, .S = 1, .threads = 3 };
    gemm.caches = bn.caches = &none;
    ck_assert_int_eq(gemm_threads(&gemm, gemm_least_flops(gemm.caches)), 1);
    ck_assert_int_eq(bn_threads(&bn, BN_SMALL), 1);
    ck_assert_uint_eq(bn_stream_elements(&none, 4), 1 << 17);
    gemm.caches = bn.caches = &tuned;
    ck_assert_int_eq(gemm_threads(&gemm, gemm_least_flops(gemm.caches)), 3);
    gemm.K = 10;
    ck_assert_int_eq(gemm_threads(&gemm, gemm_least_flops(gemm.caches)), 2);
    ck_assert_int_eq(bn_threads(&bn, BN_SMALL), 3);
    ck_assert_int_eq(bn_threads(&bn, BN_LOOP_SMALL), 1); /* which decides bits */
    bn.N = 9;
    ck_assert_int_eq(bn_threads(&bn, BN_SMALL), 1);
    ck_assert_uint_eq(bn_stream_elements(&tuned, 4), 1024);
    ck_assert_uint_eq(bn_stream_elements(&tuned, 5), 2048); /* two last levels */
}
END_TEST

/* Through the interface of other builds, each call keeps those that it was opened with. */
START_TEST(calls_keep_theirs)
{
    char why[256];
    struct bm_abi_call *call[2];
    for (int i = 0; i < 2; i++) {
        bm_abi.thresholds(&(struct bm_abi_thresholds){ 1 + i, 3, 4 });
        call[i] = bm_abi.open("bn_forward_naive", "N=9 C=3", 1, why, sizeof why);
        ck_assert_msg(call[i] != NULL, "%s", why);
    }
    for (int i = 0; i < 2; i++) {
        const struct bm_means *means = call[i]->args;
        ck_assert(means->caches->thresholds.gemm_flops == 1 + i && means->caches->thresholds.bn_elements == 3 &&
                  means->caches->thresholds.stream_bytes == 4);
        bm_abi.close(call[i]);
    }
}
END_TEST

static uint64_t hash_with(const struct bm_kernel *kernel, const struct bm_problem *p, const struct bm_stage *stage,
                          const struct bm_caches *caches)
{
    void *array[BM_MAX_OPERANDS];
    union bm_args args;
    for (unsigned i = 0; i < p->count; i++)
        array[i] = stage->buffer[BM_ALIGNED][i].data;
    bm_problem_load(p, array);
    memset(&args, 0, sizeof args);
    p->op->bind(&p->shape, array, &args);
    args.means.threads = 2;
    args.means.caches = caches;
    args.means.scratch = bm_alloc(bm_scratch_bytes(kernel, &args) + 64);
    kernel->run(&args);
    free(args.means.scratch);
    return bm_problem_hash(p, array);
}

static const struct bits {
    const char *kernel, *shape;
} bits[] = {
    { "gemm_auto", "M=65 N=70 K=129" },     { "gemm_auto", "M=130 N=64 K=100 trans=NT" },
    { "gemm_auto", "M=7 N=300 K=5" },       { "bn_forward_auto", "N=333 C=64" },
    { "bn_forward_auto", "N=7 C=5 S=196" }, { "bn_relu_forward_auto", "N=64 C=48 S=49" },
    { "bn_backward_auto", "N=333 C=64" },   { "bn_backward_auto", "N=7 C=5 S=196" },
    { "bn_inference_auto", "N=100 C=33" },
};

/* Never, always, and somewhere between. */
START_TEST(bits_are_the_same)
{
    const struct bits *b = &bits[_i];
    const struct bm_kernel *kernel = bm_find(b->kernel);
    struct bm_shape_line line;
    struct bm_problem p;
    struct bm_stage stage;
    struct bm_error error = { "" };
    ck_assert(kernel && bm_shape_parse(b->shape, "bits", &line, &error));
    ck_assert_ptr_null(bm_problem_make_inputs(&p, kernel->op, &line.shape, BM_RANDOM, 1));
    bm_stage_make(&stage, &p, 1);
    struct bm_caches caches = *bm_call_caches();
    const uint64_t want = hash_with(kernel, &p, &stage, &caches);
    static const double of[] = { BM_ALWAYS, BM_NEVER, 20000 };
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        for (size_t only = 0; only <= BM_THRESHOLDS; only++) {
            caches.thresholds = (struct bm_thresholds){ .gemm_flops = 0 };
            for (size_t i = 0; i < BM_THRESHOLDS; i++)
                if (only == BM_THRESHOLDS || only == i)
                    bm_threshold[i].set(&caches.thresholds, of[k]);
            ck_assert_uint_eq(hash_with(kernel, &p, &stage, &caches), want);
        }
    bm_stage_free(&stage);
    bm_problem_free(&p);
}
END_TEST

/* ---- what `tune` makes of measurements ---- */

/* One letter a rung: f faster, s slower for certain; ? neither; - not measured. */
static void measured(struct bm_tuned *t, const char *rungs)
{
    for (size_t k = 0; k < t->rungs; k++) {
        struct bm_paired *c = &t->rung[k].paired;
        c->figures.launches = rungs[k] == '-' ? 0 : BM_PAIRS_LEAST;
        c->figures.low = rungs[k] == 's' ? 0.1 : -0.2;
        c->figures.high = rungs[k] == 'f' ? -0.1 : 0.2;
        snprintf(c->reason, sizeof c->reason, "%s", rungs[k] == '-' ? "no room" : "");
    }
    bm_tune_conclude(t);
}

static void four_cores(void)
{
    setenv("HWLOC_SYNTHETIC", "pack:1 l3:1(size=8388608) l2:4(size=262144) l1d:1(size=32768) core:1 pu:1", 1);
}

START_TEST(a_ladder)
{
    four_cores();
    for (size_t i = 0; i < BM_THRESHOLDS; i++) {
        struct bm_tuned t;
        bm_tune_plan(&t, i, 60);
        ck_assert_uint_eq(t.rungs, BM_RUNGS);
        ck_assert_int_eq(t.threads, i == 0 ? 2 : 4);
        for (size_t k = 0; k < BM_RUNGS; k++) {
            const double times = t.rung[k].size / (bm_threshold[i].built_in() * (double)(1 << k) / 8);
            ck_assert_msg(times > 0.8 && times < 1.25, "%s: rung %zu is of %g", bm_threshold[i].name, k,
                          t.rung[k].size);
        }
        bm_tune_plan(&t, i, 0);
        ck_assert(t.rungs == 0 && t.value == 0 && strstr(t.why, "--time-cap"));
    }
}
END_TEST

static const struct crossing {
    const char *rungs;
    int at; /* -1: as built in */
    const char *why;
} crossings[] = {
    { "ss?ffff", -1, "about the same" },
    { "ss?ff?f", 6, "measured" },
    { "fffffff", 0, "measured" },
    { "sfsssff", 5, "measured" },
    { "sffffff", 1, "measured" },
    { "sssfff?", -1, "not faster for certain" },
    { "sssssss", -1, "not faster for certain" },
    { "ss?ff--", -1, "about the same" },
    { "s?fff-f", 2, "measured" },
    { "ffff---", -1, "no room" },
};

START_TEST(a_crossing)
{
    const struct crossing *c = &crossings[_i];
    struct bm_tuned t;
    four_cores();
    bm_tune_plan(&t, 1, 60);
    measured(&t, c->rungs);
    ck_assert_msg(t.value == (c->at < 0 ? 0 : t.rung[c->at].size), "%s: %g", c->rungs, t.value);
    ck_assert_msg(strstr(t.why, c->why) != NULL, "%s: %s", c->rungs, t.why);
}
END_TEST

/* Kept are those that are faster in a trial, and slower in none. */
START_TEST(trials)
{
    static struct bm_tuned all[BM_THRESHOLDS];
    struct bm_pairs_run run = { .count = 0 };
    size_t of[BM_THRESHOLDS] = { 0 };
    four_cores();
    for (size_t i = 0; i < BM_THRESHOLDS; i++) {
        bm_tune_plan(&all[i], i, 60);
        measured(&all[i], "sffffff");
    }
    bm_tune_plan_trials(all, 60, &run);
    for (size_t i = 0; i < BM_THRESHOLDS; i++) {
        ck_assert(bm_threshold[i].get(&run.side[0].thresholds) == 0);
        ck_assert(bm_threshold[i].get(&run.side[1].thresholds) == all[i].value);
    }
    for (size_t i = 0; i < run.count; i++) {
        const size_t threshold = (size_t)(bm_tune_of_trial(all, &run.paired[i]) - all);
        const bool first = of[threshold]++ == 0;
        ck_assert_int_eq(run.paired[i].threads[0], 4);
        run.paired[i].figures.launches = BM_PAIRS_LEAST;
        run.paired[i].figures.low = !first && threshold == 2 ? 0.1 : -0.2; /* streaming: faster, then slower */
        run.paired[i].figures.high = first && threshold != 1 ? -0.1 : 0.2; /* BN: neither */
    }
    ck_assert(of[0] >= 4 && of[1] >= 4 && of[2] == 4); /* two kernels on each of two rungs */
    bm_tune_judge_trials(all, &run);
    ck_assert(all[0].value == all[0].rung[1].size && all[1].value == 0 && all[2].value == 0);
    ck_assert_ptr_nonnull(strstr(all[1].why, "in no trial"));
    ck_assert_ptr_nonnull(strstr(all[2].why, "slower in"));
    free(run.paired);
}
END_TEST

Suite *tuning_suite(void)
{
    Suite *suite = suite_create("tuning");
    TCase *file = tcase_create("file"), *kernels = tcase_create("kernels"), *tune = tcase_create("tune");
    tcase_add_unchecked_fixture(file, make_root, remove_root);
    tcase_add_checked_fixture(file, empty_root, NULL);
    tcase_add_test(file, the_table);
    tcase_add_test(file, is_read_back);
    tcase_add_loop_test(file, is_refused, 0, sizeof refused / sizeof *refused);
    tcase_add_test(file, damaged_ones_are_refused);
    tcase_add_test(file, is_used_and_named);
    tcase_add_test(file, may_change_nothing);
    tcase_add_test(file, what_is_refused_is_not_used);
    suite_add_tcase(suite, file);
    tcase_add_test(kernels, kernels_heed_them);
    tcase_add_test(kernels, calls_keep_theirs);
    tcase_add_loop_test(kernels, bits_are_the_same, 0, sizeof bits / sizeof *bits);
    tcase_set_timeout(kernels, 60);
    suite_add_tcase(suite, kernels);
    tcase_add_test(tune, a_ladder);
    tcase_add_loop_test(tune, a_crossing, 0, sizeof crossings / sizeof *crossings);
    tcase_add_test(tune, trials);
    suite_add_tcase(suite, tune);
    return suite;
}
