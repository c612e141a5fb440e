/* SPDX-License-Identifier: MIT */
/* test_network.c - bench/train/network.h: gradients of whole networks, optimisers, agreement of kernel sets, and the
 * calls of a pass. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "initialise.h"
#include "model_table.h"
#include "reference_net.h"
#include "train_fixture.h"

Suite *network_suite(void);

/* ---- gradients -------------------------------------------------------------------------------- */

static void check_gradients(const struct bm_train_config *c, size_t rows, const char *what)
{
    struct bm_network net;
    struct bm_plan plan = { .training = true, .rows = rows };
    double *copy[REFERENCE_PARAMETERS], margin = 0, largest = 0;
    unsigned n = 0;
    create(&net, c, &plan, 1);
    reference_dropout_step = 1;
    for (uint64_t seed = 1; margin < 2e-3; seed++) { /* away from the kinks */
        ck_assert_msg(seed < 200, "%s: no seed keeps away from the kinks", what);
        free_all(copy, n);
        bm_network_initialise(&net);
        disturb(&net, 100 * seed);
        if (net.input.width) { /* what a gradient of gamma by division fails on, or loses all its digits */
            net.input.gamma.w[1] = 0;
            net.input.gamma.w[2] = 1e-5F;
        }
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

static const char *const activations[] = { "relu", "leaky_relu", "sigmoid", "tanh" };
enum { ACTIVATIONS = sizeof activations / sizeof *activations };

START_TEST(gradients_match_central_differences)
{
    static const char *const layers[] = { "7,5,3", "5,9,17,2", "18,4" };
    unsigned ran = 0;
    /* region never stores a gradient: its steps are compared, here and with double precision in test_precision.c */
    if (!set_runs_here(sets[_i]) || strcmp(sets[_i], "region") == 0)
        return;
    for (size_t l = 0; l < sizeof layers / sizeof *layers; l++)
        for (int p = 0; p < PLACES; p++)
            for (int k = 0; k < 2 * ACTIVATIONS; k++) { /* each with dropout, too */
                char what[128];
                struct bm_train_config c = small(layers[l], places[p], sets[_i]);
                set(&c, "activation", activations[k / 2]);
                set(&c, "dropout", k % 2 ? "0.4" : "0");
                snprintf(what, sizeof what, "%s, bn %s, %s, dropout %g, %s", layers[l], places[p], activations[k / 2],
                         c.dropout, sets[_i]);
                check_gradients(&c, 6 + l, what);
                ran++;
            }
    ck_assert_uint_eq(ran, 3 * PLACES * 2 * ACTIVATIONS);
}
END_TEST

/* Layer, RMS and group norm in BN's place; in evaluation they are as in training. */
START_TEST(gradients_of_other_norms)
{
    static const char *const norms[] = { "layer", "rms", "group" }, *const where[] = { "before", "after" };
    if (!set_runs_here(sets[_i]))
        return;
    for (int k = 0; k < 3 * 2 * ACTIVATIONS; k++) {
        char what[128];
        double loss[2] = { 0, 0 };
        struct bm_train_config c = small("5,8,18,3", where[k / 3 % 2], sets[_i]);
        set(&c, "norm", norms[k % 3]);
        set(&c, "groups", "2");
        set(&c, "activation", activations[k / 6]);
        snprintf(what, sizeof what, "%s norm %s %s, %s", norms[k % 3], where[k / 3 % 2], activations[k / 6], sets[_i]);
        check_gradients(&c, 7, what);
        struct bm_network net;
        struct bm_plan plan[2] = { { .training = true, .rows = 7 }, { .training = false, .rows = 7 } };
        create(&net, &c, plan, 2);
        disturb(&net, 5);
        fill_batch(&net, 7, 9);
        for (int p = 1; p >= 0; p--) { /* the training pass moves the weights */
            bm_network_run(&net, &plan[p], NULL, NULL);
            for (int i = 0; i < 7; i++)
                loss[p] += net.loss[i] / 7.0;
        }
        ck_assert_msg(fabs(loss[0] - loss[1]) <= 1e-6 * (1 + loss[0]), "%s: %.9g and %.9g", what, loss[0], loss[1]);
        bm_network_free(&net);
    }
}
END_TEST

/* BN and ReLU in two kernels: the same network. What is `region` fused is `auto` apart, with weights laid out otherwise. */
START_TEST(apart_as_fused)
{
    enum { ROWS = 12 };
    if (!set_runs_here(sets[_i]) || strcmp(sets[_i], "region") == 0)
        return;
    for (int k = 0; k < 2 * PLACES; k++) {
        double loss[2][2] = { { 0 } };
        char what[128];
        struct bm_train_config c = small("9,24,18,4", places[k / 2], sets[_i]);
        set(&c, "activation", activations[k % 2]);
        snprintf(what, sizeof what, "bn %s, %s, %s", places[k / 2], activations[k % 2], sets[_i]);
        for (int fuse = 0; fuse < 2; fuse++) {
            struct bm_network net;
            struct bm_plan plan[2] = { { .training = true, .rows = ROWS }, { .training = false, .rows = ROWS } };
            set(&c, "fuse", fuse ? "on" : "off");
            create(&net, &c, plan, 2);
            disturb(&net, 3);
            for (unsigned i = 0; i < plan[0].calls && !fuse; i++)
                ck_assert(!plan[0].call[i].op || !strstr(plan[0].call[i].op->name, "bn") ||
                          !strstr(plan[0].call[i].op->name, "relu"));
            for (uint64_t step = 0; step < 10; step++) {
                fill_batch(&net, ROWS, step);
                bm_network_run(&net, &plan[step == 9], NULL, NULL); /* at last by running statistics */
                for (int i = 0; i < ROWS && step >= 8; i++)
                    loss[fuse][step == 9] += (double)net.loss[i] / ROWS;
            }
            bm_network_free(&net);
            if (!fuse)
                check_gradients(&c, 7, what);
        }
        for (int i = 0; i < 2; i++)
            ck_assert_msg(fabs(loss[0][i] - loss[1][i]) <= 1e-5 * (1 + loss[1][i]), "%s: %.9g apart, %.9g fused", what,
                          loss[0][i], loss[1][i]);
    }
}
END_TEST

START_TEST(evaluation_uses_running_statistics)
{
    for (int p = 0; p < PLACES; p++)
        for (int k = 0; k < 2 * ACTIVATIONS; k++) {
            struct bm_train_config c = small("9,11,6,4", places[p], sets[_i]);
            set(&c, "activation", activations[k / 2]);
            set(&c, "dropout", k % 2 ? "0.4" : "0");
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

static size_t class_of(const float *z, size_t classes)
{
    size_t best = 0;
    for (size_t i = 1; i < classes; i++)
        if (z[i] > z[best])
            best = i;
    return best;
}

/* Inference after folding gives the last layer's sums again, within rounding, and the same classes. */
static void check_folded(const char *bn, bool leaky, const char *kernels)
{
    enum { ROWS = 200 };
    struct bm_train_config c = small("9,21,16,4", bn, kernels), without = small("9,21,16,4", "none", kernels);
    struct bm_network net, folded;
    struct bm_plan plan[2] = { { .training = true, .rows = 16 }, { .rows = ROWS } }, inference = { .rows = ROWS };
    set(&c, "activation", leaky ? "leaky_relu" : "relu");
    set(&without, "activation", leaky ? "leaky_relu" : "relu");
    create(&net, &c, plan, 2);
    create(&folded, &without, &inference, 1);
    disturb(&net, 3);
    for (uint64_t step = 0; step < 20; step++) {
        fill_batch(&net, 16, step);
        bm_network_run(&net, &plan[0], NULL, NULL);
    }
    bm_fold_bn(&net, &folded);
    fill_batch(&net, ROWS, 77);
    fill_batch(&folded, ROWS, 77);
    bm_network_run(&net, &plan[1], NULL, NULL);
    bm_network_run(&folded, &inference, NULL, NULL);
    const struct bm_layer *want = &net.layer[2], *got = &folded.layer[2];
    float largest = 0;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < want->out; j++)
            largest = fmaxf(largest, fabsf(want->z[i * want->ld + j]));
    ck_assert_msg(largest > 0.1F && largest < 1e3F, "bn %s: sums of %g", bn, largest);
    for (size_t i = 0; i < ROWS; i++) {
        const float *w = want->z + i * want->ld, *g = got->z + i * got->ld;
        for (size_t j = 0; j < want->out; j++)
            ck_assert_msg(fabsf(g[j] - w[j]) <= 1e-5F * largest, "bn %s, %s, row %zu: %.9g, unfolded %.9g", bn, kernels, i, g[j],
                          w[j]);
        ck_assert_uint_eq(class_of(g, want->out), class_of(w, want->out));
    }
    bm_network_free(&net);
    bm_network_free(&folded);
}

START_TEST(bn_folds)
{
    for (int p = 0; p < PLACES; p++)
        for (int leaky = 0; leaky < 2; leaky++)
            if (set_runs_here(sets[_i]))
                check_folded(places[p], leaky, sets[_i]);
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

/* ---- kernel sets ------------------------------------------------------------------------------ */

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

/* ---- parameters and calls --------------------------------------------------------------------- */

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

Suite *network_suite(void)
{
    Suite *s = suite_create("network");
    TCase *results = tcase_create("results"), *calls = tcase_create("calls");
    tcase_set_timeout(results, 120);
    tcase_add_loop_test(results, gradients_match_central_differences, 0, SETS);
    tcase_add_loop_test(results, gradients_of_other_norms, 0, SETS);
    tcase_add_loop_test(results, apart_as_fused, 0, SETS);
    tcase_add_loop_test(results, evaluation_uses_running_statistics, 0, SETS);
    tcase_add_loop_test(results, bn_folds, 0, SETS);
    tcase_add_loop_test(results, optimizers_follow_their_conventions, 0, 4);
    tcase_add_loop_test(results, kernel_sets_learn_alike, 0, SETS);
    tcase_add_loop_test(results, products_of_peers_learn_alike, 0, sizeof peers / sizeof *peers);
    tcase_add_test(calls, parameters_are_counted);
    tcase_add_test(calls, products_make_statistics);
    tcase_add_test(calls, calls_are_listed_once);
    suite_add_tcase(s, results);
    suite_add_tcase(s, calls);
    return s;
}
