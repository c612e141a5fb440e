/* SPDX-License-Identifier: MIT */
/* test_exact.c - what makes a training run repeatable: dumps and checkpoints. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arrays.h"
#include "checkpoint.h"
#include "dump.h"
#include "npy.h"
#include "remove_tree.h"
#include "seeds.h"
#include "test_folder.h"
#include "train_fixture.h"

Suite *exact_suite(void);

/* ---- dumps ------------------------------------------------------------------------------------ */

static void check_same_history(const struct bm_train_result *a, const struct bm_train_result *b)
{
    ck_assert_uint_eq(a->epochs, b->epochs);
    for (size_t e = 0; e < a->epochs; e++)
        ck_assert_msg(memcmp(&a->epoch[e], &b->epoch[e], offsetof(struct bm_train_epoch, train_seconds)) == 0,
                      "epoch %zu: loss %.17g and %.17g", e + 1, a->epoch[e].loss, b->epoch[e].loss);
    ck_assert(a->test_loss == b->test_loss && a->test_accuracy == b->test_accuracy);
}

static void check_same_arrays(const char *a, const char *b, const struct bm_train_config *c)
{
    struct bm_network net;
    struct bm_plan plan = { .rows = 1 };
    struct bm_array array[BM_MAX_ARRAYS];
    struct bm_error error;
    ck_assert_msg(bm_network_create(&net, c, &plan, 1, &error), "%s", error.text);
    unsigned n = bm_network_arrays(&net, array), compared = 0;
    for (unsigned i = 0; i < n; i++) {
        char left[512], right[512];
        if (array[i].moment)
            continue;
        snprintf(left, sizeof left, "%.256s/%.39s.npy", a, array[i].name);
        snprintf(right, sizeof right, "%.256s/%.39s.npy", b, array[i].name);
        check_same_file(left, right);
        compared++;
    }
    ck_assert_uint_ge(compared, 4);
    bm_network_free(&net);
}

/* From the dump of one seed, another seed repeats the run, bit by bit. */
START_TEST(a_loaded_dump_repeats_the_run)
{
    static const char *const validation[] = { "first:100", "test", "random:0.2" };
    struct bm_dataset d;
    make_data(&d, 530, 70);
    for (int v = 0; v < 3; v++) {
        struct bm_train_config c = patterns("input+before", validation[v]);
        struct bm_train_hooks write = { .files.dump = in_root("a") };
        struct bm_train_hooks again = { .files = { .load = in_root("a"), .dump = in_root("b") } };
        set(&c, "optimizer", "adam");
        set(&c, "init", "torch");
        set(&c, "earlier_epochs", v == 2 ? "1" : "0");
        set(&c, "epochs", v == 2 ? "3" : "4");
        struct bm_train_result a = train(&c, &d, &write);
        set(&c, "seed", "77");
        struct bm_train_result b = train(&c, &d, &again), other = train(&c, &d, NULL);
        check_same_history(&a, &b);
        ck_assert(a.epoch[0].loss != other.epoch[0].loss);
        check_same_arrays(in_root("a/initial"), in_root("b/initial"), &c);
        check_same_arrays(in_root("a/final"), in_root("b/final"), &c);
        check_same_file(in_root("a/order/epoch4.npy"), in_root("b/order/epoch4.npy"));
        check_same_file(in_root("a/loss/epoch4.npy"), in_root("b/loss/epoch4.npy"));
        check_same_file(in_root("a/held_out.npy"), in_root("b/held_out.npy"));
        bm_train_result_free(&a);
        bm_train_result_free(&b);
        bm_train_result_free(&other);
        remove_tree(in_root("a"));
        remove_tree(in_root("b"));
    }
    bm_dataset_free(&d);
}
END_TEST

/* The epoch's loss is the mean of its steps' losses over images, and every image for training is read once. */
START_TEST(a_dump_says_what_happened)
{
    struct bm_dataset d;
    struct bm_error error;
    struct bm_train_hooks hooks = { .files.dump = in_root("a") };
    make_data(&d, 530, 70);
    struct bm_train_config c = patterns("after", "random:0.2");
    struct bm_train_result r = train(&c, &d, &hooks);
    size_t images = 424, held = 106, steps = 14;
    uint32_t order[424 + 106];
    double loss[14], sum = 0;
    bool seen[530] = { false };
    ck_assert(bm_npy_read(in_root("a/order/epoch2.npy"), BM_NPY_U4, 1, &images, order, &error));
    ck_assert(bm_npy_read(in_root("a/held_out.npy"), BM_NPY_U4, 1, &held, order + 424, &error));
    ck_assert(bm_npy_read(in_root("a/loss/epoch2.npy"), BM_NPY_F8, 1, &steps, loss, &error));
    for (size_t i = 0; i < 530; i++) {
        ck_assert(order[i] < 530 && !seen[order[i]]);
        seen[order[i]] = true;
    }
    for (size_t i = 0; i < steps; i++)
        sum += loss[i] * (i < 13 ? 32 : 8) / 424;
    ck_assert(fabs(sum - r.epoch[1].loss) < 1e-12);
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

static void check_refused(const struct bm_train_config *c, const struct bm_dataset *d,
                          const struct bm_train_files *files, const char *message)
{
    struct bm_train_hooks hooks = { .files = *files };
    struct bm_train_result r;
    struct bm_error error;
    ck_assert_msg(!bm_train(c, d, &hooks, &r, &error), "accepted; expected: %s", message);
    ck_assert_msg(strstr(error.text, message), "%s; expected: %s", error.text, message);
}

START_TEST(bad_dumps_are_refused)
{
    struct bm_dataset d;
    struct bm_error error;
    struct bm_train_hooks hooks = { .files.dump = in_root("a") };
    make_data(&d, 530, 70);
    struct bm_train_config c = patterns("after", "first:100"), wide = c;
    set(&c, "epochs", "1");
    struct bm_train_result r = train(&c, &d, &hooks);
    bm_train_result_free(&r);
    struct bm_train_files load = { .load = in_root("a") };
    check_refused(&c, &d, &hooks.files, "a dump of another run is here");
    set(&wide, "layers", "36,23,10");
    check_refused(&wide, &d, &load, "layer1.weight.npy: its shape is (36,24), expected (36,23)");
    check_refused(&c, &d, &(struct bm_train_files){ .load = in_root("b") }, "b/initial/layer1.weight.npy: cannot be");
    check_refused(&c, &d, &(struct bm_train_files){ .dump = in_root("a/config.json") }, "cannot make the folder");

    size_t images = 430, held = 100;
    uint32_t *order = bm_alloc(430 * sizeof *order);
    ck_assert(bm_npy_read(in_root("a/order/epoch1.npy"), BM_NPY_U4, 1, &images, order, &error));
    static const struct { uint32_t row; const char *message; } bad[] = {
        { 530, "row 530, but the training file has only 530 images" },
        { 5, "row 5 is there twice, or is held out for validation as well" },
    };
    for (size_t i = 0; i < 2; i++) {
        struct bm_train_hooks loading = { .files = load };
        order[7] = bad[i].row;
        ck_assert(bm_npy_write(in_root("a/order/epoch1.npy"), BM_NPY_U4, 1, &images, order, &error));
        r = train(&c, &d, &loading);
        ck_assert_int_eq(r.status, BM_EXIT_INPUT);
        ck_assert_msg(strstr(r.reason, bad[i].message), "%s", r.reason);
        ck_assert_uint_eq(r.epochs, 0);
        bm_train_result_free(&r);
    }
    order[8] = 5;
    ck_assert(bm_npy_write(in_root("a/held_out.npy"), BM_NPY_U4, 1, &held, order, &error));
    check_refused(&c, &d, &load, "a/held_out.npy: row 5");
    free(order);
    bm_dataset_free(&d);
}
END_TEST

/* ---- checkpoints ------------------------------------------------------------------------------ */

static volatile sig_atomic_t stop;
static size_t steps_taken;

static void stop_at_step(void *context, size_t epoch, size_t step, size_t steps)
{
    (void)epoch, (void)step, (void)steps;
    stop = ++steps_taken == *(const size_t *)context;
}

/* Of four epochs of 14 steps: stopped after the first step, within the second epoch, at its end, within the last epoch
 * and after the last step. Earlier epochs are among the four. A third of it for sets other than auto: the files
 * take the time. */
START_TEST(resumed_runs_have_the_same_bits)
{
    static const struct { size_t stop; const char *optimizer, *of, *earlier, *epochs; } cases[] = {
        { 1, "momentum", "this", "0", "4" }, { 20, "sgd", "this", "0", "4" },     { 28, "adam", "this", "0", "4" },
        { 55, "adam", "this", "0", "4" },    { 56, "adam", "this", "0", "4" },    { 1, "momentum", "this", "2", "2" },
        { 20, "adam", "this", "2", "2" },    { 28, "adam", "this", "2", "2" },    { 30, "sgd", "this", "2", "2" },
        { 55, "adam", "this", "3", "1" },    { 20, "adam", "another", "0", "4" }, { 20, "adam", "another", "2", "2" },
    };
    struct bm_dataset d;
    if (!set_runs_here(sets[_i]))
        return;
    make_data(&d, 530, 70);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i += strcmp(sets[_i], "auto") == 0 ? 1 : 3) {
        struct bm_train_config c = patterns(i % 2 ? "input+after" : "before", "random:0.2");
        struct bm_train_hooks whole = { .files.dump = in_root("a") };
        struct bm_train_hooks cut = { (void *)(uintptr_t)&cases[i].stop, NULL, stop_at_step, &stop,
                                      { .dump = in_root("b"), .checkpoint = in_root("c") }, NULL };
        set(&c, "kernels", sets[_i]);
        set(&c, "optimizer", cases[i].optimizer);
        set(&c, "optimizer_of", cases[i].of);
        set(&c, "earlier_epochs", cases[i].earlier);
        set(&c, "epochs", cases[i].epochs);
        set(&c, "target", "0.5");
        stop = 0;
        steps_taken = 0;
        struct bm_train_result a = train(&c, &d, &whole), b = train(&c, &d, &cut);
        ck_assert_int_eq(b.status, BM_EXIT_INTERRUPTED);
        ck_assert_uint_lt(b.epochs, c.epochs);
        bm_train_result_free(&b);
        stop = 0;
        cut.files.resume = true;
        cut.step = NULL;
        b = train(&c, &d, &cut);
        ck_assert_int_eq(b.status, BM_EXIT_OK);
        check_same_history(&a, &b);
        check_same_arrays(in_root("a/final"), in_root("b/final"), &c);
        check_same_file(in_root("a/order/epoch4.npy"), in_root("b/order/epoch4.npy"));
        check_same_file(in_root("a/loss/epoch4.npy"), in_root("b/loss/epoch4.npy"));
        ck_assert_uint_eq(a.target_epoch, b.target_epoch);
        ck_assert_uint_eq(a.full_steps, b.full_steps);
        bm_train_result_free(&a);
        bm_train_result_free(&b);
        remove_tree(in_root("a"));
        remove_tree(in_root("b"));
        remove(in_root("c"));
    }
    bm_dataset_free(&d);
}
END_TEST

START_TEST(finished_runs_are_not_repeated)
{
    static const size_t never = 0;
    struct bm_dataset d;
    make_data(&d, 530, 70);
    struct bm_train_config c = patterns("after", "first:100");
    struct bm_train_hooks hooks = { (void *)(uintptr_t)&never, NULL, stop_at_step, &stop,
                                    { .checkpoint = in_root("c"), .resume = true }, NULL };
    set(&c, "max_steps", _i ? "20" : "0");
    struct bm_train_result a = train(&c, &d, &hooks);
    ck_assert_uint_gt(steps_taken, 0);
    steps_taken = 0;
    struct bm_train_result b = train(&c, &d, &hooks);
    ck_assert_uint_eq(steps_taken, 0);
    ck_assert_uint_eq(a.epochs, b.epochs);
    ck_assert_uint_eq(b.epochs, _i ? 2 : 4);
    ck_assert(_i ? isnan(b.test_loss) : a.test_loss == b.test_loss);
    bm_train_result_free(&a);
    bm_train_result_free(&b);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(bad_checkpoints_are_refused)
{
    struct bm_dataset d;
    make_data(&d, 530, 70);
    struct bm_train_config c = patterns("after", "first:100"), other = c;
    struct bm_train_files files = { .checkpoint = in_root("c"), .resume = true };
    struct bm_train_hooks hooks = { .files = files };
    struct bm_error error;
    size_t size;
    set(&c, "epochs", "1");
    struct bm_train_result r = train(&c, &d, &hooks);
    bm_train_result_free(&r);
    char *bytes = read_all(files.checkpoint, &size);

    other = c;
    set(&other, "lr", "0.2");
    check_refused(&other, &d, &files, "it has lr = 0.1, and this run lr = 0.2");
    other = c;
    set(&other, "seed", "1");
    check_refused(&other, &d, &files, "it has seed = 0, and this run seed = 1");
    d.train_images[4711] ^= 1;
    check_refused(&c, &d, &files, "it has data = patterns, 530 and 70 images, checksums");
    d.train_images[4711] ^= 1;

    const size_t sizes[] = { 0, 10, 39, 40, 41, 900, size / 2, size - 1 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        write_all(files.checkpoint, bytes, sizes[i]);
        check_refused(&c, &d, &files, sizes[i] < 40 ? "not a checkpoint" : "truncated or damaged");
    }
    bytes[size] = 'x';
    write_all(files.checkpoint, bytes, size + 1);
    check_refused(&c, &d, &files, "truncated or damaged");
    for (size_t at = 40; at < size; at += 997) {
        bytes[at] ^= 16;
        write_all(files.checkpoint, bytes, size);
        check_refused(&c, &d, &files, "checksum does not match");
        bytes[at] ^= 16;
    }
    bytes[strlen("batchmark checkpoint ")] = '2';
    write_all(files.checkpoint, bytes, size);
    check_refused(&c, &d, &files, "another version of batchmark");

    struct bm_section none = { bytes, 1 };
    char *identity = bm_checkpoint_identity(&c, &d, NULL);
    ck_assert(bm_checkpoint_write(files.checkpoint, identity, &none, 1, &error));
    check_refused(&c, &d, &files, "another version of batchmark");
    ck_assert(bm_checkpoint_write(files.checkpoint, "commit = 0000\n", &none, 1, &error));
    check_refused(&c, &d, &files, "it has commit = 0000, and this run commit = ");
    free(identity);
    free(bytes);
    bm_dataset_free(&d);
}
END_TEST

/* A folder and a checkpoint for each seed; stopped before the first step, gone on with, and asked for once more. */
START_TEST(seeds_side_by_side_are_resumed)
{
    enum { RUNS = 3 };
    struct bm_dataset d;
    struct bm_seed_runs *runs = bm_alloc(sizeof *runs);
    double seconds[RUNS] = { 0 };
    make_data(&d, 530, 70);
    *runs = (struct bm_seed_runs){ .variant = { .name = "v", .config = patterns("after", "random:0.2") },
                                   .files = { .dump = in_root("b"), .checkpoint = in_root("c"), .resume = true },
                                   .apart = true };
    ck_assert_int_eq(mkdir(in_root("c"), 0755), 0);
    for (int turn = 0; turn < 3; turn++) {
        stop = turn == 0;
        for (size_t i = 0; i < RUNS; i++)
            runs->run[i] = (struct bm_seed_run){ .seed = 5 * i };
        bm_run_side_by_side(runs, 0, RUNS, &d, &stop);
        runs->count = RUNS;
        for (size_t i = 0; i < RUNS; i++) {
            const struct bm_train_result *r = &runs->run[i].result;
            ck_assert_int_eq(r->status, turn ? BM_EXIT_OK : BM_EXIT_INTERRUPTED);
            ck_assert_uint_eq(r->epochs, turn ? 4 : 0);
            ck_assert(turn < 2 || r->epoch[3].train_seconds == seconds[i]); /* not trained again */
            seconds[i] = turn ? r->epoch[3].train_seconds : 0;
        }
        bm_seed_runs_free(runs);
    }
    struct bm_train_config c = runs->variant.config;
    set(&c, "threads", "1");
    for (size_t i = 0; i < RUNS; i++) {
        struct bm_train_hooks hooks = { .files.dump = in_root("a") };
        char beside[32];
        c.seed = 5 * i;
        struct bm_train_result r = train(&c, &d, &hooks);
        snprintf(beside, sizeof beside, "b/v-seed%zu/final", 5 * i);
        check_same_arrays(in_root("a/final"), in_root(beside), &c);
        bm_train_result_free(&r);
        remove_tree(in_root("a"));
    }
    free(runs);
    bm_dataset_free(&d);
}
END_TEST

Suite *exact_suite(void)
{
    Suite *s = suite_create("exact");
    TCase *tests = tcase_create("runs");
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, make_root, remove_root);
    tcase_add_checked_fixture(tests, empty_root, NULL);
    tcase_add_test(tests, a_loaded_dump_repeats_the_run);
    tcase_add_test(tests, a_dump_says_what_happened);
    tcase_add_test(tests, bad_dumps_are_refused);
    tcase_add_loop_test(tests, resumed_runs_have_the_same_bits, 0, SETS);
    tcase_add_loop_test(tests, finished_runs_are_not_repeated, 0, 2);
    tcase_add_test(tests, bad_checkpoints_are_refused);
    tcase_add_test(tests, seeds_side_by_side_are_resumed);
    suite_add_tcase(s, tests);
    return s;
}
