/* SPDX-License-Identifier: MIT */
/* test_inference.c - bench/train/quantise.h, narrow.h and inference.h: numbers of 8 bits, networks of them, and what a trained
 * network does with the test images in each form. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "inference.h"
#include "kernel.h"
#include "narrow.h"
#include "random.h"
#include "train_fixture.h"

Suite *inference_suite(void);

/* ---- numbers ---- */

/* Half a step, and what f32 rounds on the way: x / q and zero are below 2^8, so a few 2^8 u steps. */
START_TEST(activations_come_back)
{
    static const float range[][2] = { { 0, 3.7F }, { -1, 1 }, { -0.3F, 2.5F }, { -3, 0.1F }, { 0, 1e-20F }, { -4e8F, 1e8F } };
    for (size_t r = 0; r < sizeof range / sizeof *range; r++) {
        const float least = range[r][0], most = range[r][1];
        const struct bm_quantum to = bm_quantum_of(least, most);
        ck_assert_int_eq(to.zero, least < 0 ? 128 : 0);
        for (int i = 0; i <= 1000; i++) {
            const float x = least + (most - least) * (float)i / 1000;
            uint8_t a;
            bm_quantise_loops()->to_u8(&x, 1, to, &a);
            const double back = (double)to.q * (a - to.zero);
            ck_assert_msg(fabs(back - x) <= to.q * (0.5 + 4 * 256 * 0x1p-24), "%g to %g: %.9g became %.9g", least, most, x, back);
        }
        const float far[] = { 300 * to.q, -300 * to.q, NAN, INFINITY, -INFINITY };
        uint8_t a[5];
        bm_quantise_loops()->to_u8(far, 5, to, a);
        ck_assert(a[0] == 255 && a[1] == 0 && a[2] == 0 && a[3] == 255 && a[4] == 0);
    }
    ck_assert(bm_quantum_of(0, 0).q > 0); /* of a layer that is dead */
}
END_TEST

START_TEST(channels_have_scales)
{
    float least[4] = { 0, 0, 0, 0 }, most[4] = { 51, 255, 0, 510 }, q[4];
    const struct bm_channels c = { 4, least, most };
    ck_assert_int_eq(bm_quantum_of_each(&c, q), 0);
    ck_assert_msg(q[0] == 0.2F && q[1] == 1 && q[2] == 0.2F && q[3] == 2, "%g %g %g %g", q[0], q[1], q[2], q[3]);
    ck_assert(bm_quantum_of_all(&c).q == 2 && bm_quantum_of_all(&c).zero == 0);
    least[1] = -256; /* then all are signed */
    ck_assert_int_eq(bm_quantum_of_each(&c, q), 128);
    ck_assert(q[1] == 255 / 127.0F && q[0] == 51 / 127.0F && q[2] == q[0] && q[3] == 510 / 127.0F);
    memset(least, 0, sizeof least);
    memset(most, 0, sizeof most);
    ck_assert_int_eq(bm_quantum_of_each(&c, q), 0);
    ck_assert(q[0] > 0 && q[3] > 0);
}
END_TEST

START_TEST(weights_come_back)
{
    enum { IN = 57, OUT = 9, ZERO = 4 };
    float w[IN * OUT], t[OUT];
    int8_t b[IN * OUT];
    for (size_t i = 0; i < IN * OUT; i++)
        w[i] = i % OUT == ZERO ? 0 : ldexpf(bm_uniform(5, i), (int)(i % OUT) * 5 - 20);
    bm_quantise_weights(w, IN, OUT, b, t);
    for (size_t j = 0; j < OUT; j++) {
        int most = 0;
        for (size_t k = 0; k < IN; k++) {
            most = abs(b[k * OUT + j]) > most ? abs(b[k * OUT + j]) : most;
            ck_assert(fabs((double)t[j] * b[k * OUT + j] - w[k * OUT + j]) <= t[j] * 0.5001);
        }
        ck_assert_int_eq(most, j == ZERO ? 0 : 127);
    }
}
END_TEST

/* All ISAs and all lengths of tails give the same bits. */
START_TEST(loops_agree)
{
    enum { N = 300 };
    extern const struct bm_quantise_loops bm_quantise_loops_baseline;
    const struct bm_quantise_loops *best = bm_quantise_loops(), *base = &bm_quantise_loops_baseline;
    const struct bm_quantum to = bm_quantum_of(-1, 2);
    float x[N], bias[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = i % 37 == 5 ? NAN : i % 41 == 7 ? INFINITY : 3 * bm_uniform(1, i);
        bias[i] = bm_uniform(2, i);
    }
    for (size_t n = 0; n <= N; n++) {
        uint8_t a[2][N + 1] = { { 0 } };
        uint16_t h[4][N + 1] = { { 0 } };
        best->to_u8(x, n, to, a[0]);
        base->to_u8(x, n, to, a[1]);
        best->to_bf16(x, n, h[0]);
        base->to_bf16(x, n, h[1]);
        best->act_to_bf16(x, bias, 0.25F, n, h[2]);
        base->act_to_bf16(x, bias, 0.25F, n, h[3]);
        ck_assert_mem_eq(a[0], a[1], N + 1);
        ck_assert_mem_eq(h[0], h[1], sizeof h[0]);
        ck_assert_mem_eq(h[2], h[3], sizeof h[2]);
        ck_assert(a[0][n] == 0 && h[0][n] == 0 && h[2][n] == 0);
    }
}
END_TEST

/* ---- networks ---- */

static size_t logit_count(const struct bm_network *net, size_t rows) { return rows * net->layer[net->layers - 1].out; }

/* By hand, with q = t = 1/127: x = (-127, 64, 127) q is a = (1, 192, 255), and for w = (127, -64, 1) t
 * sum a b = 127 - 12288 + 255 = -11906, zero sum b = 128 * 64 = 8192, and x w = (-11906 - 8192) q t. */
START_TEST(zero_point_by_hand)
{
    struct bm_train_config c = small("3,2", "none", "naive");
    struct bm_network net;
    struct bm_plan plan = { .rows = 1 };
    struct bm_narrow narrow;
    struct bm_error error;
    const size_t rows = 1;
    const float x[3] = { -1, 64 / 127.0F, 1 };
    const float w[6] = { 1, 0.5F, -64 / 127.0F, 0.5F, 1 / 127.0F, 0.5F };
    float least[3] = { -1, 0, 0 }, most[3] = { 0, 0.5F, 1 };
    const struct bm_channels reads = { 3, least, most };
    create(&net, &c, &plan, 1);
    memcpy(net.layer[0].weight.w, w, sizeof w);
    net.layer[0].bias.w[0] = 0.25F;
    net.layer[0].bias.w[1] = -3;
    ck_assert_msg(bm_narrow_create(&narrow, &net, &reads, &rows, 1, &error), "%s", error.text);
    ck_assert(narrow.layer[0].x.zero == 128 && narrow.layer[0].x.q == 1 / 127.0F);
    const int8_t *b = narrow.layer[0].w;
    ck_assert(b[0] == 127 && b[2] == -64 && b[4] == 1 && b[1] == 127 && b[3] == 127 && b[5] == 127);
    bm_narrow_run(&narrow, 0, x);
    const uint8_t *a = narrow.a;
    ck_assert(a[0] == 1 && a[1] == 192 && a[2] == 255);
    ck_assert_double_eq_tol(narrow.z[0], -20098 / 16129.0 + 0.25, 1e-6);
    ck_assert_double_eq_tol(narrow.z[1], 0.5 * 64 / 127 - 3, 1e-6);
    bm_narrow_free(&narrow);
    bm_network_free(&net);
}
END_TEST

/* Trained a few steps and folded; what its layers read in the last pass is what int8 is calibrated on. */
static void make_folded(struct bm_network *folded, struct bm_plan *plan, const struct bm_train_config *c,
                        const struct bm_train_config *without)
{
    struct bm_network net;
    struct bm_plan step = { .training = true, .rows = 16 };
    create(&net, c, &step, 1);
    create(folded, without, plan, 1);
    for (uint64_t s = 0; s < 30; s++) {
        for (size_t i = 0; i < 16 * c->width[0]; i++)
            net.x[i] = 0.3F + bm_uniform(s, i);
        for (size_t i = 0; i < 16; i++)
            net.label[i] = bm_integer(99 + s, i, 0, 3);
        bm_network_run(&net, &step, NULL, NULL);
    }
    bm_fold_bn(&net, folded);
    for (size_t i = 0; i < plan->rows * c->width[0]; i++)
        folded->x[i] = 0.3F + bm_uniform(77, i);
    bm_network_run(folded, plan, NULL, NULL);
    bm_network_free(&net);
}

enum { WIDEST = 64 };

struct range { float least[BM_MAX_WIDTHS][WIDEST], most[BM_MAX_WIDTHS][WIDEST]; };

static void channels_of(const struct bm_network *net, size_t rows, struct range *range, struct bm_channels reads[BM_MAX_WIDTHS])
{
    memset(range, 0, sizeof *range);
    for (unsigned l = 0; l < net->layers; l++) {
        const float *a = l ? net->layer[l - 1].a : net->x;
        const size_t in = net->layer[l].in;
        reads[l] = (struct bm_channels){ in, range->least[l], range->most[l] };
        for (size_t i = 0; i < rows * in; i++) {
            reads[l].least[i % in] = fminf(reads[l].least[i % in], a[i]);
            reads[l].most[i % in] = fmaxf(reads[l].most[i % in], a[i]);
        }
    }
}

/* Not inlined: gcc 12 for aarch64 fails on two such maxima in a loop ("internal compiler error: in vect_transform_reduction"). */
__attribute__((noinline)) static void look(double want, double got, double *largest, double *off)
{
    *largest = fmax(*largest, fabs(want));
    *off = fmax(*off, fabs(got - want));
}

/* A layer whose channels lie 2^20 apart, as a folded BN may leave them: with one scale for all, the small ones would be zeros. */
START_TEST(small_channels_count)
{
    enum { ROWS = 40 };
    struct bm_train_config c = small("6,8,3", "none", "naive");
    struct bm_network net;
    struct bm_plan plan = { .rows = ROWS };
    struct bm_channels reads[BM_MAX_WIDTHS];
    struct range range;
    struct bm_narrow narrow;
    struct bm_error error;
    const size_t rows = ROWS;
    double largest = 0, off = 0;
    create(&net, &c, &plan, 1);
    for (size_t i = 0; i < 6 * ROWS; i++)
        net.x[i] = 0.5F + bm_uniform(3, i);
    for (size_t j = 0; j < 8; j++) {
        const float factor = ldexpf(1, (int)j * -3);
        for (size_t k = 0; k < 6; k++)
            net.layer[0].weight.w[k * 8 + j] *= factor;
        for (size_t k = 0; k < 3; k++)
            net.layer[1].weight.w[j * 3 + k] /= factor;
    }
    bm_network_run(&net, &plan, NULL, NULL);
    channels_of(&net, ROWS, &range, reads);
    ck_assert_msg(bm_narrow_create(&narrow, &net, reads, &rows, 1, &error), "%s", error.text);
    bm_narrow_run(&narrow, 0, net.x);
    for (size_t i = 0; i < logit_count(&net, ROWS); i++)
        look(net.layer[1].z[i], narrow.z[i], &largest, &off);
    ck_assert_msg(off <= 0.03 * largest, "off by %g of %g", off, largest);
    bm_narrow_free(&narrow);
    bm_network_free(&net);
}
END_TEST

/* Each of three layers rounds what it reads and its weights to 2^-9 (bf16) or about 2^-8 of the largest (int8); sums of tens of
 * terms, half of them errors of either sign, stay within some times that. */
static void check_near(const char *bn, bool leaky, bool int8, const char *kernels)
{
    enum { ROWS = 201 };
    struct bm_train_config c = small("9,41,23,4", bn, kernels), without = small("9,41,23,4", "none", kernels);
    struct bm_network folded;
    struct bm_plan plan = { .rows = ROWS };
    struct bm_channels reads[BM_MAX_WIDTHS];
    struct range range;
    struct bm_narrow narrow;
    struct bm_error error;
    const size_t rows[2] = { 7, ROWS };
    set(&c, "activation", leaky ? "leaky_relu" : "relu");
    set(&without, "activation", leaky ? "leaky_relu" : "relu");
    make_folded(&folded, &plan, &c, &without);
    channels_of(&folded, ROWS, &range, reads);
    ck_assert_msg(bm_narrow_create(&narrow, &folded, int8 ? reads : NULL, rows, 2, &error), "%s", error.text);
    ck_assert_int_eq(narrow.layer[0].x.zero, int8 ? 128 : 0);
    ck_assert_int_eq(narrow.layer[1].x.zero, int8 && leaky ? 128 : 0);
    const float *want = folded.layer[2].z;
    for (unsigned p = 0; p < 2; p++) {
        double largest = 0, off = 0;
        bm_narrow_run(&narrow, p, folded.x);
        for (size_t i = 0; i < logit_count(&folded, rows[p]); i++)
            look(want[i], narrow.z[i], &largest, &off);
        ck_assert_msg(off > 0 && off <= largest * (int8 ? 0.04 : 0.02), "bn %s, %s, %s: off by %g of %g", bn, kernels,
                      int8 ? "int8" : "bf16", off, largest);
    }
    bm_narrow_free(&narrow);
    bm_network_free(&folded);
}

START_TEST(narrow_is_near_f32)
{
    static const char *const set_of[] = { "auto", "naive", "autovec_omp" };
    for (int p = 0; p < PLACES; p++)
        for (int i = 0; i < 4; i++)
            check_near(places[p], i & 1, i & 2, set_of[_i]);
}
END_TEST

START_TEST(refusals_say_why)
{
    struct bm_train_config c = small("5,2", "none", "auto");
    struct bm_network net;
    struct bm_plan plan = { .rows = 1 };
    struct bm_narrow narrow;
    struct bm_error error;
    float least[5] = { 0 }, most[5] = { 1, 1, 1, 1, 1 };
    const struct bm_channels reads = { 5, least, most };
    const size_t rows = 1;
    create(&net, &c, &plan, 1);
    set(&c, "kernels", "other");
    ck_assert(!bm_narrow_create(&narrow, &net, &reads, &rows, 1, &error));
    ck_assert_str_eq(error.text, "there is no kernel gemm_s8_other");
    ck_assert(!bm_narrow_create(&narrow, &net, NULL, &rows, 1, &error));
    ck_assert_str_eq(error.text, "there is no kernel gemm_bf16_other");
    bm_network_free(&net);
}
END_TEST

/* ---- forms of a trained network ---- */

static void infer(void *context, const struct bm_network *net, const struct bm_split *data)
{
    struct bm_error error;
    ck_assert_msg(bm_infer(net, &data->train, &data->test, NULL, context, &error), "%s", error.text);
}

START_TEST(forms_agree)
{
    static const char *const bn[] = { "none", "before", "after", "input+after" },
                      *const kernels[] = { "auto", "region", "naive" };
    struct bm_dataset d;
    struct bm_inference is;
    struct bm_train_hooks hooks = { .context = &is, .tested = infer };
    make_data(&d, 700, 300); /* the last batch is not whole, and the training images fill no calibration */
    struct bm_train_config c = patterns(bn[_i], "test");
    set(&c, "kernels", kernels[_i % 3]);
    set(&c, "scaling", _i % 2 ? "symmetric" : "unit");
    struct bm_train_result r = train(&c, &d, &hooks);
    const struct bm_form_result *trained = &is.form[BM_AS_TRAINED];
    ck_assert_uint_eq(is.images, 300);
    ck_assert_uint_eq(is.calibration, 700);
    ck_assert_uint_eq(trained->right, (size_t)lround(300 * r.test_accuracy));
    ck_assert_double_eq_tol(trained->loss, r.test_loss, 1e-4);
    ck_assert_msg(trained->right > 200 && trained->differ == 0, "%zu right", trained->right);
    for (int f = 0; f < BM_FORMS; f++) {
        const struct bm_form_result *form = &is.form[f];
        ck_assert_str_eq(form->refused.text, "");
        ck_assert(form->done == (f != BM_FOLDED_F32 || c.bn));
        if (!form->done)
            continue;
        ck_assert_msg(form->differ <= (f <= BM_FOLDED_F32 ? 0 : 12), "%s: %zu differ", bm_form_name(f, c.bn), form->differ);
        ck_assert_double_eq_tol(form->loss, trained->loss, f <= BM_FOLDED_F32 ? 1e-4 : 0.05);
        for (int b = 0; b < BM_INFERENCE_BATCHES; b++)
            ck_assert(form->time[b].image_s > 0 && form->time[b].ratio > 0 && form->time[b].rounds >= 6 &&
                      form->time[b].low <= form->time[b].ratio && form->time[b].ratio <= form->time[b].high);
    }
    bm_train_result_free(&r);
    bm_dataset_free(&d);
}
END_TEST

Suite *inference_suite(void)
{
    Suite *s = suite_create("inference");
    TCase *numbers = tcase_create("numbers"), *networks = tcase_create("networks");
    tcase_set_timeout(networks, 120);
    tcase_add_test(numbers, activations_come_back);
    tcase_add_test(numbers, channels_have_scales);
    tcase_add_test(numbers, weights_come_back);
    tcase_add_test(numbers, loops_agree);
    tcase_add_test(networks, zero_point_by_hand);
    tcase_add_test(networks, small_channels_count);
    tcase_add_loop_test(networks, narrow_is_near_f32, 0, 3);
    tcase_add_test(networks, refusals_say_why);
    tcase_add_loop_test(networks, forms_agree, 0, 4);
    suite_add_tcase(s, numbers);
    suite_add_tcase(s, networks);
    return s;
}
