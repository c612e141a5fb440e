/* SPDX-License-Identifier: MIT */
/* test_ranks.c - training over ranks (bench/train/ranks.h, exchange.h, sync_bn.h), by threads in the place of MPI. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "communication.h"
#include "random.h"
#include "sync_bn.h"
#include "thread_ranks.h"
#include "train_fixture.h"

Suite *ranks_suite(void);

/* A run of several ranks: the result of each. */
struct runs {
    struct bm_train_config config;
    const struct bm_dataset *data;
    const volatile sig_atomic_t *interrupted; /* of the last rank only */
    struct bm_train_result result[MOST_RANKS];
};

static void run_one(const struct bm_ranks *ranks, void *context)
{
    struct runs *runs = context;
    struct bm_train_config c = runs->config;
    struct bm_train_hooks hooks = { .interrupted = ranks->rank == ranks->count - 1 ? runs->interrupted : NULL };
    c.ranks = ranks;
    runs->result[ranks->rank] = train(&c, runs->data, &hooks);
}

static void free_runs(struct runs *runs, int ranks)
{
    for (int i = 0; i < ranks; i++)
        bm_train_result_free(&runs->result[i]);
}

static struct runs run_over(int ranks, const struct bm_train_config *c, const struct bm_dataset *d)
{
    struct runs runs = { .config = *c, .data = d };
    run_ranks(ranks, run_one, &runs);
    return runs;
}

static void check_close(double a, double b, double tolerance, const char *what, const char *bn, int ranks)
{
    ck_assert_msg(fabs(a - b) <= tolerance * fabs(b), "bn %s, %d ranks: %s is %.9g, of one rank %.9g", bn, ranks, what,
                  a, b);
}

/* Does a run over ranks have the losses of one rank? All ranks say the same, bit by bit. */
static void check_same(const struct runs *runs, int ranks, const struct bm_train_result *one, const char *bn)
{
    const struct bm_train_result *r = &runs->result[0];
    ck_assert_uint_eq(r->epochs, one->epochs);
    ck_assert_uint_eq(r->steps_per_epoch, one->steps_per_epoch);
    for (size_t e = 0; e < one->epochs; e++) {
        check_close(r->epoch[e].loss, one->epoch[e].loss, 2e-4, "loss", bn, ranks);
        check_close(r->epoch[e].val_loss, one->epoch[e].val_loss, 2e-3, "validation loss", bn, ranks);
    }
    check_close(r->test_loss, one->test_loss, 2e-3, "test loss", bn, ranks);
    for (int i = 1; i < ranks; i++) {
        ck_assert_int_eq(runs->result[i].status, BM_EXIT_OK);
        ck_assert(runs->result[i].epoch[1].loss == r->epoch[1].loss && runs->result[i].test_loss == r->test_loss);
    }
}

/* 431 images in batches of 20 leave 11 of them; in batches of 43 one, which BN leaves out and the others share. */
START_TEST(same_losses_for_any_number_of_ranks)
{
    static const char *const optimizer[] = { "sgd", "adam", "momentum" };
    static const int ranks[] = { 2, 3, 4, 7 };
    struct bm_dataset d;
    make_data(&d, 531, 71);
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        struct bm_train_config c = patterns(places[_i], "first:100");
        set(&c, "batch", i % 2 ? "43" : "20");
        set(&c, "epochs", "2");
        set(&c, "threads", "1");
        set(&c, "optimizer", optimizer[i % 3]);
        set(&c, "lr", i % 3 == 1 ? "1e-3" : "0.02");
        set(&c, "bn_variance", i % 2 ? "biased" : "unbiased");
        set(&c, "activation", i % 2 ? "leaky_relu" : "relu");
        struct bm_train_result one = train(&c, &d, NULL);
        struct runs runs = run_over(ranks[i], &c, &d);
        check_same(&runs, ranks[i], &one, places[_i]);
        free_runs(&runs, ranks[i]);
        bm_train_result_free(&one);
    }
    bm_dataset_free(&d);
}
END_TEST

START_TEST(other_kernels_and_another_optimizer)
{
    struct bm_dataset d;
    make_data(&d, 220, 40);
    for (int i = 0; i < 3; i++) {
        struct bm_train_config c = patterns("input+before", "first:20");
        set(&c, "batch", "20");
        set(&c, "epochs", "2");
        set(&c, "kernels", i == 1 ? "naive" : "region");
        set(&c, "optimizer_of", i == 2 ? "another" : "this");
        struct bm_train_result one = train(&c, &d, NULL);
        struct runs runs = run_over(3, &c, &d);
        check_same(&runs, 3, &one, c.kernels);
        free_runs(&runs, 3);
        bm_train_result_free(&one);
    }
    bm_dataset_free(&d);
}
END_TEST

START_TEST(local_bn_is_another_network) /* and without BN there is nothing to be local */
{
    struct bm_dataset d;
    make_data(&d, 430, 70);
    for (int p = 0; p < PLACES; p++) {
        struct bm_train_config c = patterns(places[p], "first:100");
        set(&c, "batch", "20");
        set(&c, "epochs", "2");
        struct runs sync = run_over(2, &c, &d);
        set(&c, "bn_ranks", "local");
        struct runs local = run_over(2, &c, &d);
        const double a = sync.result[0].epoch[0].loss, b = local.result[0].epoch[0].loss;
        ck_assert_msg(c.bn ? fabs(a - b) > 1e-3 * a : a == b, "bn %s: loss %.9g and %.9g", places[p], a, b);
        ck_assert(local.result[0].test_loss == local.result[1].test_loss); /* running statistics are shared */
        free_runs(&sync, 2);
        free_runs(&local, 2);
    }
    bm_dataset_free(&d);
}
END_TEST

START_TEST(local_bn_leaves_out_what_has_no_variance) /* 5 images over 3 ranks: one of them would have a single one */
{
    struct bm_dataset d;
    make_data(&d, 125, 30);
    struct bm_train_config c = patterns("after", "test");
    set(&c, "batch", "20");
    set(&c, "epochs", "1");
    struct runs sync = run_over(3, &c, &d);
    set(&c, "bn_ranks", "local");
    struct runs local = run_over(3, &c, &d), two = run_over(2, &c, &d);
    ck_assert_uint_eq(sync.result[0].steps_per_epoch, 7);
    ck_assert_uint_eq(local.result[0].steps_per_epoch, 6);
    ck_assert_uint_eq(two.result[0].steps_per_epoch, 7);
    free_runs(&sync, 3);
    free_runs(&local, 3);
    free_runs(&two, 2);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(one_interrupted_rank_stops_all_at_the_same_step)
{
    static const volatile sig_atomic_t now = 1;
    struct bm_dataset d;
    make_data(&d, 220, 40);
    struct runs runs = { .config = patterns("before", "first:20"), .data = &d, .interrupted = &now };
    run_ranks(4, run_one, &runs);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(runs.result[i].status, BM_EXIT_INTERRUPTED);
        ck_assert_str_eq(runs.result[i].reason, "interrupted in epoch 1, while training");
        ck_assert_uint_eq(runs.result[i].epochs, 0);
    }
    free_runs(&runs, 4);
    bm_dataset_free(&d);
}
END_TEST

static void start_with_other_weights(const struct bm_ranks *ranks, void *context)
{
    struct runs *runs = context;
    struct bm_train_config c = runs->config;
    c.seed = (uint64_t)ranks->rank;
    c.ranks = ranks;
    runs->result[ranks->rank] = train(&c, runs->data, NULL);
}

START_TEST(ranks_that_drift_apart_are_told)
{
    struct bm_dataset d;
    make_data(&d, 220, 40);
    struct runs runs = { .config = patterns("none", "first:20"), .data = &d };
    run_ranks(2, start_with_other_weights, &runs);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(runs.result[i].status, BM_EXIT_INPUT);
        ck_assert_ptr_nonnull(strstr(runs.result[i].reason, "are not the same on all 2 ranks"));
    }
    free_runs(&runs, 2);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(too_small_batches_are_refused)
{
    struct bm_ranks four = bm_one_rank;
    struct bm_error error;
    four.count = 4;
    struct bm_train_config c = patterns("after", "test");
    c.ranks = &four;
    set(&c, "batch", "3");
    ck_assert(!bm_train_check(&c, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "batch = 3 over 4 ranks leaves some of them no image"));
    set(&c, "batch", "7");
    ck_assert(bm_train_check(&c, &error));
    set(&c, "bn_ranks", "local");
    ck_assert(!bm_train_check(&c, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "take a batch of 8 or more, or bn_ranks = sync"));
}
END_TEST

/* Moments of parts, some of them empty, merged in any order are those of the whole, also far from 0. */
START_TEST(moments_merge)
{
    enum { ROWS = 90, WIDTH = 70 };
    static float x[ROWS * WIDTH];
    struct bm_moments whole[WIDTH], part[4][WIDTH];
    static const size_t begin[5] = { 0, 1, 1, 40, ROWS };
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        x[i] = 1e4f + (float)bm_integer(7, i, -100, 100);
    struct bm_sync_bn bn = { .threads = 2, .rows = ROWS, .C = WIDTH, .ld = WIDTH, .before = 1, .after = 1, .x = x };
    bm_sync_moments(&bn, whole);
    for (int p = 0; p < 4; p++) {
        bn.rows = begin[p + 1] - begin[p];
        bn.x = x + begin[p] * WIDTH;
        bm_sync_moments(&bn, part[p]);
    }
    for (size_t c = 0; c < WIDTH; c++) {
        const struct bm_moments ab = bm_moments_merge(part[0][c], part[1][c]),
                                cd = bm_moments_merge(part[2][c], part[3][c]);
        const struct bm_moments one = bm_moments_merge(ab, cd), other = bm_moments_merge(cd, ab);
        ck_assert(one.n == ROWS && memcmp(&one, &other, sizeof one) == 0);
        ck_assert(fabs(one.mean - whole[c].mean) < 1e-11 && fabs(one.m2 - whole[c].m2) < 1e-6);
        ck_assert(whole[c].m2 > 1000);
    }
}
END_TEST

/* Times that follow the formula give latency and bandwidth back, and the formula's times for other numbers of ranks. */
START_TEST(allreduce_is_fitted_and_predicted)
{
    static const int ranks[] = { 2, 3, 8 };
    for (size_t i = 0; i < 3; i++) {
        const double l = ceil(log2(ranks[i])), ways = 2 * (ranks[i] - 1.0) / ranks[i];
        struct bm_allreduce a = { .ranks = ranks[i], .sizes = BM_ALLREDUCE_SIZES };
        for (int k = 0; k < a.sizes; k++) {
            a.bytes[k] = 4 * pow(4, k);
            a.seconds[k] = l * 2e-6 + ways * a.bytes[k] / 5e9;
        }
        bm_allreduce_fit(&a);
        ck_assert(fabs(a.latency_s - 2e-6) < 1e-12 && fabs(a.bandwidth / 5e9 - 1) < 1e-9);
        /* 1024 ranks: short messages by doubling, long ones in halves. */
        ck_assert(fabs(bm_allreduce_predict(&a, 8, 1024) - 10 * (2e-6 + 8 / 5e9)) < 1e-12);
        ck_assert(fabs(bm_allreduce_predict(&a, 5e7, 1024) - (20 * 2e-6 + 2 * 1023.0 / 1024 * 1e-2)) < 1e-12);
    }
}
END_TEST

Suite *ranks_suite(void)
{
    Suite *suite = suite_create("ranks");
    TCase *tests = tcase_create("ranks");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, same_losses_for_any_number_of_ranks, 0, PLACES);
    tcase_add_test(tests, other_kernels_and_another_optimizer);
    tcase_add_test(tests, local_bn_is_another_network);
    tcase_add_test(tests, local_bn_leaves_out_what_has_no_variance);
    tcase_add_test(tests, one_interrupted_rank_stops_all_at_the_same_step);
    tcase_add_test(tests, ranks_that_drift_apart_are_told);
    tcase_add_test(tests, too_small_batches_are_refused);
    tcase_add_test(tests, moments_merge);
    tcase_add_test(tests, allreduce_is_fitted_and_predicted);
    suite_add_tcase(suite, tests);
    return suite;
}
