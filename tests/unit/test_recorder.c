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
    ck_assert(b.recorded.loss_range > 0 && isfinite(b.recorded.loss_range));
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
    ck_assert_double_eq_tol(b.recorded.loss_range / a.recorded.loss_range, 2, 0.05);
    ck_assert(c.recorded.loss_range <= 10 * log(10)); /* losses have an end */
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
    ck_assert(r.recorded.moments == 1 && r.recorded.moment[0].before[0] == 0 && r.recorded.moment[0].before[4] == 0);
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

/* What activations read: of both hidden layers at every moment, wider and wider quantiles, which BN centres. */
START_TEST(moments)
{
    static const char *const every[][2] = {
        { "record", "1" }, { "seeds", "3,4" }, { "layers", "36,24,16,10" }, { NULL, NULL }
    };
    struct bm_dataset d;
    make_data(&d, 530, 70);
    struct bm_train_result r = run(&d, places[_i], every);
    const bool before = strstr(places[_i], "before") != NULL;
    ck_assert_uint_eq(r.recorded.moments, 2 * BM_MOMENTS);
    for (size_t i = 0; i < r.recorded.moments; i++) {
        const struct bm_moment *m = &r.recorded.moment[i];
        ck_assert(m->layer == i % 2 + 1 && m->step <= r.epochs * r.steps_per_epoch);
        ck_assert(i < 2 || m->step > r.recorded.moment[i - 2].step);
        for (int q = 0; q < BM_QUANTILES; q++) {
            ck_assert(isfinite(m->before[q]) && isnan(m->after[q]) == !before);
            ck_assert(q == 0 || (m->before[q] > m->before[q - 1] && !(m->after[q] <= m->after[q - 1])));
        }
        if (i < 2 && before) /* gamma and beta are nearly 1 and 0 yet */
            ck_assert(fabs(m->after[2]) < 0.5 && m->after[4] > 1 && m->after[4] < 3 && m->after[0] < -1 &&
                      m->after[0] > -3);
    }
    bm_train_result_free(&r);
    struct bm_train_config c = patterns(places[_i], "first:100");
    for (size_t i = 0; every[i][0]; i++)
        set(&c, every[i][0], every[i][1]);
    c.seed = 4; /* not the first of the list */
    r = train(&c, &d, NULL);
    ck_assert(r.recorded.steps > 0 && r.recorded.moments == 0);
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
    tcase_add_loop_test(tests, moments, 0, PLACES);
    tcase_add_test(tests, refused);
    suite_add_tcase(suite, tests);
    return suite;
}
