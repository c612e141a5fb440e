/* test_train.c - bench/train: gradients of whole networks, optimisers, determinism, agreement of kernel sets,
 * experiment files. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrays.h"
#include "experiment.h"
#include "model.h"
#include "random.h"
#include "reference_net.h"
#include "seeds.h"
#include "shape.h"
#include "train_fixture.h"

Suite *train_suite(void);

/* ---- parameters as double ----------------------------------------------------------------------- */

static double *doubles(const float *from, size_t count)
{
    double *to = bm_alloc(count * sizeof *to);
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
    return to;
}

static unsigned copy_parameters(struct bm_network *net, double *copy[REFERENCE_PARAMETERS])
{
    struct bm_array array[BM_MAX_ARRAYS];
    unsigned n = 0, arrays = bm_network_arrays(net, array);
    for (unsigned i = 0; i < arrays; i++) {
        if (array[i].moment || strstr(array[i].name, "running"))
            continue;
        float *dense = bm_alloc(bm_array_count(&array[i]) * sizeof *dense);
        bm_array_get(&array[i], dense);
        copy[n++] = doubles(dense, bm_array_count(&array[i]));
        free(dense);
    }
    return n;
}

static void free_all(double *const copy[], unsigned n)
{
    for (unsigned p = 0; p < n; p++)
        free(copy[p]);
}

static void fill_batch(struct bm_network *net, size_t rows, uint64_t seed)
{
    const struct bm_train_config *c = net->config;
    for (size_t i = 0; i < rows * c->width[0]; i++)
        net->x[i] = 0.3f + bm_uniform(seed, i);
    for (size_t n = 0; n < rows; n++)
        net->label[n] = bm_integer(seed + 1, n, 0, (int)c->width[c->widths - 1] - 1);
}

/* Biases, gammas and betas start at 0 and 1, which hides mistakes. */
static void disturb(struct bm_network *net, uint64_t seed)
{
    struct bm_parameter *list[REFERENCE_PARAMETERS];
    unsigned n = reference_list(net, list);
    for (unsigned p = 0; p < n; p++)
        for (size_t i = 0; i < list[p]->count; i++)
            list[p]->w[i] += 0.4f * bm_uniform(seed + p, i);
}

static void create(struct bm_network *net, const struct bm_train_config *c, struct bm_plan *plan, unsigned plans)
{
    struct bm_error error;
    ck_assert_msg(bm_network_create(net, c, plan, plans, &error), "%s", error.text);
}

/* ---- gradients -------------------------------------------------------------------------------- */

static void check_gradients(const struct bm_train_config *c, size_t rows, const char *what)
{
    struct bm_network net;
    struct bm_plan plan = { .training = true, .rows = rows };
    double *copy[REFERENCE_PARAMETERS], margin = 0, largest = 0;
    unsigned n = 0;
    create(&net, c, &plan, 1);
    for (uint64_t seed = 1; margin < 2e-3; seed++) { /* away from the kinks */
        ck_assert_msg(seed < 200, "%s: no seed keeps away from the kinks", what);
        free_all(copy, n);
        bm_network_initialise(&net);
        disturb(&net, 100 * seed);
        fill_batch(&net, rows, seed);
        n = copy_parameters(&net, copy);
        reference_loss(c, copy, net.x, net.label, rows, NULL, &margin);
    }
    bm_network_run(&net, &plan, NULL, NULL);

    struct bm_parameter *list[REFERENCE_PARAMETERS];
    reference_list(&net, list);
    for (unsigned p = 0; p < n; p++)
        for (size_t i = 0; i < list[p]->count; i++)
            largest = fmax(largest, fabs(list[p]->g[i]));
    ck_assert_msg(largest > 1e-3, "%s: no gradient at all", what);
    for (unsigned p = 0; p < n; p++)
        for (size_t i = 0; i < list[p]->count; i++) {
            double w = copy[p][i], h = 1e-5, up, down;
            copy[p][i] = w + h;
            up = reference_loss(c, copy, net.x, net.label, rows, NULL, &margin);
            copy[p][i] = w - h;
            down = reference_loss(c, copy, net.x, net.label, rows, NULL, &margin);
            copy[p][i] = w;
            double numeric = (up - down) / (2 * h), got = list[p]->g[i];
            ck_assert_msg(fabs(got - numeric) <= 1e-5 * (largest + fabs(numeric)),
                          "%s: parameter array %u, element %zu: gradient %.9g, central difference %.9g", what, p, i,
                          got, numeric);
        }
    free_all(copy, n);
    bm_network_free(&net);
}

START_TEST(gradients_match_central_differences)
{
    static const char *const layers[] = { "7,5,3", "5,9,17,2", "18,4" };
    unsigned ran = 0;
    /* fused never stores a gradient: its steps are compared, here and with double precision in test_exact.c */
    if (!set_runs_here(sets[_i]) || strcmp(sets[_i], "fused") == 0)
        return;
    for (size_t l = 0; l < sizeof layers / sizeof *layers; l++)
        for (int p = 0; p < PLACES; p++)
            for (int leaky = 0; leaky < 2; leaky++) {
                char what[128];
                struct bm_train_config c = small(layers[l], places[p], sets[_i]);
                set(&c, "activation", leaky ? "leaky_relu" : "relu");
                snprintf(what, sizeof what, "%s, bn %s, %s, %s", layers[l], places[p], leaky ? "leaky_relu" : "relu",
                         sets[_i]);
                check_gradients(&c, 6 + l, what);
                ran++;
            }
    ck_assert_uint_eq(ran, 3 * PLACES * 2);
}
END_TEST

START_TEST(evaluation_uses_running_statistics)
{
    for (int p = 0; p < PLACES; p++)
        for (int leaky = 0; leaky < 2; leaky++) {
            struct bm_train_config c = small("9,11,6,4", places[p], sets[_i]);
            set(&c, "activation", leaky ? "leaky_relu" : "relu");
            if (!set_runs_here(sets[_i]))
                continue;
            struct bm_network net;
            struct bm_plan plan[2] = { { .training = true, .rows = 16 }, { .training = false, .rows = 5 } };
            create(&net, &c, plan, 2);
            disturb(&net, 3);
            for (uint64_t step = 0; step < 20; step++) {
                fill_batch(&net, 16, step);
                bm_network_run(&net, &plan[0], NULL, NULL);
            }
            double *copy[REFERENCE_PARAMETERS], margin, loss = 0, want;
            unsigned n = copy_parameters(&net, copy);
            fill_batch(&net, 5, 77);
            want = reference_loss(&c, copy, net.x, net.label, 5, &net, &margin);
            bm_network_run(&net, &plan[1], NULL, NULL);
            for (int i = 0; i < 5; i++)
                loss += net.loss[i] / 5.0;
            ck_assert_msg(fabs(loss - want) <= 1e-5 * (1 + fabs(want)), "bn %s, %s: %.9g, expected %.9g", places[p],
                          sets[_i], loss, want);
            free_all(copy, n);
            bm_network_free(&net);
        }
}
END_TEST

/* Each optimiser against its formula in double, fed with the gradients that the network computed. */
START_TEST(optimizers_follow_their_conventions)
{
    static const char *const how[][2] = {
        { "sgd", "torch" }, { "momentum", "torch" }, { "adam", "torch" }, { "adam", "keras" },
    };
    struct bm_train_config c = small("7,5,3", "after", "naive");
    struct bm_network net;
    struct bm_plan plan = { .training = true, .rows = 8 };
    set(&c, "optimizer", how[_i][0]);
    set(&c, "adam_convention", how[_i][1]);
    set(&c, "adam_eps", "0.01");
    create(&net, &c, &plan, 1);
    double *w = doubles(net.layer[0].weight.w, 35), m[35] = { 0 }, v[35] = { 0 };
    for (int t = 1; t <= 10; t++) {
        fill_batch(&net, 8, (uint64_t)t);
        bm_network_run(&net, &plan, NULL, NULL);
        for (int i = 0; i < 35; i++) {
            double g = net.layer[0].weight.g[i], c1 = 1 - pow(0.9, t), c2 = 1 - pow(0.999, t);
            if (_i == 0)
                w[i] -= 0.01 * g;
            else if (_i == 1)
                w[i] -= 0.01 * (m[i] = 0.9 * m[i] + g);
            else {
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                w[i] -= _i == 2 ? 0.01 * (m[i] / c1) / (sqrt(v[i] / c2) + 0.01)
                                : 0.01 * sqrt(c2) / c1 * m[i] / (sqrt(v[i]) + 0.01);
            }
            ck_assert_msg(fabs(w[i] - net.layer[0].weight.w[i]) < 2e-6, "%s %s, step %d: %.9g, expected %.9g",
                          how[_i][0], how[_i][1], t, net.layer[0].weight.w[i], w[i]);
        }
    }
    free(w);
    bm_network_free(&net);
}
END_TEST

/* ---- kernel sets and determinism -------------------------------------------------------------- */

enum { CURVE = 100 };

static void learning_curve(const char *kernels, const char *bn, double loss[CURVE])
{
    struct bm_train_config c = small("37,50,21,10", bn, kernels);
    struct bm_network net;
    struct bm_plan plan = { .training = true, .rows = 32 };
    create(&net, &c, &plan, 1);
    for (int step = 0; step < CURVE; step++) {
        fill_batch(&net, 32, (uint64_t)step % 7);
        bm_network_run(&net, &plan, NULL, NULL);
        loss[step] = 0;
        for (int i = 0; i < 32; i++)
            loss[step] += net.loss[i] / 32.0;
    }
    bm_network_free(&net);
}

static void check_learns_like_naive(const char *kernels)
{
    double want[CURVE], got[CURVE];
    if (!set_runs_here(kernels))
        return;
    for (int p = 0; p < PLACES; p++) {
        learning_curve("naive", places[p], want);
        learning_curve(kernels, places[p], got);
        ck_assert_msg(want[CURVE - 1] < 0.98 * want[0], "bn %s: nothing was learnt: %g to %g", places[p], want[0],
                      want[CURVE - 1]);
        for (int step = 0; step < CURVE; step++)
            ck_assert_msg(fabs(got[step] - want[step]) <= 1e-4 * want[step],
                          "bn %s, step %d: %s has loss %.9g, naive %.9g", places[p], step, kernels, got[step],
                          want[step]);
    }
}

START_TEST(kernel_sets_learn_alike) { check_learns_like_naive(sets[_i]); }
END_TEST

static const char *const peers[] = { "openblas", "blis", "onednn" };

START_TEST(products_of_peers_learn_alike) { check_learns_like_naive(peers[_i]); }
END_TEST

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

/* ---- the trainer ------------------------------------------------------------------------------ */

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

/* ---- tables and texts ------------------------------------------------------------------------- */

START_TEST(parameters_are_counted)
{
    static const struct { const char *layers, *bn; size_t trainable, fixed; } cases[] = {
        { "784,300,100,10", "none", 266610, 0 },
        { "784,300,100,10", "after", 267410, 800 },
        { "784,300,100,10", "input+after", 268978, 2368 },
        { "784,128,64,10", "none", 109386, 0 },
        { "784,128,64,10", "before", 109770, 384 },
        { "3072,512,256,10", "before", 1708810, 1536 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bm_train_config c = small(cases[i].layers, cases[i].bn, "naive");
        struct bm_model_row total = bm_model_total(&c);
        struct bm_network net;
        struct bm_plan plan = { .training = true, .rows = 2 };
        struct bm_parameter *list[REFERENCE_PARAMETERS];
        size_t have = 0;
        create(&net, &c, &plan, 1);
        unsigned n = reference_list(&net, list);
        for (unsigned p = 0; p < n; p++)
            have += list[p]->count;
        ck_assert_uint_eq(total.trainable, cases[i].trainable);
        ck_assert_uint_eq(total.fixed, cases[i].fixed);
        ck_assert_uint_eq(have, cases[i].trainable);
        bm_network_free(&net);
    }
}
END_TEST

/* BN before the activation normalises by the statistics that the layer's product has just made, in training only. */
START_TEST(products_make_statistics)
{
    struct bm_train_config c = small("37,50,21,10", "input+before", "auto");
    struct bm_network net;
    struct bm_plan plan[] = { { .training = true, .rows = 8 }, { .rows = 8 } };
    create(&net, &c, plan, 2);
    for (unsigned p = 0; p < 2; p++) {
        unsigned products = 0, given = 0;
        for (unsigned i = 0; i < plan[p].calls; i++) {
            const struct bm_call *call = &plan[p].call[i], *product = i ? call - 1 : call;
            if (call->phase == BM_GEMM_FORWARD && bm_epilogue_stats(call->shape.epilogue))
                products++;
            if (call->phase != BM_BN_FORWARD || !call->shape.given)
                continue;
            given++;
            ck_assert(product->args.gemm.C == call->args.bn.x && product->args.gemm.mean == call->args.bn.given_mean &&
                      product->args.gemm.var == call->args.bn.given_var);
        }
        ck_assert_uint_eq(products, plan[p].training ? 2 : 0);
        ck_assert_uint_eq(given, products);
    }
    bm_network_free(&net);
}
END_TEST

START_TEST(calls_are_listed_once)
{
    struct bm_train_config c = small("784,300,100,10", "after", "naive");
    struct bm_network net;
    struct bm_plan plan = { .training = true, .rows = 32 };
    struct bm_distinct distinct[BM_MAX_CALLS];
    unsigned calls = 0, optimizer = 0;
    create(&net, &c, &plan, 1);
    unsigned n = bm_plan_distinct(&plan, distinct);
    for (unsigned i = 0; i < n; i++) {
        calls += distinct[i].count;
        if (distinct[i].call->phase == BM_OPTIMIZER && distinct[i].call->shape.N == 300)
            optimizer = distinct[i].count;
    }
    ck_assert_uint_eq(calls, plan.calls);
    ck_assert_uint_eq(optimizer, 3); /* bias, gamma, beta */
    bm_network_free(&net);
}
END_TEST

START_TEST(settings_read_back)
{
    static const char *const values[][2] = {
        { "layers", "3072,512,256,10" }, { "activation", "leaky_relu" }, { "slope", "0.01" }, { "bn", "input+before" },
        { "bn_momentum", "0.01" }, { "bn_eps", "0.001" }, { "bn_variance", "biased" }, { "optimizer", "adam" },
        { "lr", "0.001" }, { "adam_convention", "keras" }, { "batch", "64" }, { "seed", "18446744073709551615" },
        { "init", "he_normal" }, { "shuffle", "off" }, { "validation", "random:0.2" }, { "scaling", "symmetric" },
        { "kernels", "avx2_omp" }, { "target", "0.975" }, { "optimizer_of", "another" }, { "earlier_epochs", "10" },
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
        { "layers = 784\n", "at least the input features and the classes" },
        { "layers = 784,,10\n", "expected N,N,..." },
        { "layers = 784,0,10\n", "out of range" },
        { "layers = 1,1,1,1,1,1,1,1,1,1,1,1,10\n", "more than 12 numbers" },
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

Suite *train_suite(void)
{
    Suite *s = suite_create("train");
    TCase *network = tcase_create("network"), *trainer = tcase_create("trainer"), *text = tcase_create("text");
    tcase_set_timeout(network, 120);
    tcase_set_timeout(trainer, 120);
    tcase_add_loop_test(network, gradients_match_central_differences, 0, SETS);
    tcase_add_loop_test(network, evaluation_uses_running_statistics, 0, SETS);
    tcase_add_loop_test(network, optimizers_follow_their_conventions, 0, 4);
    tcase_add_loop_test(network, kernel_sets_learn_alike, 0, SETS);
    tcase_add_loop_test(network, products_of_peers_learn_alike, 0, sizeof peers / sizeof *peers);
    tcase_add_loop_test(trainer, same_seed_same_bits, 0, SETS);
    tcase_add_test(trainer, separable_patterns_are_learnt);
    tcase_add_test(trainer, last_batch_is_trained);
    tcase_add_test(trainer, last_batch_of_one_is_left_out_with_bn_only);
    tcase_add_test(trainer, divergence_is_reported);
    tcase_add_test(trainer, interruption_keeps_finished_epochs);
    tcase_add_test(trainer, earlier_epochs_are_trained_and_not_counted);
    tcase_add_test(trainer, the_optimizer_of_another_model_moves_nothing);
    tcase_add_test(trainer, the_loss_of_the_first_steps_is_kept);
    tcase_add_test(trainer, seeds_side_by_side_are_the_same_runs);
    tcase_add_test(trainer, a_step_limit_cuts_the_epoch);
    tcase_add_test(trainer, what_does_not_fit_is_refused);
    tcase_add_test(text, parameters_are_counted);
    tcase_add_test(text, products_make_statistics);
    tcase_add_test(text, calls_are_listed_once);
    tcase_add_test(text, settings_read_back);
    tcase_add_test(text, bad_experiments_are_refused);
    tcase_add_test(text, experiments_are_read);
    suite_add_tcase(s, network);
    suite_add_tcase(s, trainer);
    suite_add_tcase(s, text);
    return s;
}
