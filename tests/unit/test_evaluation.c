/* SPDX-License-Identifier: MIT */
/* evaluation.h: by which statistics images are judged. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train_fixture.h"

Suite *evaluation_suite(void);

static struct bm_train_result run(const struct bm_dataset *d, const char *bn, const char *evaluation,
                                  const char *momentum, const char *batch)
{
    struct bm_train_config c = patterns(bn, "first:100");
    set(&c, "kernels", "auto");
    set(&c, "evaluation", evaluation);
    set(&c, "bn_momentum", momentum);
    set(&c, "batch", batch);
    return train(&c, d, NULL);
}

/* By what is evaluated changes nothing of what is learnt, and nothing at all without BN. */
START_TEST(training_is_the_same)
{
    static const char *const by[] = { "batch", "precise" };
    struct bm_dataset d;
    make_data(&d, 530, 100);
    for (int i = 0; i < 2; i++) {
        struct bm_train_result a = run(&d, places[_i], "running", "0.1", "20"),
                               b = run(&d, places[_i], by[i], "0.1", "20");
        for (size_t e = 0; e < a.epochs; e++)
            ck_assert(a.epoch[e].loss == b.epoch[e].loss && a.epoch[e].accuracy == b.epoch[e].accuracy);
        ck_assert_msg((a.test_loss == b.test_loss) == (strcmp(places[_i], "none") == 0),
                      "bn %s, evaluation %s: %g and %g", places[_i], by[i], a.test_loss, b.test_loss);
        bm_train_result_free(&a), bm_train_result_free(&b);
    }
    bm_dataset_free(&d);
}
END_TEST

/* Where running averages hardly move, they are of no use; those made anew are nearly a batch's own, if it is large. */
START_TEST(slow_averages)
{
    struct bm_dataset d;
    make_data(&d, 1300, 200);
    struct bm_train_result slow = run(&d, "before", "running", "1e-6", "100"),
                           batch = run(&d, "before", "batch", "1e-6", "100"),
                           precise = run(&d, "before", "precise", "1e-6", "100");
    ck_assert_msg(slow.test_loss > 3 * precise.test_loss, "%g and %g", slow.test_loss, precise.test_loss);
    ck_assert_msg(fabs(batch.test_loss / precise.test_loss - 1) < 0.5, "%g and %g", batch.test_loss, precise.test_loss);
    ck_assert(batch.test_accuracy > 0.9 && precise.test_accuracy > 0.9);
    bm_train_result_free(&slow), bm_train_result_free(&batch), bm_train_result_free(&precise);
    bm_dataset_free(&d);
}
END_TEST

/* A set of fewer images than a batch has no figure by the batch's own. */
START_TEST(too_few)
{
    struct bm_dataset d;
    make_data(&d, 530, 70);
    struct bm_train_result r = run(&d, "before", "batch", "0.1", "110");
    ck_assert(isnan(r.test_loss) && isnan(r.epoch[0].val_accuracy));
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(refused)
{
    struct bm_error error;
    struct bm_train_config c = patterns("before", "first:100");
    set(&c, "evaluation", "precise");
    ck_assert(bm_train_check(&c, &error) && !bm_train_one_region(&c));
    set(&c, "dropout", "0.1");
    ck_assert(!bm_train_check(&c, &error) && strstr(error.text, "evaluation = running"));
}
END_TEST

Suite *evaluation_suite(void)
{
    Suite *suite = suite_create("evaluation");
    TCase *tests = tcase_create("evaluation");
    tcase_add_loop_test(tests, training_is_the_same, 0, PLACES);
    tcase_add_test(tests, slow_averages);
    tcase_add_test(tests, too_few);
    tcase_add_test(tests, refused);
    suite_add_tcase(suite, tests);
    return suite;
}
