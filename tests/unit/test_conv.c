/* SPDX-License-Identifier: MIT */
/* test_conv.c - networks with convolutions: gradients against central differences in double precision, in both layouts
 * and by every kernel set; training; what does not go with them. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "conv_config.h"
#include "random.h"
#include "train_fixture.h"

Suite *conv_suite(void);

enum { ROWS = 5, MOST = 16, SIDE = 9, COLOURS = 2, CLASSES = 4 };

/* ---- a step in double precision ---- */

struct reference {
    const struct bm_network *net;
    double *p[MOST]; /* of each layer: weights, bias, and of convolutions with BN gamma and beta */
    double x[ROWS * SIDE * SIDE * COLOURS];
};

static const struct bm_parameter *parameter(const struct bm_network *net, size_t i)
{
    const struct bm_layer *layer = &net->layer[i / 4];
    const struct bm_parameter *of[] = { &layer->weight, &layer->bias, &layer->norm.gamma, &layer->norm.beta };
    return of[i % 4];
}

/* Channels-last, rows of images behind each other. */
static double *convolve(const struct reference *r, unsigned l, const double *in)
{
    const struct bm_layer *layer = &r->net->layer[l];
    const size_t H = layer->height, W = layer->width, C = layer->channels, K = layer->out;
    double *z = bm_alloc(ROWS * H * W * K * sizeof *z);
    for (size_t i = 0; i < ROWS * H * W * K; i++) {
        const size_t n = i / K / W / H, h = i / K / W % H, v = i / K % W, k = i % K;
        z[i] = r->p[4 * l + 1][k];
        for (size_t tap = 0; tap < 9; tap++) {
            const size_t y = h + tap / 3, x = v + tap % 3;
            for (size_t c = 0; c < C && y >= 1 && y <= H && x >= 1 && x <= W; c++)
                z[i] += in[((n * H + y - 1) * W + x - 1) * C + c] * r->p[4 * l][(tap * C + c) * K + k];
        }
    }
    return z;
}

static void normalise(const struct reference *r, unsigned l, double *z, size_t rows)
{
    const size_t K = r->net->layer[l].out;
    for (size_t k = 0; k < K; k++) {
        double mean = 0, var = 0;
        for (size_t i = 0; i < rows; i++)
            mean += z[i * K + k] / (double)rows;
        for (size_t i = 0; i < rows; i++)
            var += (z[i * K + k] - mean) * (z[i * K + k] - mean) / (double)rows;
        for (size_t i = 0; i < rows; i++)
            z[i * K + k] =
                r->p[4 * l + 2][k] * (z[i * K + k] - mean) / sqrt(var + (double)(float)r->net->config->bn_eps) +
                r->p[4 * l + 3][k];
    }
}

static double *pool(const struct bm_layer *layer, const double *a)
{
    const size_t H = layer->height / 2, W = layer->width / 2, K = layer->out;
    double *y = bm_alloc(ROWS * H * W * K * sizeof *y);
    for (size_t i = 0; i < ROWS * H * W * K; i++) {
        const size_t n = i / K / W / H, h = i / K / W % H, v = i / K % W;
        const double *at = a + ((n * layer->height + 2 * h) * layer->width + 2 * v) * K + i % K;
        y[i] = fmax(fmax(at[0], at[K]), fmax(at[layer->width * K], at[(layer->width + 1) * K]));
    }
    return y;
}

static double loss_of(const struct reference *r)
{
    const struct bm_network *net = r->net;
    const unsigned last = net->layers - 1;
    double *in = bm_alloc(sizeof r->x), loss = 0;
    for (size_t i = 0; i < ROWS * SIDE * SIDE * COLOURS; i++)
        in[i] = r->x[i];
    for (unsigned l = 0; l < last; l++) {
        const size_t rows = ROWS * net->layer[l].pixels;
        double *z = convolve(r, l, in);
        if (net->layer[l].norm.width)
            normalise(r, l, z, rows);
        for (size_t i = 0; i < rows * net->layer[l].out; i++)
            z[i] = fmax(z[i], 0);
        free(in);
        in = pool(&net->layer[l], z);
        free(z);
    }
    const size_t features = net->layer[last].in;
    for (size_t n = 0; n < ROWS; n++) {
        double z[CLASSES], sum = 0;
        for (size_t k = 0; k < CLASSES; k++) {
            z[k] = r->p[4 * last + 1][k];
            for (size_t i = 0; i < features; i++)
                z[k] += in[n * features + i] * r->p[4 * last][i * CLASSES + k];
            sum += exp(z[k]);
        }
        loss += (log(sum) - z[net->label[n]]) / ROWS;
    }
    free(in);
    return loss;
}

/* ---- the network ---- */

static struct bm_train_config config_of(const char *bn, const char *layout, const char *kernels)
{
    struct bm_train_config c = small("162,4", bn, kernels);
    struct bm_error error;
    set(&c, "image", "9x9x2");
    set(&c, "conv", "3,5");
    set(&c, "layout", layout);
    set(&c, "lr", "1e-30"); /* parameters stay, and gradients with them */
    ck_assert_msg(bm_train_check(&c, &error), "%s", error.text);
    return c;
}

/* Pixels of an image by rows; in channels-first the network wants planes. */
static void fill_in(struct bm_network *net, struct reference *r)
{
    const bool first = net->layer[0].layout == BM_CHANNELS_FIRST;
    for (size_t n = 0; n < ROWS; n++) {
        net->label[n] = (int32_t)(n % CLASSES);
        for (size_t i = 0; i < SIDE * SIDE * COLOURS; i++) {
            const float x = bm_uniform(5, n * 1000 + i);
            r->x[n * SIDE * SIDE * COLOURS + i] = x;
            net->x[n * SIDE * SIDE * COLOURS + (first ? i % COLOURS * SIDE * SIDE + i / COLOURS : i)] = x;
        }
    }
    for (size_t i = 0; i < (size_t)4 * net->layers; i++) {
        const struct bm_parameter *p = parameter(net, i);
        r->p[i] = bm_alloc((p->count + 1) * sizeof *r->p[i]);
        for (size_t k = 0; k < p->count && p->w; k++) {
            p->w[k] = (i % 4 == 2 ? 1 : 0) + 0.5F * bm_uniform(7 + i, k);
            r->p[i][k] = p->w[k];
        }
    }
    r->net = net;
}

/* The dense layer reads pixels of channels, or in channels-first channels of pixels: its weights, in the former order. */
static size_t place_in(const struct bm_network *net, size_t i, size_t k)
{
    const struct bm_layer *before = &net->layer[net->layers - 2];
    const size_t pixels = before->height / 2 * (before->width / 2), row = k / CLASSES;
    if (before->layout != BM_CHANNELS_FIRST || i != (size_t)4 * (net->layers - 1))
        return k;
    return (row % pixels * before->out + row / pixels) * CLASSES + k % CLASSES;
}

static void check_gradients(const char *bn, const char *layout, const char *kernels)
{
    struct bm_train_config c = config_of(bn, layout, kernels);
    struct bm_network net;
    struct bm_plan plan = { .training = true, .rows = ROWS };
    struct reference r;
    double largest = 0;
    create(&net, &c, &plan, 1);
    ck_assert_int_eq(net.team, 0); /* region is auto */
    fill_in(&net, &r);
    const size_t dense = (size_t)4 * (net.layers - 1);
    for (size_t k = 0; k < net.layer[net.layers - 1].weight.count; k++)
        r.p[dense][place_in(&net, dense, k)] = net.layer[net.layers - 1].weight.w[k];
    bm_network_run(&net, &plan, NULL, NULL);
    double sum = 0;
    for (size_t n = 0; n < ROWS; n++)
        sum += net.loss[n] / ROWS;
    ck_assert_msg(fabs(sum - loss_of(&r)) < 1e-5, "%s, bn %s, %s: a loss of %.9g, in double %.9g", kernels, bn, layout,
                  sum, loss_of(&r));
    for (size_t i = 0; i < (size_t)4 * net.layers; i++)
        for (size_t k = 0; k < parameter(&net, i)->count; k++) {
            double *w = &r.p[i][place_in(&net, i, k)], was = *w, h = 1e-6;
            *w = was + h;
            const double above = loss_of(&r);
            *w = was - h;
            const double want = (above - loss_of(&r)) / (2 * h), got = parameter(&net, i)->g[k];
            *w = was;
            largest = fmax(largest, fabs(want));
            ck_assert_msg(fabs(got - want) < 2e-5,
                          "%s, bn %s, %s: gradient %zu of layer %zu, element %zu: %.9g, by differences %.9g", kernels,
                          bn, layout, i % 4, i / 4 + 1, k, got, want);
        }
    ck_assert(largest > 0.01);
    for (size_t i = 0; i < (size_t)4 * net.layers; i++)
        free(r.p[i]);
    bm_network_free(&net);
}

START_TEST(gradients_are_those_of_central_differences)
{
    if (!set_runs_here(sets[_i]))
        return;
    check_gradients("none", "channels_last", sets[_i]);
    check_gradients("before", "channels_last", sets[_i]);
    check_gradients("none", "channels_first", sets[_i]);
    check_gradients("before", "channels_first", sets[_i]);
}
END_TEST

/* From images of planes, with a last batch that is smaller: both layouts are one network. */
START_TEST(training_learns_alike_in_both_layouts)
{
    static const char *const layouts[] = { "channels_last", "channels_first" };
    struct bm_dataset data;
    double accuracy[2], loss[2];
    make_data(&data, 500, 100);
    for (int i = 0; i < 2; i++) {
        struct bm_train_config c = patterns("before", "first:100");
        set(&c, "image", "6x6x1");
        set(&c, "layers", "36,10");
        set(&c, "conv", "8");
        set(&c, "layout", layouts[i]);
        set(&c, "batch", "48");
        struct bm_train_result r = train(&c, &data, NULL);
        ck_assert_uint_eq(r.epochs, 4);
        accuracy[i] = r.epoch[3].val_accuracy;
        loss[i] = r.epoch[0].loss;
        bm_train_result_free(&r);
    }
    ck_assert_msg(accuracy[0] > 0.9, "%g", accuracy[0]);
    ck_assert_msg(accuracy[1] > 0.9, "%g", accuracy[1]);
    ck_assert_msg(fabs(loss[0] - loss[1]) < 0.1 * loss[0], "%g and %g", loss[0], loss[1]);
    bm_dataset_free(&data);
}
END_TEST

START_TEST(what_does_not_go_with_convolutions)
{
#define CONV "conv = 4,8\nlayers = 784,10\n"
    static const struct bad_experiment cases[] = {
        { "conv = 4,,8\n", "conv = 4,,8: expected none | N,N,..." },
        { "conv = 4,0\n", "expected none" },
        { "image = 28x28\n", "image = 28x28: expected HxWxC" },
        { "layout = nhwc\n", "expected channels_last | channels_first" },
        { CONV "image = 32x32x3\n", "image = 32x32x3 has 3072 values, but layers begins with 784" },
        { "conv = 4,4,4,4,4\n", "nothing is left of an image of 28x28x1 behind 5 poolings" },
        { CONV "activation = tanh\n", "conv needs activation = relu" },
        { CONV "bn = after\n", "conv needs bn = none or before" },
        { CONV "bn = input+before\n", "conv needs bn = none or before" },
        { CONV "bn = before\nnorm = layer\n", "conv needs norm = batch" },
        { CONV "precision = bf16\n", "conv needs precision = f32" },
        { CONV "dropout = 0.5\n", "conv needs dropout = 0" },
        { CONV "record = 1\n", "conv needs record = 0" },
        { CONV "bn = before\nevaluation = batch\n", "conv needs evaluation = running" },
    };
    check_bad_experiments(cases, sizeof cases / sizeof *cases);
    struct bm_train_config c = bm_train_defaults();
    char text[BM_TRAIN_VALUE];
    set(&c, "conv", "32, 64,128");
    ck_assert(bm_train_get(&c, "conv", text));
    ck_assert_str_eq(text, "32,64,128");
    set(&c, "conv", "none");
    ck_assert(bm_train_get(&c, "conv", text));
    ck_assert_str_eq(text, "none");
}
END_TEST

Suite *conv_suite(void)
{
    Suite *suite = suite_create("conv");
    TCase *tests = tcase_create("networks with convolutions");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, gradients_are_those_of_central_differences, 0, SETS);
    tcase_add_test(tests, training_learns_alike_in_both_layouts);
    tcase_add_test(tests, what_does_not_go_with_convolutions);
    suite_add_tcase(suite, tests);
    return suite;
}
