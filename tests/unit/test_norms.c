/* SPDX-License-Identifier: MIT */
/* test_norms.c - layer_norm, rms_norm and group_norm beyond what `verify` asks: results on their inputs and past the caches,
 * and the rule of auto. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "batchmark.h"
#include "norm.h"
#include "norm_auto.h"
#include "problem.h"
#include "shape.h"

Suite *norms_suite(void);

static bool of_norms(const struct bm_op *op)
{
    return strcmp(op->family->name, "norm") == 0 || strcmp(op->family->name, "group") == 0;
}

static size_t operand_named(const struct bm_problem *p, const char *name)
{
    for (unsigned i = 0; i < p->count; i++)
        if (strcmp(p->operand[i].name, name) == 0)
            return i;
    return p->count;
}

static void *copy_of(const void *from, size_t bytes)
{
    void *to = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
    ck_assert_ptr_nonnull(to);
    return memcpy(to, from, bytes);
}

/* All outputs of a call with threads threads and these caches; in place: the result, y or dx, lies where x or dy does. */
static void call(const struct bm_kernel *k, const struct bm_problem *p, int threads, const struct bm_caches *caches,
                 bool in_place, void *array[])
{
    union { struct bm_means means; struct bm_layer_norm layer; struct bm_group_norm group; } args;
    const size_t y = operand_named(p, "y"), from = operand_named(p, y < p->count ? "x" : "dy");
    const size_t to = y < p->count ? y : operand_named(p, "dx");
    for (unsigned i = 0; i < p->count; i++)
        array[i] = copy_of(p->pristine[i], bm_footprint_bytes(&p->operand[i]));
    if (in_place) {
        free(array[to]);
        array[to] = array[from];
    }
    p->op->bind(&p->shape, array, &args);
    args.means.threads = threads;
    args.means.caches = caches;
    ck_assert_msg(!bm_refuses(k, &args), "%s: %s", k->name, bm_refuses(k, &args));
    args.means.scratch = aligned_alloc(64, bm_scratch_bytes(k, &args) / 64 * 64 + 64);
    k->run(&args);
    free(args.means.scratch);
}

static void release(const struct bm_problem *p, void *array[])
{
    for (unsigned i = 0; i < p->count; i++) {
        bool shared = false;
        for (unsigned j = 0; j < i; j++)
            shared |= array[j] == array[i];
        if (!shared)
            free(array[i]);
    }
}

/* y on x and dx on dy are the bits of results that lie apart, with every number of threads; and so are those that are written
 * past small caches. */
START_TEST(same_bits)
{
    static const char *const shapes[] = { "norm N=1 C=33", "norm N=131 C=515", "norm N=131 C=512", "norm N=67 C=2048",
                                          "group N=3 C=24 G=4 S=1000", "group N=3 C=96 G=4 S=300 layout=nhwc",
                                          "group N=200 C=300 G=2" };
    static const struct bm_caches small = { { 32768, 8, 64, 1 }, { 65536, 8, 64, 1 }, { 131072, 16, 64, 8 }, { 0, 0, 0 } };
    static const struct way { int threads; const struct bm_caches *caches; bool in_place; } ways[] = {
        { 1, NULL, true },    { 2, NULL, true },    { 3, NULL, true },
        { 1, &small, false }, { 2, &small, false }, { 3, &small, false },
    };
    const struct bm_kernel *k = bm_kernels[_i];
    if (!of_norms(k->op) || !bm_runnable(k, NULL) || k->peer)
        return;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct bm_shape_line line;
        struct bm_problem p;
        ck_assert(bm_shape_parse(shapes[s], "t", &line, NULL));
        if (!bm_shape_fits(&line, k->op))
            continue;
        ck_assert(!bm_problem_make_inputs(&p, k->op, &line.shape, BM_RANDOM, 1));
        void *usual[BM_MAX_OPERANDS];
        call(k, &p, 1, NULL, false, usual);
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            void *other[BM_MAX_OPERANDS];
            call(k, &p, ways[w].threads, ways[w].caches, ways[w].in_place, other);
            for (unsigned i = 0; i < p.count; i++)
                if (p.operand[i].role == BM_OUT)
                    ck_assert_msg(memcmp(usual[i], other[i], bm_footprint_bytes(&p.operand[i])) == 0, "%s: %s of %s, way %zu",
                                  k->name, p.operand[i].name, shapes[s], w);
            release(&p, other);
        }
        release(&p, usual);
        bm_problem_free(&p);
    }
}
END_TEST

/* What means nothing is refused: results on other inputs, or with other strides; groups that do not divide. */
START_TEST(refuses)
{
    static float a[64], channels[8];
    struct bm_layer_norm l = { .threads = 1, .N = 2, .C = 8, .ldx = 8, .ldy = 8, .x = a, .y = a, .gamma = channels,
                               .beta = channels, .mean = channels, .rstd = channels, .lddy = 8, .lddx = 8 };
    const struct bm_kernel *k = bm_find("layer_norm_forward_naive");
    ck_assert_ptr_null(bm_refuses(k, &l));
    l.ldy = 9;
    ck_assert_ptr_nonnull(bm_refuses(k, &l)); /* on x, in other strides */
    l.ldy = 7;
    ck_assert_ptr_nonnull(bm_refuses(k, &l));
    k = bm_find("layer_norm_backward_naive");
    l.dy = a + 32, l.dx = a, l.dgamma = l.dbeta = channels;
    ck_assert_ptr_nonnull(bm_refuses(k, &l)); /* dx on x */
    l.dx = a + 32;
    ck_assert_ptr_null(bm_refuses(k, &l));
    l.dbeta = NULL;
    ck_assert_ptr_nonnull(bm_refuses(k, &l));
    ck_assert_ptr_null(bm_refuses(bm_find("rms_norm_backward_naive"), &l)); /* which has none */
    struct bm_group_norm g = { .threads = 1, .N = 1, .C = 8, .S = 2, .G = 4, .layout = BM_CHANNELS_FIRST, .ldx = 16, .ldy = 16,
                               .x = a, .y = a, .gamma = channels, .beta = channels, .mean = channels, .rstd = channels };
    k = bm_find("group_norm_forward_naive");
    ck_assert_ptr_null(bm_refuses(k, &g));
    g.G = 3;
    ck_assert_ptr_nonnull(bm_refuses(k, &g));
    g.G = 4, g.layout = BM_CHANNELS_BY_8;
    ck_assert_ptr_nonnull(bm_refuses(k, &g));
    g.layout = BM_CHANNELS_LAST, g.ldx = g.ldy = 8;
    ck_assert_ptr_null(bm_refuses(k, &g));
}
END_TEST

NORM_AUTO_PICK(layer_norm_backward, bm_layer_norm, norm_threads)
NORM_AUTO_PICK(group_norm_forward, bm_group_norm, norm_group_threads)

static const char *picked(enum bm_isa isa, int threads, size_t N, size_t C)
{
    const struct bm_layer_norm a = { .threads = threads, .N = N, .C = C };
    return layer_norm_backward_auto_pick(&a, isa)->name;
}

/* Each line of the rule in norm_auto.h, on both sides of its limit; and every op has it. */
START_TEST(auto_rule)
{
    ck_assert_str_eq(picked(BM_BASELINE, 2, 128, 128), "layer_norm_backward_autovec_omp");
    ck_assert_str_eq(picked(BM_BASELINE, 1, 128, 128), "layer_norm_backward_autovec_omp"); /* whatever the threads */
    ck_assert_str_eq(picked(BM_BASELINE, 2, 127, 129), "layer_norm_backward_autovec");
#ifdef __x86_64__
    const struct bm_group_norm g = { .threads = 2, .N = 50, .C = 10, .S = 100 };
    ck_assert_str_eq(picked(BM_AVX512BF16, 2, 50, 1000), "layer_norm_backward_avx512_omp");
    ck_assert_str_eq(picked(BM_AVX512, 1, 50, 1000), "layer_norm_backward_avx512");
    ck_assert_str_eq(picked(BM_AVX2, 2, 49, 1020), "layer_norm_backward_avx2"); /* too small for a team */
    ck_assert_str_eq(group_norm_forward_auto_pick(&g, BM_AVX2)->name, "group_norm_forward_avx2_omp");
#elif defined(__aarch64__)
    const struct bm_group_norm g = { .threads = 2, .N = 50, .C = 10, .S = 100 };
    ck_assert_str_eq(picked(BM_SVE, 2, 50, 1000), "layer_norm_backward_sve_omp");
    ck_assert_str_eq(picked(BM_NEON, 2, 49, 1020), "layer_norm_backward_neon");
    ck_assert_str_eq(group_norm_forward_auto_pick(&g, BM_NEON)->name, "group_norm_forward_neon_omp");
#else
    const struct bm_group_norm g = { .threads = 2, .N = 50, .C = 10, .S = 100 };
    ck_assert_str_eq(group_norm_forward_auto_pick(&g, BM_BASELINE)->name, "group_norm_forward_autovec_omp");
#endif
    for (const struct bm_op *const *op = bm_ops; *op; op++) {
        const struct bm_shape shape = { .N = 64, .C = 32, .S = 1, .G = 4 };
        const struct bm_kernel *k = of_norms(*op) ? bm_choose(*op, "auto", &shape, 2) : NULL;
        ck_assert_msg(!of_norms(*op) || (k && strcmp(k->name + strlen((*op)->name), "_auto") == 0), "%s has no auto",
                      (*op)->name);
    }
}
END_TEST

Suite *norms_suite(void)
{
    int kernels = 0;
    while (bm_kernels[kernels])
        kernels++;
    Suite *suite = suite_create("norms");
    TCase *tests = tcase_create("rows and groups");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, same_bits, 0, kernels);
    tcase_add_test(tests, refuses);
    tcase_add_test(tests, auto_rule);
    suite_add_tcase(suite, tests);
    return suite;
}
