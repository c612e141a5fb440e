/* SPDX-License-Identifier: MIT */
/* test_versus.c - bench --versus: against which rival a ratio is, and what is said over all shapes, on made-up rows. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "batchmark.h"
#include "cases.h"
#include "versus_rows.h"

Suite *versus_suite(void);

static struct bm_run_case made(const char *kernel, double floor_s)
{
    return (struct bm_run_case){ .kernel = kernel, .op = "gemm", .cache = "warm", .threads = 1, .floor.s = floor_s };
}

static struct bm_ratio ratio(double times, double error) { return (struct bm_ratio){ 8, log(times), error, 10 }; }

START_TEST(which_rival) /* the least time, unless another is faster for certain */
{
    struct bm_run_case ours = made("gemm_auto", 1), other = made("gemm_avx2", 1), near = made("gemm_blis", 1.01),
                       least = made("gemm_onednn", 1.00);
    struct bm_versus_pair pair[] = { { &ours, &near, ratio(0.95, 0.05), true },
                                     { &ours, &least, ratio(1.00, 0.05), true },
                                     { &other, &near, ratio(0.1, 0.01), true } };
    struct bm_versus_row row = { .pair = pair, .pairs = 3 };
    ck_assert_ptr_eq(bm_versus_best(&row, &ours), &pair[1]);
    pair[0].ratio.error = 0.001;
    ck_assert_ptr_eq(bm_versus_best(&row, &ours), &pair[0]);
    pair[0].ratio.error = NAN; /* too few launches */
    ck_assert_ptr_eq(bm_versus_best(&row, &ours), &pair[1]);
    pair[0].ratio.launches = 0;
    ck_assert_ptr_eq(bm_versus_best(&row, &ours), &pair[1]);
    ck_assert_ptr_eq(bm_versus_best(&row, &other), &pair[2]);
    ck_assert_ptr_null(bm_versus_best(&row, NULL));
    ck_assert_ptr_null(bm_versus_best(&row, &near));
}
END_TEST

static double number(const json_t *json, const char *key) { return json_number_value(json_object_get(json, key)); }

START_TEST(over_shapes)
{
    enum { ROWS = 5 };
    static const double times[ROWS] = { 0.5, 2, 1, 3, 1 }, seconds[ROWS] = { 4, 1, 2, 1, 9 };
    struct bm_run_case ours = made("gemm_auto", 1), of[ROWS], rival = made("gemm_blis", 1);
    struct bm_versus_pair pair[ROWS];
    struct bm_versus_row row[ROWS];
    char *text = NULL;
    size_t length;
    for (int r = 0; r < ROWS; r++) {
        of[r] = ours;
        of[r].floor.s = seconds[r];
        pair[r] = (struct bm_versus_pair){ &of[r], &rival, ratio(times[r], 0.01), true };
        row[r] = (struct bm_versus_row){ .against = BM_VERSUS_PEERS, .op = bm_find("gemm_auto")->op, .cache = "warm",
                                         .threads = r == 3 ? 2 : 1, .automatic = &of[r], .pair = &pair[r], .pairs = 1 };
    }
    struct bm_run_case slow = rival, other = rival;
    slow.implementation = "nspc_bnorm:any", other.implementation = "bnorm_jit:avx2";
    pair[0].rival = &slow, pair[1].rival = &other;
    pair[4].ratio = (struct bm_ratio){ .launches = 0 }; /* nothing is known of it */
    FILE *out = open_memstream(&text, &length);
    json_t *summary = bm_versus_summarise(row, ROWS, out);
    fclose(out);
    ck_assert_uint_eq(json_array_size(summary), 2);
    const json_t *one = json_object_get(json_array_get(summary, 0), "auto"),
                 *two = json_object_get(json_array_get(summary, 1), "auto");
    ck_assert(number(one, "shapes") == 3 && number(one, "below") == 1 && number(one, "above") == 1 &&
              number(one, "not_told") == 1);
    ck_assert_double_eq_tol(number(one, "geometric_mean"), 1, 1e-9);
    ck_assert(json_is_null(json_object_get(one, "lowest_tenth"))); /* of three shapes */
    ck_assert(number(one, "fast_path_shapes") == 2 && number(two, "fast_path_shapes") == 1);
    ck_assert_double_eq_tol(number(one, "fast_path_mean"), sqrt(2), 1e-9); /* of 2 and 1 */
    ck_assert_ptr_nonnull(strstr(text, "over the 2 shapes on which the peer took no slow path"));
    ck_assert_double_eq_tol(number(one, "total_s"), 7, 1e-9);
    ck_assert_double_eq_tol(number(one, "rivals_total_s"), 6, 1e-9); /* 2, 2 and 2 */
    ck_assert_double_eq_tol(number(one, "total_ratio"), 6 / 7., 1e-9);
    ck_assert(number(one, "total_ratio_low") < 6 / 7. && number(one, "total_ratio_high") > 6 / 7.);
    ck_assert_double_eq_tol(number(two, "geometric_mean"), 3, 1e-9);
    ck_assert_ptr_nonnull(strstr(text, "below 1.00 for certain on 1, above on 1, not told on 1 of 3 shapes"));
    json_decref(summary);
    free(text);
    text = NULL;
    out = open_memstream(&text, &length);
    summary = bm_versus_summarise(row + 4, 1, out);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "nothing to compare"));
    ck_assert(json_is_null(json_object_get(json_object_get(json_array_get(summary, 0), "auto"), "fast_path_mean")));
    ck_assert(json_is_null(json_object_get(json_object_get(json_array_get(summary, 0), "auto"), "geometric_mean")));
    json_decref(summary);
    free(text);
}
END_TEST

START_TEST(worst_tenth)
{
    enum { ROWS = 20 };
    struct bm_run_case ours = made("gemm_auto", 1), rival = made("gemm_blis", 1);
    struct bm_versus_pair pair[ROWS];
    struct bm_versus_row row[ROWS];
    char *text = NULL;
    size_t length;
    for (int r = 0; r < ROWS; r++) { /* 0.07, 0.14 ... in another order */
        pair[r] = (struct bm_versus_pair){ &ours, &rival, ratio(0.07 * (1 + 7 * r % ROWS), 0.01), true };
        row[r] = (struct bm_versus_row){ .against = BM_VERSUS_PEERS, .op = bm_find("gemm_auto")->op, .cache = "warm",
                                         .threads = 1, .automatic = &ours, .pair = &pair[r], .pairs = 1 };
    }
    FILE *out = open_memstream(&text, &length);
    json_t *summary = bm_versus_summarise(row, ROWS, out);
    fclose(out);
    ck_assert_double_eq_tol(number(json_object_get(json_array_get(summary, 0), "auto"), "lowest_tenth"), 0.14, 1e-9);
    ck_assert_ptr_nonnull(strstr(text, "a tenth of the shapes at 0.14 or below"));
    json_decref(summary);
    free(text);
}
END_TEST

START_TEST(slow_paths)
{
    static const struct {
        const char *implementation;
        bool slow;
    } paths[] = { { NULL, false },           { "bnorm_jit:avx2", false }, { "brg_matmul:avx512_core", false },
                  { "bnorm_jit:sse41", true }, { "ncsp_bnorm:any", true }, { "", false } };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct bm_run_case rival = made("gemm_onednn", 1), ours = made("gemm_auto", 1);
        struct bm_versus_pair pair = { &ours, &rival, ratio(2, 0.01), true };
        const struct bm_versus_row row = { .automatic = &ours, .pair = &pair, .pairs = 1 };
        rival.implementation = paths[i].implementation;
        ck_assert_ptr_eq(bm_versus_slow_path(&row), paths[i].slow ? &rival : NULL);
    }
}
END_TEST

START_TEST(peers_by_name)
{
    ck_assert(bm_variant_is_peer("onednn") && bm_variant_is_peer("onednn_matmul"));
    ck_assert(!bm_variant_is_peer("onednnish") && !bm_variant_is_peer("avx2_omp"));
}
END_TEST

START_TEST(who_takes_part)
{
    ck_assert(bm_is_auto(bm_find("gemm_auto")) && !bm_is_auto(bm_find("gemm_autovec")));
    ck_assert(bm_is_naive(bm_find("gemm_naive")) && !bm_is_naive(bm_find("gemm_naive_omp")));
    ck_assert(bm_versus_wanted(bm_find("gemm_openblas"), BM_VERSUS_PEERS));
    ck_assert(!bm_versus_wanted(bm_find("gemm_openblas"), BM_VERSUS_NAIVE));
    ck_assert(bm_versus_wanted(bm_find("gemm_autovec"), BM_VERSUS_NAIVE));
    ck_assert(!bm_versus_wanted(bm_find("gemm_autovec"), BM_VERSUS_PEERS));
    ck_assert(!bm_versus_wanted(bm_find("sgd_autovec"), BM_VERSUS_PEERS)); /* no peer has it */
}
END_TEST

Suite *versus_suite(void)
{
    Suite *suite = suite_create("versus");
    TCase *tests = tcase_create("versus");
    tcase_add_test(tests, which_rival);
    tcase_add_test(tests, over_shapes);
    tcase_add_test(tests, worst_tenth);
    tcase_add_test(tests, slow_paths);
    tcase_add_test(tests, peers_by_name);
    tcase_add_test(tests, who_takes_part);
    suite_add_tcase(suite, tests);
    return suite;
}
