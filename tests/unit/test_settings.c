/* SPDX-License-Identifier: MIT */
/* test_settings.c - settings of training and files of experiments: read, written back, refused. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "shape.h"
#include "train_fixture.h"

Suite *settings_suite(void);

START_TEST(settings_read_back)
{
    static const char *const values[][2] = {
        { "layers", "3072,512,256,10" }, { "activation", "leaky_relu" }, { "slope", "0.01" }, { "bn", "input+before" },
        { "bn_momentum", "0.01" }, { "bn_eps", "0.001" }, { "bn_variance", "biased" }, { "optimizer", "adam" },
        { "lr", "0.001" }, { "adam_convention", "keras" }, { "batch", "64" }, { "seed", "18446744073709551615" },
        { "init", "he_normal" }, { "shuffle", "off" }, { "validation", "random:0.2" }, { "scaling", "symmetric" },
        { "kernels", "avx2_omp" }, { "target", "0.975" }, { "optimizer_of", "another" }, { "earlier_epochs", "10" },
        { "lr_schedule", "step:30,0.1" }, { "lr_warmup", "500" }, { "dropout", "0.5" }, { "weight_decay", "0.0005" },
        { "clip_norm", "1" }, { "fuse", "off" }, { "init_scale", "0.01" }, { "train_images", "1000" }, { "layers", "784,100x20,50,50,10" },
    };
    struct bm_train_config c = bm_train_defaults(), again = bm_train_defaults();
    char text[BM_TRAIN_VALUE];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        set(&c, values[i][0], values[i][1]);
        ck_assert(bm_train_get(&c, values[i][0], text));
        ck_assert_str_eq(text, values[i][1]);
    }
    for (size_t i = 0; bm_train_key(i); i++)
        if (bm_train_get(&c, bm_train_key(i)->name, text))
            set(&again, bm_train_key(i)->name, text);
    for (size_t i = 0; bm_train_key(i); i++) {
        char other[BM_TRAIN_VALUE];
        if (bm_train_get(&c, bm_train_key(i)->name, text) && bm_train_get(&again, bm_train_key(i)->name, other))
            ck_assert_str_eq(text, other);
    }
    set(&c, "bn_keep", "0.75");
    ck_assert(c.bn_momentum == 0.25);
    set(&c, "seeds", "7, 3,5");
    ck_assert(c.seeds == 3 && c.seed == 7 && c.seed_list[2] == 5);
    ck_assert(!bm_train_get(&c, "seeds", text));
    set(&c, "seed", "9");
    ck_assert(c.seeds == 1 && c.seed == 9 && c.seed_list[0] == 9);
}
END_TEST

START_TEST(bad_experiments_are_refused)
{
    static const struct bad_experiment cases[] = {
        { "lr = 0.1\nlearning_rate = 0.1\n", "x.txt:2: unknown key 'learning_rate'" },
        { "lr = fast\n", "x.txt:1: lr = fast: expected X" },
        { "lr = 0\n", "x.txt:1: lr = 0: out of range" },
        { "lr = nan\n", "x.txt:1: lr = nan: expected X" },
        { "lr = 0.1 0.2\n", "expected X" },
        { "# one\n\nbatch = -1\n", "x.txt:3: batch = -1: expected N" },
        { "batch = 0\n", "batch = 0: out of range" },
        { "batch = 99999999999999999999\n", "expected N" },
        { "epochs\n", "x.txt:1: expected key = value" },
        { "= 3\n", "x.txt:1: expected key = value" },
        { "layers = 784,100x0,10\n", "layers = 784,100x0,10: expected N,N,..." },
        { "layers = 784,100x63,10\n", "more than 64 numbers" },
        { "lr_schedule = step:0,0.1\n", "expected constant | cosine | step:N,X" },
        { "lr_schedule = step:10\n", "expected constant | cosine | step:N,X" },
        { "lr_schedule = step:10,2\n", "expected 1 to 100000 epochs and a factor above 0, at most 1" },
        { "dropout = 1\n", "dropout = 1: out of range" },
        { "layers = 784\n", "at least the input features and the classes" },
        { "layers = 784,,10\n", "expected N,N,..." },
        { "layers = 784,0,10\n", "out of range" },
        { "bn = sideways\n", "expected none | before | after | input[+before|+after]" },
        { "bn = before+after\n", "expected none | before" },
        { "optimizer = sg\n", "expected sgd | momentum | adam" },
        { "optimizer =\n", "expected sgd | momentum | adam" },
        { "validation = first:0\n", "out of range" },
        { "validation = random:1.5\n", "expected a share between 0 and 1" },
        { "validation = last:5\n", "expected first:N | test | random:X" },
        { "lr = 0.1\nlr = 0.2\n", "x.txt:2: 'lr' is set twice" },
        { "[a]\nlr = 0.1\n[a]\n", "x.txt:3: there is already a section" },
        { "[a\n", "x.txt:1: expected [name]" },
        { "[]\n", "a section's name has 1 to 31 characters" },
        { "published.epoch1.speed = 3\n", "x.txt:1: expected published.epochN." },
        { "published.val_loss = 3\n", "x.txt:1: expected published.epochN." },
        { "published.epoch1.val_loss = low\n", "x.txt:1: a published figure is one number" },
        { "epochs = 3\n[a]\npublished.epoch4.loss = 1\n", "x.txt: [a]: a figure for epoch 4, but epochs = 3" },
        { "[a]\nbn = after\nbatch = 1\n", "x.txt: [a]: batch = 1 with BN" },
    };
    check_bad_experiments(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(experiments_are_read)
{
    static struct bm_experiment e;
    struct bm_error error;
    ck_assert(
        bm_experiment_parse(&e, "x.txt", "about = both\r\n lr=0.5 # fast\n[a]\nbn = after\n[b]\nlr = 0.25", &error));
    ck_assert_str_eq(e.about, "both");
    ck_assert_uint_eq(e.variants, 2);
    ck_assert(e.variant[0].config.lr == 0.5 && e.variant[0].config.bn == BM_BN_AFTER);
    ck_assert(e.variant[1].config.lr == 0.25 && e.variant[1].config.bn == BM_BN_NONE);
    ck_assert(bm_experiment_parse(&e, "x.txt", "", &error));
    ck_assert_uint_eq(e.variants, 1);
    ck_assert_str_eq(e.variant[0].name, "default");

    unsigned found = 0;
    for (const struct bm_text *t = bm_builtin_experiments; t->name; t++) {
        ck_assert_msg(bm_experiment_parse(&e, t->name, t->text, &error), "%s", error.text);
        if (strcmp(t->name, "mnist-sgd") == 0) {
            const struct bm_variant *bn = bm_experiment_variant(&e, "bn"), *none = bm_experiment_variant(&e, "no-bn");
            ck_assert(bn && none && bn->config.bn == BM_BN_AFTER && none->config.bn == BM_BN_NONE);
            ck_assert(fabs(bn->config.bn_momentum - 0.01) < 1e-12 && bn->config.bn_variance == BM_VARIANCE_BIASED);
            ck_assert_uint_eq(bn->published_count, 8);
            found++;
        }
    }
    ck_assert_uint_eq(found, 1);
}
END_TEST

Suite *settings_suite(void)
{
    Suite *s = suite_create("settings");
    TCase *text = tcase_create("text");
    tcase_add_test(text, settings_read_back);
    tcase_add_test(text, bad_experiments_are_refused);
    tcase_add_test(text, experiments_are_read);
    suite_add_tcase(s, text);
    return s;
}
