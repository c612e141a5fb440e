/* test_exact.c - what makes a training run repeatable: .npy files, dumps, checkpoints, and the double-precision network
 * that its losses are held against. */
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
#include "reference_net.h"
#include "remove_tree.h"
#include "seeds.h"
#include "train_fixture.h"

Suite *exact_suite(void);

static char root[] = "/tmp/batchmark-exact.XXXXXX"; /* the tests' folder */

/* root/name; the last eight stay valid. */
static const char *in_root(const char *name)
{
    static char path[8][256];
    static unsigned next;
    char *p = path[next++ % 8];
    snprintf(p, sizeof *path, "%s/%s", root, name);
    return p;
}

static char *read_all(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s is not there", path);
    char *bytes = bm_alloc(1 << 20);
    *size = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

static void write_all(const char *path, const char *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    fclose(f);
}

static void check_same_file(const char *a, const char *b)
{
    size_t n, m;
    char *left = read_all(a, &n), *right = read_all(b, &m);
    ck_assert_msg(n == m && memcmp(left, right, n) == 0, "%s and %s differ", a, b);
    free(left);
    free(right);
}

/* ---- .npy ------------------------------------------------------------------------------------- */

START_TEST(arrays_read_back)
{
    static const size_t shape[4] = { 2, 3, 1, 5 };
    static const size_t bytes[] = { [BM_NPY_F4] = 4, [BM_NPY_F8] = 8, [BM_NPY_I4] = 4, [BM_NPY_U4] = 4,
                                    [BM_NPY_U1] = 1 };
    struct bm_error error;
    char from[240], to[240];
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (char)(37 * i + 1);
    for (int type = BM_NPY_F4; type <= BM_NPY_U1; type++)
        for (unsigned dims = 0; dims <= 4; dims++) {
            size_t n = bytes[type];
            for (unsigned d = 0; d < dims; d++)
                n *= shape[d];
            memset(to, 0, sizeof to);
            ck_assert(bm_npy_write(in_root("a.npy"), (enum bm_npy_type)type, dims, shape, from, &error));
            ck_assert_msg(bm_npy_read(in_root("a.npy"), (enum bm_npy_type)type, dims, shape, to, &error), "%s",
                          error.text);
            ck_assert(memcmp(from, to, n) == 0);
        }
    size_t none = 0;
    ck_assert(bm_npy_write(in_root("a.npy"), BM_NPY_F4, 1, &none, NULL, &error));
    ck_assert(bm_npy_read(in_root("a.npy"), BM_NPY_F4, 1, &none, NULL, &error));
}
END_TEST

/* What numpy 1.24 saves of array([[1, 2, 3]], dtype='f4'), to the byte. */
START_TEST(files_are_those_of_numpy)
{
    static const char text[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }";
    static const float value[3] = { 1, 2, 3 };
    const size_t shape[2] = { 1, 3 };
    struct bm_error error;
    char want[128 + sizeof value];
    size_t size;
    memset(want, ' ', 128);
    memcpy(want, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(want + 10, text, sizeof text - 1);
    want[127] = '\n';
    memcpy(want + 128, value, sizeof value);
    ck_assert(bm_npy_write(in_root("a.npy"), BM_NPY_F4, 2, shape, value, &error));
    char *got = read_all(in_root("a.npy"), &size);
    ck_assert_uint_eq(size, sizeof want);
    ck_assert(memcmp(got, want, size) == 0);
    free(got);
}
END_TEST

/* Puts a file of a 2 x 3 array of f4 there, with `found` replaced by `put` in its header (of the same length), or with
 * `size` bytes only. */
static void spoil(const char *path, const char *found, const char *put, size_t size)
{
    static const float value[7] = { 1, 2, 3, 4, 5, 6, 7 };
    const size_t shape[2] = { 2, 3 };
    struct bm_error error;
    size_t whole;
    ck_assert(bm_npy_write(path, BM_NPY_F4, 2, shape, value, &error));
    char *bytes = read_all(path, &whole), *at = memmem(bytes, whole, found, strlen(found));
    ck_assert_ptr_nonnull(at);
    memcpy(at, put, strlen(put));
    write_all(path, bytes, size ? size : whole);
    free(bytes);
}

START_TEST(bad_arrays_are_refused)
{
    static const struct { const char *found, *put; size_t size; const char *message; } cases[] = {
        { "<f4", "<f8", 0, "its type is '<f8', expected '<f4'" },
        { "<f4", ">f4", 0, "its type is '>f4', expected '<f4'" },
        { "False", "True ", 0, "in Fortran order, expected C order" },
        { "(2, 3)", "(3, 2)", 0, "its shape is (3,2), expected (2,3)" },
        { "(2, 3)", "(6,)  ", 0, "its shape is (6,), expected (2,3)" },
        { "shape", "sharp", 0, "its shape is , expected (2,3)" },
        { "NUMPY\x01", "NUMPY\x02", 0, "format 2.0, expected 1.0" },
        { "NUMPY", "NUMPI", 0, "not a .npy file" },
        { "NUMPY", "NUMPY", 7, "not a .npy file" },
        { "NUMPY", "NUMPY", 60, "truncated within its header" },
        { "NUMPY", "NUMPY", 151, "truncated: expected 24 bytes of data, found 23" },
        { "NUMPY", "NUMPY", 153, "too long: more than the 24 bytes" },
    };
    const size_t shape[2] = { 2, 3 };
    struct bm_error error;
    float to[6];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spoil(in_root("a.npy"), cases[i].found, cases[i].put, cases[i].size);
        ck_assert_msg(!bm_npy_read(in_root("a.npy"), BM_NPY_F4, 2, shape, to, &error), "accepted: %s",
                      cases[i].message);
        ck_assert_msg(strstr(error.text, cases[i].message) && strstr(error.text, "a.npy"), "%s", error.text);
    }
    ck_assert(!bm_npy_read(in_root("none.npy"), BM_NPY_F4, 2, shape, to, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "none.npy: cannot be opened"));
    ck_assert(!bm_npy_write(in_root("no/a.npy"), BM_NPY_F4, 2, shape, to, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "no/a.npy"));
    /* What others write, with blanks and the keys in another order. */
    spoil(in_root("a.npy"), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
          "{'shape':( 2,3),'fortran_order':False ,   'descr' : '<f4' }", 0);
    ck_assert_msg(bm_npy_read(in_root("a.npy"), BM_NPY_F4, 2, shape, to, &error), "%s", error.text);
    ck_assert(to[5] == 6);
}
END_TEST

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
                                      { .dump = in_root("b"), .checkpoint = in_root("c") } };
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
                                    { .checkpoint = in_root("c"), .resume = true } };
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

/* ---- against double precision ----------------------------------------------------------------- */

enum { REFERENCE_STEPS = 200 };

/* The networks of the five experiments in small: same kinds, same settings. */
static const struct { const char *name, *bn, *activation, *init, *optimizer, *lr, *convention, *adam_eps, *batch,
                      *bn_eps, *scaling; } kinds[] = {
    { "fashion-lab", "none", "relu", "glorot_uniform", "adam", "1e-3", "keras", "1e-7", "32", "1e-3", "unit" },
    { "fashion-lab", "after", "relu", "glorot_uniform", "adam", "1e-3", "keras", "1e-7", "32", "1e-3", "unit" },
    { "mnist-sgd", "none", "relu", "glorot_uniform", "sgd", "0.01", "torch", "1e-8", "32", "1e-3", "unit" },
    { "mnist-sgd", "after", "relu", "glorot_uniform", "sgd", "0.01", "torch", "1e-8", "16", "1e-3", "unit" },
    { "cifar-adam", "none", "relu", "torch", "adam", "1e-3", "torch", "1e-8", "64", "1e-5", "symmetric" },
    { "cifar-adam", "before", "relu", "torch", "adam", "1e-3", "torch", "1e-8", "64", "1e-5", "symmetric" },
    { "fashion-leaky", "none", "leaky_relu", "he_normal", "sgd", "1e-3", "torch", "1e-8", "32", "1e-3", "unit" },
    { "fashion-leaky", "none", "leaky_relu", "he_normal", "sgd", "0.01", "torch", "1e-8", "32", "1e-3", "unit" },
    { "fashion-leaky", "input+after", "relu", "glorot_uniform", "sgd", "0.01", "torch", "1e-8", "32", "1e-3", "unit" },
    { "mnist-adam", "none", "relu", "torch", "adam", "1e-3", "torch", "1e-8", "32", "1e-5", "symmetric" },
    { "mnist-adam", "before", "relu", "torch", "adam", "1e-3", "torch", "1e-8", "32", "1e-5", "symmetric" },
    { "momentum", "after", "relu", "he_normal", "momentum", "0.01", "torch", "1e-8", "32", "1e-3", "unit" },
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

/* Around all tests, in the process that does not die when one fails: nothing is left in /tmp. */
static void make_root(void) { ck_assert_ptr_nonnull(mkdtemp(root)); }
static void remove_root(void) { remove_tree(root); }

/* Around each test: its folder is empty. */
static void empty_root(void)
{
    remove_tree(root);
    ck_assert_int_eq(mkdir(root, 0755), 0);
}

Suite *exact_suite(void)
{
    Suite *s = suite_create("exact");
    TCase *files = tcase_create("files"), *runs = tcase_create("runs");
    TCase *const both[] = { files, runs };
    for (int i = 0; i < 2; i++) {
        tcase_set_timeout(both[i], 120);
        tcase_add_unchecked_fixture(both[i], i ? NULL : make_root, i ? remove_root : NULL);
        tcase_add_checked_fixture(both[i], empty_root, NULL);
        suite_add_tcase(s, both[i]);
    }
    tcase_add_test(files, arrays_read_back);
    tcase_add_test(files, files_are_those_of_numpy);
    tcase_add_test(files, bad_arrays_are_refused);
    tcase_add_test(runs, a_loaded_dump_repeats_the_run);
    tcase_add_test(runs, a_dump_says_what_happened);
    tcase_add_test(runs, bad_dumps_are_refused);
    tcase_add_loop_test(runs, resumed_runs_have_the_same_bits, 0, SETS);
    tcase_add_loop_test(runs, finished_runs_are_not_repeated, 0, 2);
    tcase_add_test(runs, bad_checkpoints_are_refused);
    tcase_add_test(runs, seeds_side_by_side_are_resumed);
    tcase_add_loop_test(runs, losses_follow_double_precision, 0, KINDS);
    return s;
}
