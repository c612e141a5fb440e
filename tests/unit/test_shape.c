/* test_shape.c - shapes as text: what is read, what is refused, and that the built-in lists hold what the experiments
 * need. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "network.h"
#include "shape.h"

Suite *shape_suite(void);

START_TEST(reads)
{
    struct bm_shape_line l;
    ck_assert(bm_shape_parse("N=32 C=300", "t", &l, NULL));
    ck_assert(l.shape.N == 32 && l.shape.C == 300 && l.shape.S == 1 && l.shape.layout == BM_CHANNELS_LAST &&
              l.weight == 1);
    ck_assert(bm_shape_fits(&l, bm_find_op("bn_forward")) && bm_shape_fits(&l, bm_find_op("softmax_xent")));
    ck_assert(!bm_shape_fits(&l, bm_find_op("gemm")) && !bm_shape_fits(&l, bm_find_op("adam")));
    ck_assert(bm_shape_parse("bn N=2 C=3 H=4 W=5 layout=nhwc x12 name=a:b", "t", &l, NULL));
    ck_assert(l.shape.N == 40 && l.shape.S == 1 && l.weight == 12 && strcmp(l.origin, "a:b") == 0);
    ck_assert(bm_shape_parse("N=2 C=3 given=1 unbiased=0", "t", &l, NULL) && l.shape.given && !l.shape.unbiased);
    ck_assert(bm_shape_parse("N=2 C=3 H=4 W=5", "t", &l, NULL) && !l.shape.given && l.shape.unbiased);
    ck_assert(l.shape.N == 2 && l.shape.S == 20 && l.shape.layout == BM_CHANNELS_FIRST);
    ck_assert(!bm_shape_fits(&l, bm_find_op("relu_forward")));
    ck_assert(
        bm_shape_parse("M=1 N=2 K=3 trans=TN alpha=0.5 beta=-2 epilogue=bias_relu slope=0.25 pad=4", "t", &l, NULL));
    ck_assert(l.shape.ta && !l.shape.tb && l.shape.alpha == 0.5f && l.shape.beta == -2 &&
              l.shape.epilogue == BM_EPILOGUE_BIAS_RELU && l.shape.slope == 0.25f && l.shape.pad == 4);
    ck_assert(bm_shape_fits(&l, bm_find_op("gemm")));
    ck_assert(bm_shape_parse("N=1000", "t", &l, NULL) && bm_shape_fits(&l, bm_find_op("adam")) &&
              !bm_shape_fits(&l, bm_find_op("bn_forward")));
}
END_TEST

static const struct {
    const char *text, *word;
} bad[] = {
    { "", "no N" },
    { "C=3", "no N" },
    { "N=-1 C=3", "N=-1" },
    { "N=x C=3", "N=x" },
    { "N=3 C=99999999999999999999", "C=" },
    { "N=3 Q=4", "Q" },
    { "N=3 C=4 layout=nwhc", "layout" },
    { "N=3 C=4 H=2", "H and W" },
    { "N=3 C=4 S=4 H=2 W=2", "not both" },
    { "gemm M=3 N=4", "K" },
    { "gemm M=3 N=4 K=5 trans=XX", "trans" },
    { "bn N=3", "C=" },
    { "what N=3 C=4", "what" },
    { "N=3 C=4 eps=abc", "eps" },
    { "N=3 C=4 given=yes", "given" },
    { "N=3 C=4 x1y", "x=" },
    { "N=3 C= ", "C=" },
};

START_TEST(refuses)
{
    struct bm_shape_line l;
    struct bm_error error = { "" };
    ck_assert_msg(!bm_shape_parse(bad[_i].text, "file:7", &l, &error), "'%s' was read", bad[_i].text);
    ck_assert_msg(strstr(error.text, "file:7") && strstr(error.text, bad[_i].word), "'%s': %s", bad[_i].text,
                  error.text);
}
END_TEST

START_TEST(lists)
{
    struct bm_shape_list list = { 0, NULL };
    struct bm_error error = { "" };
    ck_assert(bm_shapes_parse(&list, "# nothing\n\n  \nN=1 C=2 # a comment\r\nN=3 C=4", "t", &error));
    ck_assert_uint_eq(list.count, 2);
    ck_assert(!bm_shapes_parse(&list, "N=1 C=2\nN=\n", "t", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "t:2"));
    ck_assert(!bm_shapes_load(&list, "no/such/file", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "no/such/file"));
    bm_shapes_free(&list);
}
END_TEST

/* Every built-in line is read back from its label, for every op it speaks of, and speaks of at least one. */
START_TEST(labels_read_back)
{
    for (const struct bm_text *t = bm_builtin_shapes; t->name; t++) {
        struct bm_shape_list list = { 0, NULL };
        struct bm_error error = { "" };
        ck_assert_msg(bm_shapes_load(&list, t->name, &error), "%s", error.text);
        for (size_t i = 0; i < list.count; i++) {
            int ops = 0;
            for (const struct bm_op *const *op = bm_ops; *op; op++) {
                char label[BM_LABEL], text[BM_LABEL + 40];
                struct bm_shape_line again;
                if (!bm_shape_fits(&list.line[i], *op))
                    continue;
                ops++;
                snprintf(text, sizeof text, "%s %s", (*op)->name, bm_shape_label(*op, &list.line[i].shape, label));
                ck_assert_msg(bm_shape_parse(text, "label", &again, &error), "%s", error.text);
                ck_assert_msg(bm_shape_equal(*op, &again.shape, &list.line[i].shape), "%s: %s", t->name, text);
            }
            ck_assert_msg(ops > 0, "%s: line %zu fits no op", t->name, i);
        }
        bm_shapes_free(&list);
    }
}
END_TEST

/* Equal but for constants that do not change the work. */
static bool same_work(const struct bm_op *op, struct bm_shape a, struct bm_shape b)
{
    a.eps = b.eps, a.momentum = b.momentum, a.unbiased = b.unbiased;
    return bm_shape_equal(op, &a, &b);
}

/* Kernel speed explains training time only if every layer of every experiment is among the shapes. */
START_TEST(experiments_are_covered)
{
    struct bm_shape_list list = { 0, NULL };
    struct bm_error error = { "" };
    struct bm_experiment *e = malloc(sizeof *e);
    struct bm_network net;
    struct bm_plan *plan = malloc(sizeof *plan);
    ck_assert(bm_shapes_load(&list, "experiments", &error));
    for (const struct bm_text *t = bm_builtin_experiments; t->name; t++) {
        ck_assert_msg(bm_experiment_parse(e, t->name, t->text, &error), "%s", error.text);
        for (unsigned v = 0; v < e->variants; v++) {
            struct bm_distinct distinct[BM_MAX_CALLS];
            *plan = (struct bm_plan){ .training = true, .rows = e->variant[v].config.batch };
            ck_assert(bm_train_set(&e->variant[v].config, "kernels", "auto", &error)); /* fused: the same work in parts */
            ck_assert_msg(bm_network_create(&net, &e->variant[v].config, plan, 1, &error), "%s", error.text);
            unsigned n = bm_plan_distinct(plan, distinct);
            ck_assert_uint_gt(n, 0);
            for (unsigned i = 0; i < n; i++) {
                const struct bm_call *c = distinct[i].call;
                bool found = false;
                char label[BM_LABEL];
                for (size_t k = 0; k < list.count && !found; k++)
                    found = bm_shape_fits(&list.line[k], c->op) && same_work(c->op, list.line[k].shape, c->shape);
                ck_assert_msg(found, "bench/shapes/experiments.txt lacks %s %s of %s, variant %s", c->op->name,
                              bm_shape_label(c->op, &c->shape, label), t->name, e->variant[v].name);
            }
            bm_network_free(&net);
        }
    }
    free(plan);
    free(e);
    bm_shapes_free(&list);
}
END_TEST

Suite *shape_suite(void)
{
    Suite *suite = suite_create("shape");
    TCase *all = tcase_create("text");
    tcase_add_test(all, reads);
    tcase_add_loop_test(all, refuses, 0, sizeof bad / sizeof *bad);
    tcase_add_test(all, lists);
    tcase_add_test(all, labels_read_back);
    tcase_add_test(all, experiments_are_covered);
    suite_add_tcase(suite, all);
    return suite;
}
