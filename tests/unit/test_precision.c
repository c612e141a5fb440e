/* SPDX-License-Identifier: MIT */
/* test_precision.c - losses of training against the network in double precision (reference_net.h). */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dump.h"
#include "npy.h"
#include "reference_net.h"
#include "remove_tree.h"
#include "test_folder.h"
#include "train_fixture.h"

Suite *precision_suite(void);

enum { REFERENCE_STEPS = 200 };

/* The networks of the five experiments in small: same kinds, same settings; then what only claims train with. */
static const struct { const char *name, *bn, *activation, *init, *optimizer, *lr, *convention, *adam_eps, *batch,
                      *bn_eps, *scaling, *more[4]; } kinds[] = {
    { "fashion-lab", "none", "relu", "glorot_uniform", "adam", "1e-3", "keras", "1e-7", "32", "1e-3", "unit", { NULL } },
    { "fashion-lab", "after", "relu", "glorot_uniform", "adam", "1e-3", "keras", "1e-7", "32", "1e-3", "unit", { NULL } },
    { "mnist-sgd", "none", "relu", "glorot_uniform", "sgd", "0.01", "torch", "1e-8", "32", "1e-3", "unit", { NULL } },
    { "mnist-sgd", "after", "relu", "glorot_uniform", "sgd", "0.01", "torch", "1e-8", "16", "1e-3", "unit", { NULL } },
    { "cifar-adam", "none", "relu", "torch", "adam", "1e-3", "torch", "1e-8", "64", "1e-5", "symmetric", { NULL } },
    { "cifar-adam", "before", "relu", "torch", "adam", "1e-3", "torch", "1e-8", "64", "1e-5", "symmetric", { NULL } },
    { "fashion-leaky", "none", "leaky_relu", "he_normal", "sgd", "1e-3", "torch", "1e-8", "32", "1e-3", "unit", { NULL } },
    { "fashion-leaky", "none", "leaky_relu", "he_normal", "sgd", "0.01", "torch", "1e-8", "32", "1e-3", "unit", { NULL } },
    { "fashion-leaky", "input+after", "relu", "glorot_uniform", "sgd", "0.01", "torch", "1e-8", "32", "1e-3", "unit",
      { NULL } },
    { "mnist-adam", "none", "relu", "torch", "adam", "1e-3", "torch", "1e-8", "32", "1e-5", "symmetric", { NULL } },
    { "mnist-adam", "before", "relu", "torch", "adam", "1e-3", "torch", "1e-8", "32", "1e-5", "symmetric", { NULL } },
    { "momentum", "after", "relu", "he_normal", "momentum", "0.01", "torch", "1e-8", "32", "1e-3", "unit", { NULL } },
    { "sigmoid", "none", "sigmoid", "glorot_uniform", "sgd", "0.1", "torch", "1e-8", "32", "1e-5", "unit", { NULL } },
    { "sigmoid", "before", "sigmoid", "glorot_uniform", "adam", "1e-3", "torch", "1e-8", "32", "1e-5", "unit", { NULL } },
    { "tanh", "none", "tanh", "torch", "momentum", "0.01", "torch", "1e-8", "32", "1e-5", "symmetric", { NULL } },
    { "tanh", "input+after", "tanh", "torch", "sgd", "0.01", "torch", "1e-8", "32", "1e-5", "symmetric", { NULL } },
    { "dropout", "none", "relu", "glorot_uniform", "sgd", "0.01", "torch", "1e-8", "32", "1e-5", "unit",
      { "dropout", "0.3" } },
    { "dropout", "before", "tanh", "glorot_uniform", "sgd", "0.01", "torch", "1e-8", "32", "1e-5", "unit",
      { "dropout", "0.3" } },
    { "dropout", "after", "sigmoid", "torch", "adam", "1e-3", "torch", "1e-8", "32", "1e-5", "unit", { "dropout", "0.5" } },
    { "dropout", "none", "sigmoid", "torch", "sgd", "0.1", "torch", "1e-8", "32", "1e-5", "unit", { "dropout", "0.1" } },
    { "decay", "after", "relu", "torch", "sgd", "0.01", "torch", "1e-8", "32", "1e-3", "unit", { "weight_decay", "1e-2" } },
    { "decay", "none", "relu", "torch", "adam", "1e-3", "torch", "1e-8", "32", "1e-5", "unit", { "weight_decay", "1e-2" } },
    { "clip", "before", "relu", "torch", "momentum", "0.01", "torch", "1e-8", "32", "1e-5", "unit", { "clip_norm", "0.3" } },
    { "clip", "input", "tanh", "torch", "sgd", "0.1", "torch", "1e-8", "32", "1e-5", "unit",
      { "clip_norm", "0.3", "weight_decay", "1e-3" } },
    { "cosine", "none", "relu", "torch", "sgd", "0.03", "torch", "1e-8", "32", "1e-5", "unit",
      { "lr_schedule", "cosine", "lr_warmup", "30" } },
    { "layer norm", "before", "relu", "torch", "sgd", "0.03", "torch", "1e-8", "32", "1e-5", "unit", { "norm", "layer" } },
    { "layer norm", "after", "tanh", "torch", "adam", "1e-3", "torch", "1e-8", "32", "1e-5", "unit", { "norm", "layer" } },
    { "RMS norm", "before", "leaky_relu", "torch", "momentum", "0.01", "torch", "1e-8", "32", "1e-5", "unit", { "norm", "rms" } },
    { "group norm", "before", "tanh", "torch", "sgd", "0.01", "torch", "1e-8", "32", "1e-3", "unit",
      { "norm", "group", "groups", "2" } },
    { "step", "after", "relu", "torch", "adam", "1e-3", "torch", "1e-8", "32", "1e-3", "unit",
      { "lr_schedule", "step:2,0.5" } },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* The losses of a dump, computed again in double from its initial values, in its order. Returns the least distance from
 * a kink. */
static double repeat_in_double(const struct bm_train_config *c, const struct bm_dataset *d, const char *dump,
                               double ours[REFERENCE_STEPS], double theirs[REFERENCE_STEPS])
{
    struct bm_network net;
    struct bm_plan plan = { .rows = 1 };
    struct bm_error error;
    struct reference r;
    size_t images = d->train_count - 100, steps = 0;
    uint32_t *order = bm_alloc(d->train_count * sizeof *order);
    struct bm_rows rows = { order, images, d->train_count };
    double least = INFINITY, margin;
    ck_assert(bm_network_create(&net, c, &plan, 1, &error));
    ck_assert_msg(bm_load_start(dump, &net, &rows, &error), "%s", error.text);
    reference_create(&r, &net);
    r.steps_per_epoch = (images + c->batch - 1) / c->batch;
    for (size_t epoch = 1; steps < REFERENCE_STEPS; epoch++) {
        char path[256];
        size_t count = (images + c->batch - 1) / c->batch;
        count = count < REFERENCE_STEPS - steps ? count : REFERENCE_STEPS - steps;
        ck_assert_msg(bm_load_epoch(dump, epoch, &rows, &error), "%s", error.text);
        snprintf(path, sizeof path, "%s/loss/epoch%zu.npy", dump, epoch);
        ck_assert_msg(bm_npy_read(path, BM_NPY_F8, 1, &count, ours + steps, &error), "%s", error.text);
        for (size_t first = 0; first < images && steps < REFERENCE_STEPS; first += c->batch, steps++) {
            float x[64 * 36];
            int32_t label[64];
            size_t n = images - first < c->batch ? images - first : c->batch;
            for (size_t i = 0; i < n; i++) {
                label[i] = d->train_labels[order[first + i]];
                for (size_t p = 0; p < 36; p++) {
                    float unit = (float)d->train_images[order[first + i] * 36 + p] / 255.0f;
                    x[i * 36 + p] = c->scaling == BM_SCALING_UNIT ? unit : (unit - 0.5f) / 0.5f;
                }
            }
            theirs[steps] = reference_step(&r, x, label, n, &margin);
            least = fmin(least, margin);
        }
    }
    reference_free(&r);
    bm_network_free(&net);
    free(order);
    return least;
}

/*
 * What may differ. Each product, sum and update rounds by 2^-24 = 6e-8 of its value; a weight that moves by lr x
 * gradient 200 times collects a walk of such errors, about sqrt(200) x 6e-8 = 8e-7 of its size. A loss is a sum of some
 * of those: 1e-6 of the loss or, where the loss is small, of the logits that cancel in it, which are of order 1. BN
 * divides by a deviation and so magnifies what comes before it, by up to 10 where a unit hardly varies. That makes 1e-5
 * (1 + loss). Adam's betas are those of f32 in its moments and, the same, in their bias correction, which makes means
 * of the moments for any beta.
 *
 * That holds while both take the same side of every kink: an activation whose input is nearer to 0 than its error has
 * another slope in f32, one image's gradient of one unit differs by all of it, and from there on the runs part. So the
 * first seed counts for which no input came nearer than 3e-6, as seen in double.
 */
START_TEST(losses_follow_double_precision)
{
    struct bm_dataset d;
    double ours[REFERENCE_STEPS], theirs[REFERENCE_STEPS], margin = 0;
    struct bm_train_config c = small("36,10,8,10", kinds[_i].bn, "auto");
    make_data(&d, 930, 70);
    set(&c, "activation", kinds[_i].activation);
    set(&c, "init", kinds[_i].init);
    set(&c, "optimizer", kinds[_i].optimizer);
    set(&c, "lr", kinds[_i].lr);
    set(&c, "adam_convention", kinds[_i].convention);
    set(&c, "adam_eps", kinds[_i].adam_eps);
    set(&c, "batch", kinds[_i].batch);
    set(&c, "bn_eps", kinds[_i].bn_eps);
    set(&c, "scaling", kinds[_i].scaling);
    set(&c, "validation", "first:100");
    set(&c, "epochs", "20");
    for (int k = 0; k < 4 && kinds[_i].more[k]; k += 2)
        set(&c, kinds[_i].more[k], kinds[_i].more[k + 1]);
    set(&c, "max_steps", "200");
    for (c.seed = 1; margin < 3e-6; c.seed++) {
        struct bm_train_hooks hooks = { .files.dump = in_root("a") };
        ck_assert_msg(c.seed < 100, "no seed keeps away from the kinks");
        remove_tree(in_root("a"));
        struct bm_train_result r = train(&c, &d, &hooks);
        bm_train_result_free(&r);
        margin = repeat_in_double(&c, &d, in_root("a"), ours, theirs);
    }
    ck_assert_msg(theirs[REFERENCE_STEPS - 1] < 0.99 * theirs[0], "nothing was learnt: %g to %g", theirs[0],
                  theirs[REFERENCE_STEPS - 1]);
    for (int step = 0; step < REFERENCE_STEPS; step++)
        ck_assert_msg(fabs(ours[step] - theirs[step]) <= 1e-5 * (1 + theirs[step]),
                      "%s, bn %s, step %d: loss %.9g, in double precision %.9g", kinds[_i].name, kinds[_i].bn, step,
                      ours[step], theirs[step]);
    bm_dataset_free(&d);
}
END_TEST

Suite *precision_suite(void)
{
    Suite *s = suite_create("precision");
    TCase *tests = tcase_create("losses");
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, make_root, remove_root);
    tcase_add_checked_fixture(tests, empty_root, NULL);
    tcase_add_loop_test(tests, losses_follow_double_precision, 0, KINDS);
    suite_add_tcase(s, tests);
    return s;
}
