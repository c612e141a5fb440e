/* SPDX-License-Identifier: MIT */
/* cmd_count.c - batchmark count: the instructions of a call, and how its hot block would do on other CPUs. */
#include <stdlib.h>
#include <string.h>

#include "ab.h"
#include "count_print.h"

static const char *const formats[] = { "text", "json", NULL };
enum { TEXT, JSON };

struct count_options {
    struct bm_options common;
    const char *word[BM_PAIR_SIDES];
    int format;
};

/* What is counted: the kernels of one side, or of two. */
struct counting {
    const struct count_options *o;
    struct bm_pair_side side[BM_PAIR_SIDES];
    int sides;
    bool two_kernels;
    char *mca, *version; /* NULL: there is none */
    json_t *json;
    size_t counted, identical, failed;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct count_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = state->child_inputs[1] = &o->common; return 0;
    case 'f': o->format = bm_read_word("--format", arg, formats); return 0;
    case ARGP_KEY_ARG:
        if (o->word[BM_B])
            bm_die(BM_EXIT_USAGE, "more than A and B: '%s'", arg);
        o->word[o->word[BM_A] ? BM_B : BM_A] = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- a kernel ---- */

static void predict(const struct counting *n, struct bm_counted *c)
{
    for (int s = 0; s < n->sides && n->mca; s++) {
        const struct bm_block *hot = &c->of[s].hot;
        for (int cpu = 0; cpu < BM_PREDICTED_CPUS && c->of[s].classed; cpu++)
            c->cpu[s][cpu] = bm_predict_loop(n->mca, cpu, &c->of[s].steps.executed[hot->begin], hot->end - hot->begin);
    }
}

static bool count_sides(const struct counting *n, const struct bm_kernel *const kernel[], const struct bm_shape *shape,
                        struct bm_counted *c, struct bm_error *error)
{
    struct bm_shape_line first;
    *c = (struct bm_counted){ .sides = 0 };
    for (int s = 0; s < n->sides; s++) {
        struct bm_abi_kernel about;
        const struct bm_abi *abi = bm_pair_abi(&n->side[s], kernel[s]->name, &about);
        c->kernel[s] = kernel[s]->name;
        if (!abi || about.peer)
            return bm_failed(error, abi ? "it is another library's" : "%c has no such kernel", "AB"[s]);
        if (!bm_count_call(abi, kernel[s]->name, kernel[s]->op, shape, &c->of[s], error))
            return false;
        c->sides++;
        bm_count_cycles(abi, kernel[s]->name, kernel[s]->op, &c->of[s]);
        if (!shape && bm_shape_parse(c->of[0].shape, "shape", &first, error)) /* the same on both sides */
            shape = &first.shape;
    }
    return true;
}

static void count_kernel(struct counting *n, const struct bm_kernel *const kernel[], const struct bm_shape *shape)
{
    struct bm_counted c;
    struct bm_error error;
    const bool good = count_sides(n, kernel, shape, &c, &error);
    if (good) {
        predict(n, &c);
        if (n->o->format == JSON)
            json_array_append_new(n->json, bm_counted_json(&c, n->version));
        else {
            if (n->counted)
                putchar('\n');
            bm_count_print(&c, n->version, stdout);
        }
        n->counted++;
    } else {
        fprintf(stderr, "batchmark: %s is not counted: %s\n", kernel[0]->name, error.text);
        n->failed++;
    }
    for (int s = 0; s < c.sides; s++)
        bm_call_count_free(&c.of[s]);
}

/* On each shape that was asked for, or on a small one. */
static void count_shapes(struct counting *n, const struct bm_kernel *const kernel[])
{
    const struct bm_shape_list *list = &n->o->common.shapes;
    if (!list->count)
        count_kernel(n, kernel, NULL);
    for (size_t i = 0; i < list->count; i++)
        if (bm_shape_fits(&list->line[i], kernel[0]->op))
            count_kernel(n, kernel, &list->line[i].shape);
}

static bool is_identical(const struct counting *n, const struct bm_kernel *k)
{
    return bm_pair_same_code(n->side, (const char *const[]){ k->name, k->name });
}

static void count_all(struct counting *n)
{
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++) {
        if (!bm_wanted(&n->o->common, *k) || (n->sides > 1 && (*k)->peer))
            continue;
        if (n->sides > 1 && is_identical(n, *k))
            n->identical++;
        else
            count_shapes(n, (const struct bm_kernel *const[]){ *k, *k });
    }
}

/* ---- the command ---- */

static const struct bm_kernel *kernel_of(const char *name)
{
    const struct bm_kernel *k = bm_find(name);
    if (!k)
        bm_die(BM_EXIT_USAGE, "%s: two kernels are set against each other by their full names (`batchmark list`)",
               name);
    return k;
}

static void load_sides(struct counting *n, struct count_options *o)
{
    const enum bm_ab_kind kind[] = { bm_ab_kind_of(o->word[BM_A]), bm_ab_kind_of(o->word[BM_B]) };
    n->two_kernels = kind[BM_A] == BM_AB_KERNEL && kind[BM_B] == BM_AB_KERNEL;
    if (kind[BM_A] == BM_AB_KERNEL && !o->word[BM_B])
        o->common.kernel = o->word[BM_A];
    else if (!n->two_kernels && (kind[BM_A] == BM_AB_KERNEL || kind[BM_B] == BM_AB_KERNEL))
        bm_die(BM_EXIT_USAGE,
               "one of %s and %s is a kernel and the other a build: give two kernels, or a build and --kernel",
               o->word[BM_A], o->word[BM_B]);
    else if (!o->word[BM_A] && !o->common.kernel && !o->common.op)
        bm_die(BM_EXIT_USAGE, "what to count? give a kernel (`batchmark list`), --op, or builds whose kernels differ");
    const bool builds = o->word[BM_A] && kind[BM_A] != BM_AB_KERNEL;
    n->sides = builds || n->two_kernels ? 2 : 1;
    for (int s = BM_A; builds && s <= BM_B; s++)
        bm_ab_load(&n->side[s], o->word[s], kind[s]);
}

static enum bm_exit report(struct counting *n)
{
    if (n->o->format == JSON) {
        json_dumpf(n->json, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
        putchar('\n');
    } else if (n->counted && !n->mca)
        printf("\nWithout llvm-mca (package llvm-19 or llvm) nothing is said of other CPUs.\n");
    if (n->identical && n->o->format == TEXT)
        printf("%s%zu kernels have identical code on both sides\n", n->counted ? "\n" : "", n->identical);
    if (n->counted || (n->identical && !n->failed))
        return BM_EXIT_OK;
    if (!n->failed)
        fprintf(stderr, "batchmark: no kernel and shape of those names; `batchmark list` shows the kernels\n");
    return BM_EXIT_USAGE;
}

int bm_cmd_count(int argc, char **argv)
{
    static const struct argp_option options[] = { { "format", 'f', "text|json", 0, "text or json", 0 }, { 0 } };
    static const struct argp_child children[] = { { &bm_filter_argp, 0, NULL, 0 },
                                                  { &bm_shape_argp, 0, NULL, 0 },
                                                  { 0 } };
    static const struct argp argp = {
        options,
        parse,
        "[KERNEL | KERNEL KERNEL | A [B]]",
        "Counts the instructions of one call, by class, by letting it go one instruction at a time; shows its hot "
        "block, and "
        "how many cycles llvm-mca predicts for it on other CPUs, beside those measured here. A and B are builds as "
        "those of "
        "`batchmark ab`, without B this build; then kernels are counted whose code differs. Exact, and the same every "
        "time. docs/instructions.md explains it.\v"
        "batchmark count bn_forward_avx2\n"
        "batchmark count gemm_avx2 gemm_avx2_direct --shape 'M=31 N=48 K=20'\n"
        "batchmark count HEAD~1 HEAD\n\n"
        "Shapes must be small: a call of more than 300000 instructions is given up. Only kernels that run on this CPU "
        "can be "
        "counted.\n\nExit: 0 something was counted, or all code is identical; 2 bad usage, or nothing could be "
        "counted; 3 bad input.",
        children,
        NULL,
        NULL
    };
    struct count_options o = { .format = TEXT };
    bm_parse(&argp, argc, argv, 0, &o);
    if (o.format == TEXT)
        bm_lines_begin();
    struct counting n = { .o = &o, .json = json_array() };
    load_sides(&n, &o);
    n.mca = bm_find_mca(&n.version);
    if (n.two_kernels)
        count_shapes(&n, (const struct bm_kernel *const[]){ kernel_of(o.word[BM_A]), kernel_of(o.word[BM_B]) });
    else
        count_all(&n);
    const enum bm_exit status = report(&n);
    for (int s = BM_A; s <= BM_B; s++)
        free(n.side[s].module);
    bm_shapes_free(&o.common.shapes);
    json_decref(n.json);
    free(n.mca);
    free(n.version);
    return status;
}
