/* SPDX-License-Identifier: MIT */
/* test_train.c - bench/train/trainer.h: epochs, batches, seeds, interruption, and what a run reports. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "seeds.h"
#include "train_fixture.h"

Suite *train_suite(void);

START_TEST(same_seed_same_bits)
{
    static const char *const validation[] = { "first:100", "test", "random:0.2" };
    struct bm_dataset d;
    if (!set_runs_here(sets[_i]))
        return;
    make_data(&d, 530, 70);
    for (int v = 0; v < 3; v++) {
        struct bm_train_config c = patterns("input+after", validation[v]);
        set(&c, "kernels", sets[_i]);
        struct bm_train_result a = train(&c, &d, NULL), b = train(&c, &d, NULL);
        set(&c, "seed", "1");
        struct bm_train_result other = train(&c, &d, NULL);
        ck_assert_uint_eq(a.epochs, 4);
        for (size_t e = 0; e < a.epochs; e++) {
            ck_assert(memcmp(&a.epoch[e], &b.epoch[e], offsetof(struct bm_train_epoch, train_seconds)) == 0);
            ck_assert(a.epoch[e].loss != other.epoch[e].loss);
        }
        ck_assert(a.test_loss == b.test_loss);
        ck_assert_uint_eq(a.validation_images, v == 0 ? 100 : v == 1 ? 70 : 106);
        ck_assert_uint_eq(a.train_images, v == 0 ? 430 : v == 1 ? 530 : 424);
        bm_train_result_free(&a);
        bm_train_result_free(&b);
        bm_train_result_free(&other);
    }
    bm_dataset_free(&d);
}
END_TEST

START_TEST(separable_patterns_are_learnt)
{
    struct bm_dataset d;
    make_data(&d, 1200, 200);
    for (int p = 0; p < PLACES; p++) {
        struct bm_train_config c = patterns(places[p], "first:200");
        set(&c, "target", "0.5");
        set(&c, "epochs", "12");
        struct bm_train_result r = train(&c, &d, NULL);
        ck_assert_int_eq(r.status, BM_EXIT_OK);
        ck_assert_uint_eq(r.epochs, 12);
        ck_assert_msg(r.test_accuracy > 0.99 && r.epoch[11].val_accuracy > 0.99, "bn %s: test accuracy %g", places[p],
                      r.test_accuracy);
        ck_assert(r.target_epoch >= 1 && r.epoch[r.target_epoch - 1].val_accuracy >= 0.5);
        double seconds = 0, phases = 0;
        for (size_t e = 0; e < r.target_epoch; e++)
            seconds += r.epoch[e].train_seconds;
        ck_assert(fabs(seconds - r.target_seconds) < 1e-9);
        for (int i = 0; i < BM_PHASE_COUNT; i++)
            phases += r.epoch[3].phase_seconds[i];
        ck_assert(fabs(phases - r.epoch[3].train_seconds) < 1e-9);
        bm_train_result_free(&r);
    }
    bm_dataset_free(&d);
}
END_TEST

/* 20 images in batches of 8 are 8 + 8 + 4, and the epoch's loss is the mean over images. */
START_TEST(last_batch_is_trained)
{
    struct bm_dataset d;
    make_data(&d, 25, 5);
    struct bm_train_config c = patterns("after", "first:5");
    set(&c, "batch", "8");
    set(&c, "shuffle", "off");
    set(&c, "epochs", "1");
    struct bm_train_result r = train(&c, &d, NULL);
    ck_assert_uint_eq(r.steps_per_epoch, 3);
    ck_assert_uint_eq(r.full_steps, 2);

    struct bm_network net;
    struct bm_plan plan[2] = { { .training = true, .rows = 8 }, { .training = true, .rows = 4 } };
    double loss = 0;
    create(&net, &c, plan, 2);
    for (size_t first = 5; first < 25; first += 8) {
        struct bm_plan *step = first < 21 ? &plan[0] : &plan[1];
        for (size_t n = 0; n < step->rows; n++) {
            net.label[n] = d.train_labels[first + n];
            for (size_t i = 0; i < 36; i++)
                net.x[n * 36 + i] = (float)d.train_images[(first + n) * 36 + i] / 255.0f;
        }
        bm_network_run(&net, step, NULL, NULL);
        for (size_t n = 0; n < step->rows; n++)
            loss += net.loss[n];
    }
    ck_assert(r.epoch[0].loss == loss / 20);
    bm_network_free(&net);
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(last_batch_of_one_is_left_out_with_bn_only)
{
    struct bm_dataset d;
    make_data(&d, 22, 5);
    for (int p = 0; p < PLACES; p++) {
        struct bm_train_config c = patterns(places[p], "first:5");
        set(&c, "batch", "8");
        struct bm_train_result r = train(&c, &d, NULL);
        ck_assert_uint_eq(r.steps_per_epoch, c.bn ? 2 : 3);
        ck_assert(isfinite(r.test_loss));
        bm_train_result_free(&r);
    }
    bm_dataset_free(&d);
}
END_TEST

START_TEST(divergence_is_reported)
{
    struct bm_dataset d;
    make_data(&d, 400, 50);
    struct bm_train_config c = patterns("none", "first:50");
    set(&c, "activation", "leaky_relu"); /* cannot die, as ReLU can, and come to rest */
    set(&c, "lr", "1e6");
    struct bm_train_result r = train(&c, &d, NULL);
    ck_assert_int_eq(r.status, BM_EXIT_FAILED);
    ck_assert_msg(strncmp(r.reason, "diverged at epoch 1, step ", 26) == 0, "%s", r.reason);
    ck_assert_uint_eq(r.epochs, 0);
    ck_assert(isnan(r.test_accuracy));
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

static volatile sig_atomic_t interrupt_now;
static void interrupt_after_two(void *context, const struct bm_train_epoch *e)
{
    (void)context;
    interrupt_now = e->epoch == 2;
}
static void count_steps(void *context, size_t epoch, size_t step, size_t steps)
{
    (void)epoch;
    ck_assert(step >= 1 && step <= steps);
    ++*(size_t *)context;
}

START_TEST(interruption_keeps_finished_epochs)
{
    struct bm_dataset d;
    size_t steps = 0;
    make_data(&d, 400, 50);
    struct bm_train_config c = patterns("before", "first:80");
    struct bm_train_hooks hooks = { .context = &steps, .epoch = interrupt_after_two, .step = count_steps,
                                    .interrupted = &interrupt_now };
    struct bm_train_result r = train(&c, &d, &hooks);
    ck_assert_int_eq(r.status, BM_EXIT_INTERRUPTED);
    ck_assert_uint_eq(r.epochs, 2);
    ck_assert_uint_eq(steps, 2 * r.steps_per_epoch);
    ck_assert(isnan(r.test_loss) && isfinite(r.epoch[1].val_loss));
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

/* Two earlier epochs and then two are the same as epochs 3 and 4 of four. */
START_TEST(earlier_epochs_are_trained_and_not_counted)
{
    static const char *const optimizer[] = { "sgd", "adam" };
    struct bm_dataset d;
    make_data(&d, 400, 50);
    for (int o = 0; o < 2; o++) {
        struct bm_train_config c = patterns("after", "first:80");
        set(&c, "optimizer", optimizer[o]);
        struct bm_train_result whole = train(&c, &d, NULL);
        set(&c, "earlier_epochs", "2");
        set(&c, "epochs", "2");
        struct bm_train_result r = train(&c, &d, NULL);
        ck_assert_uint_eq(r.epochs, 2);
        for (size_t e = 0; e < 2; e++) {
            ck_assert_uint_eq(r.epoch[e].epoch, e + 1);
            ck_assert(r.epoch[e].loss == whole.epoch[e + 2].loss);
            ck_assert(r.epoch[e].val_loss == whole.epoch[e + 2].val_loss);
        }
        ck_assert(r.test_loss == whole.test_loss);
        bm_train_result_free(&r);
        bm_train_result_free(&whole);

        set(&c, "max_steps", "3"); /* of the epochs that count */
        r = train(&c, &d, NULL);
        ck_assert_uint_eq(r.epochs, 1);
        ck_assert_uint_eq(r.epoch[0].steps, 3);
        bm_train_result_free(&r);
    }
    bm_dataset_free(&d);
}
END_TEST

/* The parameters stay where they started: without BN nothing at all changes, with it only the running statistics. */
START_TEST(the_optimizer_of_another_model_moves_nothing)
{
    static const char *const optimizer[] = { "sgd", "momentum", "adam" };
    struct bm_dataset d;
    make_data(&d, 409, 50); /* with a smaller last batch */
    for (int o = 0; o < 3; o++)
        for (int p = 0; p < PLACES; p++) {
            struct bm_train_config c = patterns(places[p], "first:80");
            set(&c, "optimizer", optimizer[o]);
            set(&c, "lr", o == 2 ? "0.01" : "0.1");
            struct bm_train_result learns = train(&c, &d, NULL);
            set(&c, "optimizer_of", "another");
            struct bm_train_result r = train(&c, &d, NULL);
            ck_assert_msg(learns.epoch[3].loss < 0.9 * learns.epoch[0].loss, "%s, bn %s learns nothing", optimizer[o],
                          places[p]);
            for (size_t e = 1; e < r.epochs; e++) {
                ck_assert_msg(fabs(r.epoch[e].loss / r.epoch[0].loss - 1) < 0.05, "%s, bn %s: loss %g, then %g",
                              optimizer[o], places[p], r.epoch[0].loss, r.epoch[e].loss);
                ck_assert(c.bn || r.epoch[e].val_loss == r.epoch[0].val_loss);
            }
            bm_train_result_free(&learns);
            bm_train_result_free(&r);
        }
    bm_dataset_free(&d);
}
END_TEST

/* The images that are held out stay the same; which others are trained with is the seed's choice. */
START_TEST(some_of_the_images_are_trained)
{
    struct bm_dataset d;
    struct bm_error error;
    struct bm_train_result r;
    make_data(&d, 400, 50);
    struct bm_train_config c = patterns("after", "first:80");
    set(&c, "train_images", "64");
    r = train(&c, &d, NULL);
    ck_assert_uint_eq(r.train_images, 64);
    ck_assert_uint_eq(r.validation_images, 80);
    const double loss = r.epoch[0].loss;
    bm_train_result_free(&r);
    set(&c, "seed", "1");
    r = train(&c, &d, NULL);
    ck_assert(r.epoch[0].loss != loss);
    bm_train_result_free(&r);
    set(&c, "train_images", "321");
    ck_assert(!bm_train(&c, &d, NULL, &r, &error));
    ck_assert_msg(strstr(error.text, "train_images = 321, but only 320 images are left"), "%s", error.text);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(initial_weights_are_scaled)
{
    struct bm_train_config c = small("9,11,6,4", "none", "auto"), scaled = c;
    struct bm_network net, other;
    struct bm_plan plan[1] = { { .training = true, .rows = 4 } }, plan2[1] = { { .training = true, .rows = 4 } };
    set(&scaled, "init_scale", "0.25");
    create(&net, &c, plan, 1);
    create(&other, &scaled, plan2, 1);
    for (unsigned l = 0; l < net.layers; l++)
        for (size_t i = 0; i < net.layer[l].weight.count; i++)
            ck_assert(other.layer[l].weight.w[i] == 0.25f * net.layer[l].weight.w[i]);
    bm_network_free(&net);
    bm_network_free(&other);
}
END_TEST

/* Fifty layers, in text and in training. */
START_TEST(deep_networks_are_trained)
{
    struct bm_dataset d;
    make_data(&d, 200, 50);
    struct bm_train_config c = patterns("before", "first:80");
    set(&c, "layers", "36,10x50,10");
    set(&c, "epochs", "2");
    struct bm_train_result r = train(&c, &d, NULL);
    ck_assert_int_eq(r.status, BM_EXIT_OK);
    ck_assert(isfinite(r.test_loss) && r.calls > 50 * 8);
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(the_loss_of_the_first_steps_is_kept)
{
    struct bm_dataset d;
    make_data(&d, 400, 50);
    struct bm_train_config c = patterns("none", "first:100");
    set(&c, "epochs", "1");
    set(&c, "batch", "3"); /* 100 steps */
    struct bm_train_result r = train(&c, &d, NULL);
    ck_assert(r.epoch[0].loss100 == r.epoch[0].loss);
    bm_train_result_free(&r);
    set(&c, "batch", "4"); /* 75 */
    r = train(&c, &d, NULL);
    ck_assert(isnan(r.epoch[0].loss100) && isfinite(r.epoch[0].loss));
    bm_train_result_free(&r);
    set(&c, "batch", "2"); /* 150 */
    r = train(&c, &d, NULL);
    ck_assert(r.epoch[0].loss100 > r.epoch[0].loss);
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

/* More seeds than cores, and the same bits as one after the other. */
START_TEST(seeds_side_by_side_are_the_same_runs)
{
    enum { RUNS = 5 };
    struct bm_dataset d;
    struct bm_seed_runs *runs = bm_alloc(sizeof *runs);
    make_data(&d, 400, 50);
    struct bm_train_config c = patterns("before", "random:0.2");
    runs->variant.config = c;
    for (size_t i = 0; i < RUNS; i++)
        runs->run[i].seed = 3 * i;
    bm_run_side_by_side(runs, 0, RUNS, &d, NULL);
    runs->count = RUNS;
    set(&c, "threads", "1");
    for (size_t i = 0; i < RUNS; i++) {
        const struct bm_train_result *beside = &runs->run[i].result;
        c.seed = 3 * i;
        struct bm_train_result r = train(&c, &d, NULL);
        ck_assert(!runs->run[i].alone);
        ck_assert_uint_eq(beside->epochs, r.epochs);
        for (size_t e = 0; e < r.epochs; e++)
            ck_assert(r.epoch[e].loss == beside->epoch[e].loss && r.epoch[e].val_loss == beside->epoch[e].val_loss);
        bm_train_result_free(&r);
    }
    bm_seed_runs_free(runs);
    free(runs);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(a_step_limit_cuts_the_epoch)
{
    struct bm_dataset d;
    make_data(&d, 400, 50);
    struct bm_train_config c = patterns("before", "first:80");
    set(&c, "max_steps", "14");
    struct bm_train_result r = train(&c, &d, NULL);
    ck_assert_int_eq(r.status, BM_EXIT_OK);
    ck_assert_uint_eq(r.epochs, 2);
    ck_assert_uint_eq(r.epoch[1].steps, 4);
    ck_assert(isnan(r.epoch[1].val_loss) && isfinite(r.epoch[1].loss) && isnan(r.test_loss));
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    static const struct { const char *key, *value, *message; } cases[] = {
        { "layers", "35,24,10", "an image of patterns has 6 x 6 x 1 = 36 values" },
        { "layers", "36,24,9", "patterns has 10 classes" },
        { "batch", "341", "only 340 images are left" },
        { "validation", "first:400", "only 400 training images" },
        { "validation", "random:0.0001", "is none" },
        { "batch", "1", "one image has no variance" },
        { "kernels", "avx521", "there is no kernel" },
    };
    struct bm_dataset d;
    make_data(&d, 400, 50);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bm_train_result r;
        struct bm_error error;
        struct bm_train_config c = patterns("after", "first:60");
        set(&c, cases[i].key, cases[i].value);
        ck_assert_msg(!bm_train(&c, &d, NULL, &r, &error), "%s = %s was accepted", cases[i].key, cases[i].value);
        ck_assert_msg(strstr(error.text, cases[i].message), "%s = %s: %s", cases[i].key, cases[i].value, error.text);
    }
    d.train_labels[7] = 10;
    struct bm_train_result r;
    struct bm_error error;
    struct bm_train_config c = patterns("after", "first:60");
    ck_assert(!bm_train(&c, &d, NULL, &r, &error));
    ck_assert_msg(strstr(error.text, "training label 7 is 10"), "%s", error.text);
    bm_dataset_free(&d);
}
END_TEST

Suite *train_suite(void)
{
    Suite *s = suite_create("train");
    TCase *trainer = tcase_create("trainer");
    tcase_set_timeout(trainer, 120);
    tcase_add_loop_test(trainer, same_seed_same_bits, 0, SETS);
    tcase_add_test(trainer, separable_patterns_are_learnt);
    tcase_add_test(trainer, last_batch_is_trained);
    tcase_add_test(trainer, last_batch_of_one_is_left_out_with_bn_only);
    tcase_add_test(trainer, divergence_is_reported);
    tcase_add_test(trainer, interruption_keeps_finished_epochs);
    tcase_add_test(trainer, earlier_epochs_are_trained_and_not_counted);
    tcase_add_test(trainer, the_optimizer_of_another_model_moves_nothing);
    tcase_add_test(trainer, the_loss_of_the_first_steps_is_kept);
    tcase_add_test(trainer, some_of_the_images_are_trained);
    tcase_add_test(trainer, initial_weights_are_scaled);
    tcase_add_test(trainer, deep_networks_are_trained);
    tcase_add_test(trainer, seeds_side_by_side_are_the_same_runs);
    tcase_add_test(trainer, a_step_limit_cuts_the_epoch);
    tcase_add_test(trainer, what_does_not_fit_is_refused);
    suite_add_tcase(s, trainer);
    return s;
}
