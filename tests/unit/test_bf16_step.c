/* SPDX-License-Identifier: MIT */
/* test_bf16_step.c - a training step in bf16 against the same step in double precision (reference_net.h), which rounds what is
 * stored as bf16 and nothing else. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "initialise.h"
#include "reference_net.h"
#include "train_fixture.h"

Suite *bf16_step_suite(void);

enum { STEPS = 3 };

static const char *const optimizers[] = { "sgd", "momentum", "adam" };

static struct bm_train_config settings(const char *layers, const char *bn, const char *optimizer, const char *kernels)
{
    struct bm_train_config c = small(layers, bn, kernels);
    set(&c, "precision", "bf16");
    set(&c, "optimizer", optimizer);
    set(&c, "lr", "0.1");
    set(&c, "adam_eps", "0.1"); /* so that a small gradient's step depends on its size as that of a large one does */
    return c;
}

/*
 * The steps of a network in double: each of `rows` rows but the second, of `ragged`. Returns how near it came to a kink of the
 * activation or to a tie, where f32 and double may part.
 */
static double in_double(struct bm_network *net, size_t rows, size_t ragged, uint64_t seed, struct reference *r)
{
    double least = INFINITY, margin;
    reference_tie();
    for (unsigned step = 0; step < STEPS; step++) {
        const size_t n = step == 1 ? ragged : rows;
        fill_batch(net, n, seed + 7 * step);
        reference_step(r, net->x, net->label, n, &margin);
        least = fmin(least, fmin(margin, reference_tie()));
    }
    return least;
}

/*
 * What may differ is what f32 rounds: sums of up to K = 20 terms are off by about sqrt(K) 2^-24 = 3e-7 of their terms, which
 * BN's division and its difference of sums enlarge up to ten times where a unit hardly varies. Three steps with lr = 0.1 move a
 * parameter by lr times gradients so far off: 1e-5 of the largest parameter is ten times what was seen.
 *
 * That holds while both round every stored number to the same bf16: so no number that is rounded may lie nearer to a tie, in
 * terms of the largest of its matrix, than 1e-6, nor a unit nearer to the kink; what is so small that its steps are 4e-6 or
 * less does no harm either way. Most seeds are not so, since there are a thousand such numbers; the first that is counts. A step that rounded at another place, or did not, would differ by up to
 * 2^-8 of the gradient: 400 times the tolerance.
 */
static void check_steps(const struct bm_train_config *c, size_t rows, size_t ragged, const char *what)
{
    struct bm_network net;
    struct bm_plan plan[2] = { { .training = true, .rows = rows }, { .training = true, .rows = ragged } };
    struct reference r;
    double *got[REFERENCE_PARAMETERS], *was[REFERENCE_PARAMETERS], moved = 0;
    uint64_t seed = 1;
    create(&net, c, plan, 2);
    for (;; seed++) {
        ck_assert_msg(seed < 20000, "%s: no seed keeps away from kinks and ties", what);
        bm_network_initialise(&net);
        disturb(&net, 100 * seed);
        reference_create(&r, &net);
        if (in_double(&net, rows, ragged, seed, &r) > 1e-6)
            break;
        reference_free(&r);
    }
    const unsigned n = copy_parameters(&net, was);
    for (unsigned step = 0; step < STEPS; step++) {
        fill_batch(&net, step == 1 ? ragged : rows, seed + 7 * step);
        bm_network_run(&net, &plan[step == 1], NULL, NULL);
    }
    copy_parameters(&net, got);
    for (unsigned p = 0; p < n; p++) {
        double largest = 0;
        for (size_t i = 0; i < r.count[p]; i++)
            largest = fmax(largest, fabs(r.w[p][i])), moved = fmax(moved, fabs(r.w[p][i] - was[p][i]));
        for (size_t i = 0; i < r.count[p]; i++)
            ck_assert_msg(fabs(got[p][i] - r.w[p][i]) <= 1e-5 * largest,
                          "%s, seed %llu: parameter array %u, element %zu: %.9g, in double %.9g, at first %.9g", what,
                          (unsigned long long)seed, p, i, got[p][i], r.w[p][i], was[p][i]);
    }
    ck_assert_msg(moved > 0.01, "%s: no parameter moved", what);
    free_all(was, n);
    free_all(got, n);
    reference_free(&r);
    bm_network_free(&net);
}

START_TEST(steps_follow_double_precision)
{
    static const char *const layers[] = { "7,5,3", "5,6,4,2" };
    static const char *const kernels[] = { "naive", "autovec_omp", "auto" };
    for (size_t l = 0; l < sizeof layers / sizeof *layers; l++)
        for (int p = 0; p < PLACES; p++)
            for (int k = 0; k < 3; k++) {
                char what[128];
                struct bm_train_config c = settings(layers[l], places[p], optimizers[_i], kernels[k]);
                set(&c, "activation", (p + k) % 2 ? "leaky_relu" : "relu");
                snprintf(what, sizeof what, "%s, bn %s, %s, %s", layers[l], places[p], optimizers[_i], kernels[k]);
                check_steps(&c, 6, 3, what);
            }
    struct bm_train_config one = settings("7,5,3", "none", optimizers[_i], "auto");
    check_steps(&one, 1, 1, "batch 1");
}
END_TEST

/* The parameters after some steps of a wider network. */
static unsigned after_steps(const char *kernels, const char *threads, const char *bn, const char *optimizer,
                            double *copy[REFERENCE_PARAMETERS])
{
    struct bm_train_config c = settings("70,100,53,10", bn, optimizer, kernels);
    struct bm_network net;
    struct bm_plan plan[2] = { { .training = true, .rows = 33 }, { .training = true, .rows = 9 } };
    set(&c, "threads", threads);
    create(&net, &c, plan, 2);
    for (unsigned step = 0; step < 5; step++) {
        fill_batch(&net, step == 3 ? 9 : 33, step);
        bm_network_run(&net, &plan[step == 3], NULL, NULL);
    }
    const unsigned n = copy_parameters(&net, copy);
    bm_network_free(&net);
    return n;
}

/* Neither the team nor the region with its shares of columns and blocks of weights decides a bit: sums over K are not divided
 * among threads, and the products on bf16 sum alike in tiles of any shape. But in the region SGD is part of the product,
 * which rounds otherwise. */
START_TEST(threads_and_region_give_the_same_bits)
{
    static const size_t count[] = { 7000, 100, 5300, 53, 530, 10 };
    static const char *const how[][2] = { { "auto", "2" }, { "region", "1" }, { "region", "2" }, { "region", "3" } };
    if (!bm_isa_runs(BM_AVX512BF16))
        return; /* other kernels' sums depend on the widths that they meet */
    for (int o = 0; o < 3; o++) {
        double *want[REFERENCE_PARAMETERS], *got[REFERENCE_PARAMETERS];
        const bool sgd = strcmp(optimizers[o], "sgd") == 0;
        const unsigned n = after_steps(sgd ? "region" : "auto", "1", "none", optimizers[o], want);
        ck_assert_uint_eq(n, 6);
        for (size_t h = sgd ? 1 : 0; h < sizeof how / sizeof *how; h++) {
            after_steps(how[h][0], how[h][1], "none", optimizers[o], got);
            for (unsigned p = 0; p < n; p++)
                for (size_t i = 0; i < count[p]; i++)
                    ck_assert_msg(got[p][i] == want[p][i], "%s on %s threads, %s: array %u, element %zu: %.9g, not %.9g",
                                  how[h][0], how[h][1], optimizers[o], p, i, got[p][i], want[p][i]);
            free_all(got, n);
        }
        free_all(want, n);
    }
}
END_TEST

/* The region against auto, all places of BN: within what the order of sums may change, seen through three roundings. */
START_TEST(region_learns_alike)
{
    for (int p = 0; p < PLACES; p++) {
        double *want[REFERENCE_PARAMETERS], *got[REFERENCE_PARAMETERS];
        const unsigned n = after_steps("auto", "1", places[p], "sgd", want);
        after_steps("region", "2", places[p], "sgd", got);
        for (size_t i = 0; i < 7000; i++) {
            const unsigned weight = strstr(places[p], "input") ? 2 : 0;
            ck_assert_msg(fabs(got[weight][i] - want[weight][i]) <= 2e-3, "bn %s, element %zu: %.9g, auto %.9g", places[p], i,
                          got[weight][i], want[weight][i]);
        }
        free_all(got, n);
        free_all(want, n);
    }
}
END_TEST

static void refused(struct bm_train_config *c, const char *message)
{
    struct bm_network net;
    struct bm_plan plan = { .training = true, .rows = 4 };
    struct bm_error error;
    ck_assert(!bm_network_create(&net, c, &plan, 1, &error));
    ck_assert_msg(strstr(error.text, message), "%s", error.text);
}

START_TEST(what_has_no_bf16_is_refused)
{
    struct bm_train_config c = settings("7,5,3", "before", "sgd", "openblas");
    struct bm_error error;
    if (bm_find("gemm_openblas"))
        refused(&c, "its products are in f32; for precision = bf16 take auto");
#if defined(__x86_64__)
    set(&c, "kernels", "avx2");
    refused(&c, "there is no kernel");
#endif
    struct bm_ranks two = *bm_ranks;
    two.count = 2;
    c.ranks = &two;
    ck_assert(!bm_train_check(&c, &error));
    ck_assert_str_eq(error.text, "precision = bf16 is for one process; over ranks take f32");
}
END_TEST

Suite *bf16_step_suite(void)
{
    Suite *s = suite_create("bf16_step");
    TCase *t = tcase_create("bf16_step");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, steps_follow_double_precision, 0, 3);
    tcase_add_test(t, threads_and_region_give_the_same_bits);
    tcase_add_test(t, region_learns_alike);
    tcase_add_test(t, what_has_no_bf16_is_refused);
    suite_add_tcase(s, t);
    return s;
}
