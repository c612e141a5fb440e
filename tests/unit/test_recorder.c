/* SPDX-License-Identifier: MIT */
/* recorder.h: what is looked at changes nothing, and says what it is to say. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "train_fixture.h"

Suite *recorder_suite(void);

static struct bm_train_result run(const struct bm_dataset *d, const char *bn, const char *const (*settings)[2])
{
    struct bm_train_config c = patterns(bn, "first:100");
    set(&c, "kernels", "auto");
    set(&c, "activation", "tanh"); /* no kinks, at which gradients jump */
    for (; settings && (*settings)[0]; settings++)
        set(&c, (*settings)[0], (*settings)[1]);
    return train(&c, d, NULL);
}

/* The batch goes through the network once more, and the run has the same bits. */
START_TEST(changes_nothing)
{
    static const char *const every[][2] = { { "record", "1" }, { NULL, NULL } };
    struct bm_dataset d;
    make_data(&d, 530, 70);
    struct bm_train_result a = run(&d, places[_i], NULL), b = run(&d, places[_i], every);
    ck_assert_uint_eq(a.recorded.steps, 0);
    ck_assert_uint_eq(b.recorded.steps, b.epochs * (b.train_images / 32)); /* whole batches */
    for (size_t e = 0; e < a.epochs; e++)
        ck_assert(memcmp(&a.epoch[e], &b.epoch[e], offsetof(struct bm_train_epoch, train_seconds)) == 0);
    ck_assert(a.test_loss == b.test_loss);
    ck_assert(b.recorded.gradient_decades >= 0 && b.recorded.gradient_decades < 3);
    ck_assert(b.recorded.input_shift > 0 && b.recorded.gradient_change > 0);
    ck_assert(b.recorded.constant_units >= 0 && b.recorded.constant_units < 1);
    bm_train_result_free(&a), bm_train_result_free(&b);
    bm_dataset_free(&d);
}
END_TEST

/* A step that is next to nothing changes next to nothing, in proportion; a huge one overshoots. */
START_TEST(goes_with_the_step)
{
    static const char *const
        tiny[][2] = { { "record", "1" }, { "optimizer", "sgd" }, { "lr", "1e-4" }, { "epochs", "1" }, { NULL, NULL } },
        *const twice[][2] = { { "record", "1" },
                              { "optimizer", "sgd" },
                              { "lr", "2e-4" },
                              { "epochs", "1" },
                              { NULL, NULL } },
        *const huge[][2] = {
            { "record", "1" }, { "optimizer", "sgd" }, { "lr", "30" }, { "epochs", "1" }, { NULL, NULL }
        };
    struct bm_dataset d;
    make_data(&d, 530, 70);
    struct bm_train_result a = run(&d, "before", tiny), b = run(&d, "before", twice), c = run(&d, "before", huge);
    ck_assert(a.recorded.uphill == 0 && b.recorded.uphill == 0 && c.recorded.uphill > 0);
    ck_assert_double_eq_tol(b.recorded.gradient_change / a.recorded.gradient_change, 2, 0.05);
    ck_assert_double_eq_tol(b.recorded.input_shift / a.recorded.input_shift, 2, 0.05);
    bm_train_result_free(&a), bm_train_result_free(&b), bm_train_result_free(&c);
    bm_dataset_free(&d);
}
END_TEST

/* From weights of 0 no hidden unit says anything, and no gradient reaches the first layer. */
START_TEST(dead)
{
    static const char *const zero[][2] = {
        { "record", "1000" }, { "init_scale", "0" }, { "max_steps", "1" }, { NULL, NULL }
    };
    struct bm_dataset d;
    make_data(&d, 530, 70);
    struct bm_train_result r = run(&d, "none", zero);
    ck_assert_uint_eq(r.recorded.steps, 1);
    ck_assert_double_eq(r.recorded.constant_units, 1);
    ck_assert_double_eq(r.recorded.input_shift, 0); /* of none */
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(refused)
{
    struct bm_error error;
    struct bm_train_config c = patterns("before", "first:100");
    set(&c, "record", "1");
    ck_assert(bm_train_check(&c, &error) && !bm_train_one_region(&c));
    set(&c, "precision", "bf16");
    ck_assert(!bm_train_check(&c, &error) && strstr(error.text, "record = 1"));
}
END_TEST

Suite *recorder_suite(void)
{
    Suite *suite = suite_create("recorder");
    TCase *tests = tcase_create("recorder");
    tcase_add_loop_test(tests, changes_nothing, 0, PLACES);
    tcase_add_test(tests, goes_with_the_step);
    tcase_add_test(tests, dead);
    tcase_add_test(tests, refused);
    suite_add_tcase(suite, tests);
    return suite;
}
