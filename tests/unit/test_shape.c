/* SPDX-License-Identifier: MIT */
/* test_shape.c - shapes as text: what is read, what is refused, and that the built-in lists hold what the experiments
 * need. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "network.h"
#include "random.h"
#include "random_shape.h"
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
    ck_assert(bm_shape_parse("bn N=2 C=32 H=4 W=5 layout=nchw16c", "t", &l, NULL));
    ck_assert(l.shape.N == 2 && l.shape.C == 32 && l.shape.S == 20 && l.shape.layout == BM_CHANNELS_BY_16);
    ck_assert(bm_shape_parse("N=2 C=33 layout=nchw8c", "t", &l, NULL) && l.shape.layout == BM_CHANNELS_BY_8);
    ck_assert_uint_eq(l.shape.C, 40); /* whole blocks */
    ck_assert(
        bm_shape_parse("M=1 N=2 K=3 trans=TN alpha=0.5 beta=-2 epilogue=bias_relu slope=0.25 pad=4", "t", &l, NULL));
    ck_assert(l.shape.ta && !l.shape.tb && l.shape.alpha == 0.5f && l.shape.beta == -2 &&
              l.shape.epilogue == BM_EPILOGUE_BIAS_RELU && l.shape.slope == 0.25f && l.shape.pad == 4);
    ck_assert(bm_shape_fits(&l, bm_find_op("gemm")));
    ck_assert(bm_shape_parse("N=1000", "t", &l, NULL) && bm_shape_fits(&l, bm_find_op("adam")) &&
              !bm_shape_fits(&l, bm_find_op("bn_forward")));
}
END_TEST

/* A line and what its error must name. */
static const struct {
    const char *text, *word;
} bad[] = {
    { "", "params needs N" },
    { "C=3", "bn needs N C" },
    { "N=-1 C=3", "N=-1" },
    { "N=x C=3", "N=x" },
    { "N=3 C=99999999999999999999", "C=99999999999999999999" },
    { "N=3 C=1099511627777", "C=1099511627777" },
    { "N=1099511627776 C=1025", "C=1025 makes the problem too large" },
    { "gemm M=1048576 N=1048576 K=1025", "K=1025 makes the problem too large" },
    { "bn N=2 C=3 H=1048577 W=1048576", "W=1048576" },
    { "bn N=1048577 C=1 H=1048576 W=1 layout=nhwc", "N becomes 1099512676352" },
    { "bn N=1 C=1099511627775 layout=nchw8c S=2048", "too large" },
    { "N=3 Q=4", "unknown key 'Q'; " },
    { "N=3 =4", "unknown key ''" },
    { "N=3 C=4 layout=nwhc", "layout=nwhc: expected one of nc, nhwc, nchw, nchw8c, nchw16c" },
    { "N=3 C=4 H=2", "H= needs W=" },
    { "N=3 C=4 W=2", "W= needs H=" },
    { "N=3 C=4 S=4 H=2 W=2", "H= or S=, not both" },
    { "gemm M=3 N=4", "gemm needs M N K" },
    { "M=3 N=4", "gemm needs M N K" },
    { "gemm M=3 N=4 K=5 trans=XX", "trans=XX: expected one of NN, NT, TN, TT" },
    { "gemm M=3 N=4 K=5 epilogue=relu", "epilogue=relu: expected one of none, bias," },
    { "bn N=3", "bn needs N C" },
    { "what N=3 C=4", "'what' is neither" },
    { "N=3 C=4 bn", "'bn' is neither" },
    { "N=3 C=4 eps=abc", "eps=abc is not a number" },
    { "N=3 C=4 eps=", "eps= is not a number" },
    { "N=3 C=4 eps=nan", "eps=nan" },
    { "N=3 C=4 eps=inf", "eps=inf" },
    { "N=3 C=4 eps=1e39", "eps=1e39" },
    { "N=3 C=4 eps=1e-60", "eps=1e-60 is too small" },
    { "N=3 C=4 eps=-1e-9", "eps=-1e-9 is not a number from 0" },
    { "bn N=3 C=4 momentum=-inf", "momentum=-inf" },
    { "gemm M=3 N=4 K=5 alpha=nan", "alpha=nan" },
    { "gemm M=3 N=4 K=5 beta=-1e40", "beta=-1e40" },
    { "rows N=3 C=4 slope=1e40", "slope=1e40" },
    { "N=3 C=4 given=yes", "given=yes: expected one of 0, 1" },
    { "N=3 C=4 x1y", "x=1y" },
    { "N=3 C=4 x4294967297", "x=4294967297" },
    { "N=3 C=4 x2 x3", "x<times> is given twice" },
    { "N=3 C= ", "C= is not" },
    { "N=3 C=4 N=3", "N= is given twice" },
    { "bn N=3 C=4 H=2 W=2 H=3", "H= is given twice" },
    { "N=3 C=4 name=a name=b", "name= is given twice" },
    { "N=3 C=4 "
      "name=a-name-that-is-longer-than-the-ninety-five-characters-which-there-is-room-for-in-the-line-of-a-shape-file",
      "name=a-name" },
    { "params N=3 layout=nchw", "'layout' is no key of params; params has N" },
    { "params N=3 pad=1", "'pad' is no key of params" },
    { "N=3 pad=1", "rows needs N C" },
    { "adam N=3 eps=1", "'eps' is no key of adam" },
    { "rows N=3 C=4 eps=1", "'eps' is no key of rows" },
    { "relu_forward N=3 C=4 layout=nc", "'layout' is no key of relu_forward" },
    { "gemm M=3 N=4 K=5 C=6", "'C' is no key of gemm" },
    { "bn N=3 C=4 trans=NN", "'trans' is no key of bn" },
    { "norm N=3 C=4 slope=1", "'slope' is no key of norm" },
    { "group N=3 C=4", "G" },
    { "group N=3 C=4 G=2 layout=nchw8c", "nchw8c" },
    { "norm N=3 C=4 G=2", "'G' is no key of norm" },
    { "conv N=1 height=3 width=3 C=4", "K" },
    { "conv N=1 height=3 width=3 C=4 K=5 filter=2", "1, 3, 5, 7" },
    { "conv N=1 H=3 W=3 C=4 K=5", "'H' is no key of conv" },
    { "pool N=1 height=3 width=3 C=4 K=5", "'K' is no key of pool" },
    { "M=3 C=4", "no op has 'C' and all keys before it; gemm has M N K" },
};

START_TEST(refuses)
{
    struct bm_shape_line l;
    struct bm_error error = { "" };
    ck_assert_msg(!bm_shape_parse(bad[_i].text, "file:7", &l, &error), "'%s' was read", bad[_i].text);
    ck_assert_msg(strncmp(error.text, "file:7: ", 8) == 0 && strstr(error.text, bad[_i].word) &&
                      !strchr(error.text, '\n'),
                  "'%s': %s", bad[_i].text, error.text);
}
END_TEST

/* Which families a line without op and family is for: those that have all its keys and lack none that they need. */
START_TEST(keys_choose_families)
{
    static const struct {
        const char *text, *ops;
    } lines[] = {
        { "N=32 C=300", "bn_forward relu_forward layer_norm_forward" },
        { "N=32 C=300 pad=3", "bn_forward relu_forward layer_norm_forward" },
        { "N=32 C=300 slope=0.1", "bn_forward relu_forward" },
        { "N=32 C=300 eps=0.1", "bn_forward layer_norm_forward" },
        { "N=32 C=300 layout=nc", "bn_forward" },
        { "N=32 C=300 G=10", "group_norm_forward" },
        { "N=32 C=300 G=10 layout=nhwc", "group_norm_forward" },
        { "norm N=32 C=300", "layer_norm_forward" },
        { "N=2 height=4 width=5 C=6 K=7", "conv_forward" },
        { "N=2 height=4 width=5 C=6", "max_pool_forward" },
        { "N=32", "adam" },
        { "M=1 N=2 K=3", "gemm gemm_bf16 gemm_s8" },
        { "gemm M=1 N=2 K=3", "gemm gemm_bf16 gemm_s8" }, /* an op and a family */
        { "gemm_bf16 M=1 N=2 K=3", "gemm_bf16" },
        { "bn N=32 C=300", "bn_forward" },
    };
    static const char *const ops[] = {
        "bn_forward", "gemm", "gemm_bf16", "gemm_s8", "relu_forward", "adam", "layer_norm_forward", "group_norm_forward",
        "conv_forward", "max_pool_forward"
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct bm_shape_line l;
        char fitting[128] = "";
        ck_assert(bm_shape_parse(lines[i].text, "t", &l, NULL));
        for (size_t o = 0; o < sizeof ops / sizeof *ops; o++)
            if (bm_shape_fits(&l, bm_find_op(ops[o])))
                sprintf(fitting + strlen(fitting), "%s%s", *fitting ? " " : "", ops[o]);
        ck_assert_str_eq(fitting, lines[i].ops);
    }
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

/* Labels are names in results: they stay as they are, and say all that is not usual. */
START_TEST(labels_stay)
{
    static const struct {
        const char *op, *label, *from; /* from: NULL if it is the label that is read */
    } is[] = {
        { "bn_forward", "N=32 C=300", NULL },
        { "bn_forward", "N=2 C=3 S=1 layout=nchw", NULL },
        { "bn_forward", "N=32 C=64 S=3136 layout=nchw", "N=32 C=64 H=56 W=56 x6 name=resnet50:res2" },
        { "bn_forward", "N=40 C=3", "bn N=2 C=3 H=4 W=5 layout=nhwc" },
        { "bn_forward", "N=32 C=100 eps=0.00100000005 momentum=0.00999999978 unbiased=0",
          "N=32 C=100 unbiased=0 eps=1e-3 momentum=0.01" },
        { "bn_forward", "N=128 C=64 given=1 pad=5 slope=0.300000012", NULL },
        { "bn_backward", "N=8 C=33 slope=0.300000012", "bn N=8 C=33 slope=0.3" },
        { "bn_forward", "N=3 C=4 eps=0", "bn N=3 C=4 eps=-0 slope=-0.0" }, /* the same problem, one name */
        { "bn_forward", "N=3 C=4 eps=9.9999461e-41", "bn N=3 C=4 eps=1e-40" },
        { "bn_forward", "N=3 C=4",
          "bn N=3 C=4 eps=0.00001 momentum=0.1 unbiased=1 given=0 pad=0 slope=0 layout=nc S=1" },
        { "gemm", "M=1 N=2 K=3 trans=NN", "M=1 N=2 K=3" },
        { "gemm", "M=1 N=2 K=3 trans=TN alpha=0.5 beta=-2 epilogue=bias_relu pad=4 slope=0.25", NULL },
        { "gemm_bf16", "M=1 N=2 K=3 trans=NT", NULL },
        { "relu_forward", "N=17 C=31 pad=5 slope=0.300000012", NULL },
        { "softmax_xent", "N=32 C=10", NULL },
        { "adam", "N=1000003", NULL },
        { "layer_norm_forward", "N=512 C=768 eps=9.99999996e-13 pad=1", NULL },
        { "rms_norm_backward", "N=1 C=4096", NULL },
        { "group_norm_forward", "N=2 C=256 G=32 S=196 layout=nchw", "group N=2 C=256 G=32 H=14 W=14" },
        { "group_norm_backward", "N=2 C=256 G=32 S=196 layout=nhwc pad=3", "N=2 C=256 G=32 H=14 W=14 layout=nhwc pad=3" },
        { "conv_forward", "N=2 height=4 width=5 C=6 K=7 layout=nchw", "N=2 height=4 width=5 C=6 K=7 filter=3" },
        { "conv_weight_gradient", "N=2 height=4 width=5 C=6 K=7 layout=nhwc filter=5 pad=1", NULL },
        { "max_pool_backward", "N=2 height=4 width=5 C=6 layout=nhwc", "N=2 height=4 width=5 C=6 layout=nc" },
        { "group_norm_forward", "N=2 C=6 G=3 layout=nhwc", "group N=2 C=6 G=3 S=1" },
    };
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        struct bm_shape_line l;
        char label[BM_LABEL];
        ck_assert_msg(bm_shape_parse(is[i].from ? is[i].from : is[i].label, "t", &l, NULL), "%s", is[i].label);
        ck_assert_str_eq(bm_shape_label(bm_find_op(is[i].op), &l.shape, label), is[i].label);
    }
}
END_TEST

/* No two numbers share a name: neighbours differ, and each name is read back as the same float. */
START_TEST(numbers_have_names)
{
    const struct bm_op *op = bm_find_op("bn_forward");
    char before[BM_LABEL] = "";
    for (unsigned i = 0; i < 4000; i++) {
        const uint32_t bits = i < 2000 ? 0x3727c5ac - 1000 + i : (uint32_t)(bm_hash(1, i / 2) % 0x7f7fffff) + i % 2;
        struct bm_shape_line l;
        char label[BM_LABEL];
        struct bm_shape shape = { .N = 3, .C = 4, .S = 1, .momentum = 0.1f, .unbiased = true };
        memcpy(&shape.eps, &bits, sizeof bits);
        ck_assert_str_ne(bm_shape_label(op, &shape, label), before);
        ck_assert_msg(bm_shape_parse(label, "t", &l, NULL), "%s", label);
        ck_assert_msg(memcmp(&l.shape.eps, &shape.eps, sizeof bits) == 0, "%s", label);
        strcpy(before, label);
    }
}
END_TEST

/* ---- the tables of keys ---- */

/* A word of two families is the same value; one may have words of its own. */
static bool words_agree(const struct bm_word *a, const struct bm_word *b)
{
    for (const struct bm_word *v = a; v && v->name; v++)
        for (const struct bm_word *w = b; w && w->name; w++)
            if (strcmp(v->name, w->name) == 0 && v->value != w->value)
                return false;
    return !a == !b;
}

/* A line that a key of every family may stand in is read once for all of them. */
START_TEST(keys_of_one_name_are_alike)
{
    const struct bm_family *f, *g;
    for (size_t i = 0; (f = bm_family_at(i)); i++)
        for (size_t j = 0; (g = bm_family_at(j)); j++)
            for (const struct bm_key *a = f->key; a->name; a++)
                for (const struct bm_key *b = g->key; b->name; b++)
                    if (strcmp(a->name, b->name) == 0)
                        ck_assert_msg(a->type == b->type && a->offset == b->offset && a->least == b->least &&
                                          a->most == b->most && words_agree(a->words, b->words) && !a->usual == !b->usual &&
                                          (!a->usual || strcmp(a->usual, b->usual) == 0),
                                      "%s of %s and of %s", a->name, f->name, g->name);
}
END_TEST

START_TEST(ops_fit)
{
    for (const struct bm_op *const *op = bm_ops; *op; op++) {
        const struct bm_family *f = (*op)->family;
        ck_assert_msg((*op)->args_bytes <= sizeof(union bm_args), "%s: its arguments are larger than union bm_args",
                      (*op)->name);
        ck_assert_msg((*op)->args_bytes >= sizeof(struct bm_means), "%s", (*op)->name);
        size_t keys = 0;
        for (const struct bm_key *k = f->key; k->name; k++, keys++) {
            ck_assert_msg(k->meaning && *k->meaning, "%s of %s", k->name, f->name);
            ck_assert_msg(k->type != BM_KEY_NUMBER || k->drawn, "%s of %s", k->name, f->name);
            ck_assert_msg(k->type != BM_KEY_SIZE || k->drawn_most, "%s of %s", k->name, f->name);
        }
        ck_assert_uint_le(keys, 32); /* bits of `given` */
    }
}
END_TEST

/* A row of the README's table, "| `N` | bn, rows | rows (batch) | ...", for all families that mean the same by the key. */
static void key_row(const struct bm_key *key, char row[static 512])
{
    char families[128] = "", values[BM_LABEL];
    const struct bm_family *f;
    for (size_t i = 0; (f = bm_family_at(i)); i++)
        for (const struct bm_key *k = f->key; k->name; k++)
            if (strcmp(k->name, key->name) == 0 && strcmp(k->meaning, key->meaning) == 0)
                sprintf(families + strlen(families), "%s%s", *families ? ", " : "", f->name);
    snprintf(row, 512, "| `%s` | %s | %s | %s | %s |\n", key->name, families, key->meaning, bm_key_values(key, values),
             key->usual                   ? key->usual
             : key->type == BM_KEY_FACTOR ? ""
                                          : "must be given");
}

START_TEST(readme_has_every_key)
{
    char *readme = bm_read_text("bench/shapes/README.md", NULL), row[512];
    const struct bm_family *f;
    ck_assert_ptr_nonnull(readme);
    for (size_t i = 0; (f = bm_family_at(i)); i++) {
        snprintf(row, sizeof row, "| `%s` | %s |", f->name, f->about);
        ck_assert_msg(strstr(readme, row) != NULL, "bench/shapes/README.md lacks this row, or has another:\n%s", row);
        for (const struct bm_key *k = f->key; k->name; k++) {
            key_row(k, row);
            ck_assert_msg(strstr(readme, row) != NULL, "bench/shapes/README.md lacks this row, or has another:\n%s",
                          row);
        }
    }
    free(readme);
}
END_TEST

/* Every random shape is one that can be asked for by its label. */
START_TEST(random_shapes_read_back)
{
    for (const struct bm_op *const *op = bm_ops; *op; op++)
        for (uint64_t i = 0; i < 300; i++) {
            const struct bm_shape shape = bm_random_shape(*op, 3, i);
            char label[BM_LABEL], text[BM_LABEL + 40];
            struct bm_shape_line again;
            struct bm_error error;
            snprintf(text, sizeof text, "%s %s", (*op)->name, bm_shape_label(*op, &shape, label));
            ck_assert_msg(bm_shape_parse(text, "label", &again, &error), "%s", error.text);
            ck_assert_msg(bm_shape_equal(*op, &again.shape, &shape), "%s", text);
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
            ck_assert(
                bm_train_set(&e->variant[v].config, "kernels", "auto", &error)); /* region: the same work in parts */
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
    tcase_add_test(all, keys_choose_families);
    tcase_add_test(all, lists);
    tcase_add_test(all, labels_stay);
    tcase_add_test(all, numbers_have_names);
    tcase_add_test(all, keys_of_one_name_are_alike);
    tcase_add_test(all, ops_fit);
    tcase_add_test(all, readme_has_every_key);
    tcase_add_test(all, random_shapes_read_back);
    tcase_add_test(all, labels_read_back);
    tcase_add_test(all, experiments_are_covered);
    suite_add_tcase(suite, all);
    return suite;
}
