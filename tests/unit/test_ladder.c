/* SPDX-License-Identifier: MIT */
/* test_ladder.c - rungs, and what their steps buy, of runs that were made up so that every ratio is known. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ladder.h"
#include "run_fixture.h"

Suite *ladder_suite(void);

enum { LAUNCHES = 6 };

/* A case of so many launches, which all take so long. */
static void add(json_t *run, const char *op, const char *variant, const char *shape, int threads, double s)
{
    double seconds[LAUNCHES];
    char kernel[64];
    for (int i = 0; i < LAUNCHES; i++)
        seconds[i] = s;
    snprintf(kernel, sizeof kernel, "%s_%s", op, variant);
    add_made_up_case(run, kernel, shape, threads, seconds, LAUNCHES, 1);
    json_object_set_new(last_made_up_case(run), "op", json_string(op));
}

/* Takes `json`. */
static void ladders_of(json_t *json, struct bm_run *run, struct bm_ladder ladder[static BM_LADDERS])
{
    struct bm_error error = { "" };
    char *text = made_up_text(json);
    ck_assert_msg(bm_run_parse(text, strlen(text), "made-up.json", run, &error), "%s", error.text);
    bm_ladders_of(run, ladder);
    free(text);
    json_decref(json);
}

static json_t *begin(void) { return made_up_run("0123456", "2024-05-06T07:08:09Z"); }

static const struct bm_rung *rung(const struct bm_ladder *l, const char *name)
{
    for (size_t i = 0; i < l->rungs; i++)
        if (strcmp(l->rung[i].name, name) == 0)
            return &l->rung[i];
    return NULL;
}

static void near(double got, double want) { ck_assert_msg(fabs(got - want) < 1e-6 * want, "%g, not %g", got, want); }

/* The rung's speed over naive and its step, both with an interval of no width. */
static void is(const struct bm_ladder *l, const char *name, double naive, double step, const char *below, size_t shapes)
{
    const struct bm_rung *r = rung(l, name);
    ck_assert_msg(r != NULL, "no rung %s", name);
    near(r->naive.ratio, naive);
    near(r->naive.interval.low, naive);
    near(r->naive.interval.high, naive);
    near(r->step.ratio, step);
    near(r->step.interval.high, step);
    ck_assert_str_eq(r->below, below);
    ck_assert_uint_eq(r->naive.cases, shapes);
    ck_assert_uint_eq(r->step.cases, shapes);
}

/* Two shapes that all rungs have, one that tuned lacks; oneDNN is faster than all and on no rung. */
START_TEST(ratios_are_those_of_total_times)
{
    static const char *const variant[] = { "naive", "autovec", "avx2", "avx2_tuned", "avx2_omp_tuned", "onednn" };
    static const double large[] = { 80e-6, 40e-6, 20e-6, 8e-6, 5e-6, 1e-6 },
                        small[] = { 20e-6, 10e-6, 5e-6, 2e-6, 3e-6, 1e-6 };
    struct bm_ladder ladder[BM_LADDERS];
    struct bm_run run;
    json_t *json = begin();
    for (int i = 0; i < 6; i++) {
        add(json, "bn_forward", variant[i], "N=9 C=8", i < 4 ? 1 : 2, large[i]);
        add(json, "bn_forward", variant[i], "N=3 C=2", i < 4 ? 1 : 2, small[i]);
        if (i != 3)
            add(json, "bn_forward", variant[i], "N=5 C=2", i < 4 ? 1 : 2, 1);
    }
    ladders_of(json, &run, ladder);
    const struct bm_ladder *l = &ladder[0];
    ck_assert_str_eq(l->op, "bn_forward");
    ck_assert_uint_eq(l->rungs, 5);
    ck_assert(l->rung[0].below == NULL && l->rung[0].step.cases == 0);
    ck_assert_str_eq(bm_rung_says(&l->rung[0]), "");
    near(l->rung[0].naive.ratio, 1);
    is(l, "autovec", 2, 2, "naive", 2);
    is(l, "plain AVX2", 4, 2, "autovec", 2);
    is(l, "tuned AVX2", 10, 2.5, "plain AVX2", 2);
    is(l, "OpenMP", 12.5, 1.25, "tuned AVX2", 2);
    ck_assert_str_eq(bm_ladder_largest(l)->name, "tuned AVX2");
    ck_assert_str_eq(l->missing, "autovec AVX2, fused"); /* nothing has AVX-512, so no rung of it is missed */
    ck_assert_uint_eq(ladder[1].rungs, 0);
    bm_run_free(&run);
}
END_TEST

/* Fused is set against both ops apart, of the shapes that have all three. */
START_TEST(fused_against_both_apart)
{
    struct bm_ladder ladder[BM_LADDERS];
    struct bm_run run;
    json_t *json = begin();
    for (int i = 0; i < 2; i++) {
        const char *shape = i ? "N=5 C=4" : "N=3 C=2";
        add(json, "bn_backward", "naive", shape, 1, 30e-6);
        add(json, "bn_backward", "avx2_omp_tuned", shape, 2, 3e-6);
    }
    add(json, "relu_backward", "naive", "N=3 C=2", 1, 10e-6);
    add(json, "relu_backward", "avx2_omp", "N=3 C=2", 2, 1e-6);
    add(json, "bn_relu_backward", "avx2_omp_tuned", "N=3 C=2", 2, 2e-6);
    add(json, "gemm", "naive", "M=3 N=2 K=4 trans=NN epilogue=bias", 1, 50e-6);
    add(json, "gemm", "avx2_tuned", "M=3 N=2 K=4 trans=NN epilogue=bias", 1, 5e-6);
    add(json, "gemm", "avx2_omp_tuned", "M=3 N=2 K=4 trans=NN epilogue=bias", 2, 4e-6);
    add(json, "gemm", "avx2_omp_tuned", "M=3 N=2 K=4 trans=NN epilogue=bias_relu", 2, 4e-6);
    add(json, "relu_forward", "naive", "N=3 C=2", 1, 10e-6);
    add(json, "relu_forward", "avx2_omp", "N=3 C=2", 2, 1e-6);
    ladders_of(json, &run, ladder);
    is(&ladder[1], "OpenMP", 10, 10, "naive", 2);
    is(&ladder[1], "fused", 20, 2, "both apart", 1);
    ck_assert_uint_eq(rung(&ladder[1], "fused")->contended, 0);
    ck_assert_str_eq(ladder[1].missing, "autovec, autovec AVX2, plain AVX2, tuned AVX2");
    is(&ladder[2], "tuned AVX2", 10, 10, "naive", 1);
    is(&ladder[2], "fused", 15, 1.25, "both apart", 1);
    for (size_t i = 0; i < run.cases; i++)
        run.cased[i].contended = strcmp(run.cased[i].op, "bn_relu_backward") == 0;
    bm_ladders_of(&run, ladder);
    ck_assert_uint_eq(rung(&ladder[1], "fused")->contended, 1);
    ck_assert_uint_eq(rung(&ladder[1], "OpenMP")->contended, 0);
    bm_run_free(&run);
}
END_TEST

/* Wider vectors without more effort: without the compiler's, plain AVX-512 is set against plain AVX2. The faster ISA goes
 * parallel. */
START_TEST(two_instruction_sets)
{
    static const struct {
        const char *variant;
        int threads;
        double s;
    } made[] = { { "naive", 1, 60e-6 },         { "avx2", 1, 20e-6 },           { "avx2_tuned", 1, 5e-6 },
                 { "avx512", 1, 10e-6 },        { "avx512_tuned", 1, 4e-6 },    { "avx2_omp_tuned", 1, 1e-6 },
                 { "avx2_omp_tuned", 2, 2e-6 }, { "avx512_omp_tuned", 2, 3e-6 } };
    struct bm_ladder ladder[BM_LADDERS];
    struct bm_run run;
    json_t *json = begin();
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        add(json, "bn_forward", made[i].variant, "N=3 C=2", made[i].threads, made[i].s);
    ladders_of(json, &run, ladder);
    is(&ladder[0], "plain AVX-512", 6, 2, "plain AVX2", 1);
    is(&ladder[0], "tuned AVX-512", 15, 2.5, "plain AVX-512", 1);
    is(&ladder[0], "OpenMP", 30, 2, "tuned AVX-512", 1);
    ck_assert_str_eq(rung(&ladder[0], "OpenMP")->variant, "avx2_omp_tuned");
    ck_assert_str_eq(ladder[0].missing, "autovec, autovec AVX2, autovec AVX-512, fused");
    bm_run_free(&run);
}
END_TEST

/* Intrinsics are credited with what they bring beyond the compiler's own vectors for the same CPU. */
START_TEST(intrinsics_against_the_compiler)
{
    static const struct {
        const char *variant;
        double s;
    } made[] = { { "naive", 64e-6 }, { "autovec", 32e-6 },       { "autovec_avx2", 16e-6 },
                 { "avx2", 10e-6 },  { "autovec_avx512", 8e-6 }, { "avx512", 4e-6 } };
    struct bm_ladder ladder[BM_LADDERS];
    struct bm_run run;
    json_t *json = begin();
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        add(json, "gemm", made[i].variant, "M=3 N=2 K=4 trans=NN", 1, made[i].s);
    ladders_of(json, &run, ladder);
    is(&ladder[2], "autovec AVX2", 4, 2, "autovec", 1);
    is(&ladder[2], "plain AVX2", 6.4, 1.6, "autovec AVX2", 1);
    is(&ladder[2], "autovec AVX-512", 8, 2, "autovec AVX2", 1);
    is(&ladder[2], "plain AVX-512", 16, 2, "autovec AVX-512", 1);
    bm_run_free(&run);
}
END_TEST

/* What older results call avx2 is tuned now: they have no plain kernels. */
START_TEST(old_names)
{
    struct bm_ladder ladder[BM_LADDERS];
    struct bm_run run;
    json_t *json = begin();
    json_object_set_new(json_object_get(json, "batchmark"), "schema", json_integer(2));
    add(json, "gemm", "naive", "M=3 N=2 K=4 trans=NN", 1, 8e-6);
    add(json, "gemm", "avx2", "M=3 N=2 K=4 trans=NN", 1, 2e-6);
    ladders_of(json, &run, ladder);
    is(&ladder[2], "tuned AVX2", 4, 4, "naive", 1);
    ck_assert(rung(&ladder[2], "plain AVX2") == NULL);
    ck_assert_str_eq(ladder[2].missing, "autovec, autovec AVX2, plain AVX2, OpenMP, fused");
    bm_run_free(&run);
}
END_TEST

/* A gain is a step whose interval lies above 1; cold cases are on no ladder. */
START_TEST(what_a_step_says)
{
    static const struct {
        struct bm_interval interval;
        const char *says;
    } made[] = {
        { { 1.01, 2 }, "gain" },        { { 1.004, 2 }, "inconclusive" }, { { 0.5, 0.99 }, "loss" },
        { { 0.5, 1 }, "inconclusive" }, { { 0.9, 1.1 }, "inconclusive" }, { { 0, INFINITY }, "inconclusive" }
    };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        const struct bm_rung r = { .step = { .cases = 1, .ratio = 1.5, .interval = made[i].interval } };
        ck_assert_str_eq(bm_rung_says(&r), made[i].says);
    }
    struct bm_ladder ladder[BM_LADDERS];
    struct bm_run run;
    json_t *json = begin();
    add(json, "bn_forward", "naive", "N=3 C=2", 1, 8e-6);
    json_object_set_new(last_made_up_case(json), "cache", json_string("cold"));
    ladders_of(json, &run, ladder);
    for (int i = 0; i < BM_LADDERS; i++)
        ck_assert(ladder[i].rungs == 0 && bm_ladder_largest(&ladder[i]) == NULL);
    struct bm_page *page = bm_page_new(BM_MARKDOWN, NULL, "", NULL);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bm_ladder_tables(page, ladder, NULL);
    bm_page_print(page, out);
    fclose(out);
    ck_assert_msg(strstr(text, "GEMM: no shape was timed") && !strstr(text, "over naive"), "%s", text);
    free(text);
    bm_run_free(&run);
}
END_TEST

Suite *ladder_suite(void)
{
    Suite *suite = suite_create("ladder");
    TCase *tcase = tcase_create("ladder");
    tcase_add_test(tcase, ratios_are_those_of_total_times);
    tcase_add_test(tcase, fused_against_both_apart);
    tcase_add_test(tcase, two_instruction_sets);
    tcase_add_test(tcase, intrinsics_against_the_compiler);
    tcase_add_test(tcase, old_names);
    tcase_add_test(tcase, what_a_step_says);
    suite_add_tcase(suite, tcase);
    return suite;
}
