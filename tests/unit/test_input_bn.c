/* SPDX-License-Identifier: MIT */
/* test_input_bn.c - steps of networks with BN on the input, also in one region, which never stores the gradient of the
 * weights from which that of the BN comes (bench/train/calls.c). */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrays.h"
#include "initialise.h"
#include "reference_net.h"
#include "train_fixture.h"

Suite *input_bn_suite(void);

enum { STEPS = 6, BATCH = 16 };

static void copy_values(struct bm_network *from, struct bm_network *to)
{
    struct bm_array a[BM_MAX_ARRAYS], b[BM_MAX_ARRAYS];
    const unsigned n = bm_network_arrays(from, a);
    ck_assert_uint_eq(bm_network_arrays(to, b), n);
    for (unsigned i = 0; i < n; i++) {
        float *dense = bm_alloc(bm_array_count(&a[i]) * sizeof *dense);
        bm_array_get(&a[i], dense);
        bm_array_put(&b[i], dense);
        free(dense);
    }
}

/* Steps of a network whose parameters are `start`'s; the parameters after them go to got. Returns their number. */
static unsigned run_steps(const struct bm_train_config *c, struct bm_network *start, double *got[REFERENCE_PARAMETERS])
{
    struct bm_network net;
    struct bm_plan plan = { .training = true, .rows = BATCH };
    create(&net, c, &plan, 1);
    copy_values(start, &net);
    for (uint64_t step = 0; step < STEPS; step++) {
        fill_batch(&net, BATCH, step);
        bm_network_run(&net, &plan, NULL, NULL);
    }
    const unsigned n = copy_parameters(&net, got);
    bm_network_free(&net);
    return n;
}

/* A start with a gamma of 0 on the input and one near it, from which no unit comes near its kink; r makes the steps from
 * there in double, and moved says how far gamma went. */
static void create_start(const struct bm_train_config *c, struct bm_network *start, struct reference *r, double *moved)
{
    struct bm_plan plan = { .training = true, .rows = BATCH };
    double least = 0, margin;
    create(start, c, &plan, 1);
    for (uint64_t seed = 1; least < 2e-5; seed++) {
        ck_assert_msg(seed < 100, "no seed keeps away from the kinks");
        if (seed > 1)
            reference_free(r);
        bm_network_initialise(start);
        disturb(start, 100 * seed);
        start->input.gamma.w[1] = 0;
        start->input.gamma.w[2] = 1e-5F;
        reference_create(r, start);
        least = INFINITY;
        for (uint64_t step = 0; step < STEPS; step++) {
            fill_batch(start, BATCH, step);
            reference_step(r, start->x, start->label, BATCH, &margin);
            least = fmin(least, margin);
        }
    }
    *moved = 0;
    for (size_t i = 0; i < start->input.width; i++)
        *moved = fmax(*moved, fabs(r->w[0][i] - start->input.gamma.w[i]));
}

static void check_steps(const char *kernels, const char *optimizer, const char *bn)
{
    struct bm_train_config c = small("37,50,21,10", bn, "naive"), tried;
    struct bm_network start;
    struct reference r;
    double moved;
    set(&c, "optimizer", optimizer);
    set(&c, "adam_eps", "0.01"); /* or a gradient of 0, which is noise in f32, would be a step of lr */
    create_start(&c, &start, &r, &moved);
    ck_assert_msg(moved > 1e-4, "gamma moved by %g only", moved);
    for (int threads = 1; threads <= 4; threads++) {
        double *got[REFERENCE_PARAMETERS], *again[REFERENCE_PARAMETERS];
        tried = c;
        set(&tried, "kernels", kernels);
        tried.threads = (size_t)threads;
        const unsigned n = run_steps(&tried, &start, got);
        ck_assert_uint_eq(n, r.parameters);
        ck_assert_uint_eq(run_steps(&tried, &start, again), n);
        for (unsigned p = 0; p < n; p++)
            for (size_t i = 0; i < r.count[p]; i++) {
                ck_assert_msg(fabs(got[p][i] - r.w[p][i]) <= 3e-6 * (1 + fabs(r.w[p][i])),
                              "%s, %s, bn %s, %d threads: parameter array %u, element %zu: %.9g, in double %.9g", kernels,
                              optimizer, bn, threads, p, i, got[p][i], r.w[p][i]);
                ck_assert_msg(got[p][i] == again[p][i], "%s, %s, %d threads: the second run differs", kernels, optimizer,
                              threads);
            }
        free_all(got, n);
        free_all(again, n);
    }
    reference_free(&r);
    bm_network_free(&start);
}

START_TEST(steps_with_bn_on_the_input_follow_double_precision)
{
    static const char *const optimizers[] = { "sgd", "momentum", "adam" };
    for (size_t o = 0; o < sizeof optimizers / sizeof *optimizers; o++)
        if (set_runs_here(sets[_i]))
            check_steps(sets[_i], optimizers[o], o % 2 ? "input" : "input+after");
}
END_TEST

/* The gradient by the network's input is needed by nothing. */
START_TEST(the_input_has_no_gradient)
{
    static const char *const kernels[] = { "auto", "region" };
    for (int k = 0; k < 2; k++) {
        struct bm_train_config c = small("37,50,21,10", "input+after", kernels[k]);
        struct bm_network net;
        struct bm_plan plan = { .training = true, .rows = 8 };
        unsigned products = 0, sums = 0;
        create(&net, &c, &plan, 1);
        for (unsigned i = 0; i < plan.calls; i++) {
            const struct bm_call *call = &plan.call[i];
            products += call->phase == BM_GEMM_INPUT_GRADIENT;
            sums += strcmp(call->op->name, "bn_input_gradient") == 0;
            ck_assert(call->phase != BM_GEMM_INPUT_GRADIENT || call->layer > 1);
        }
        ck_assert_uint_eq(products, 2);
        ck_assert_uint_eq(sums, 1);
        bm_network_free(&net);
    }
}
END_TEST

Suite *input_bn_suite(void)
{
    Suite *s = suite_create("input_bn");
    TCase *steps = tcase_create("steps");
    tcase_set_timeout(steps, 120);
    tcase_add_loop_test(steps, steps_with_bn_on_the_input_follow_double_precision, 0, SETS);
    tcase_add_test(steps, the_input_has_no_gradient);
    suite_add_tcase(s, steps);
    return s;
}
