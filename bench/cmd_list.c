/* SPDX-License-Identifier: MIT */
/* cmd_list.c - batchmark list. */
#include <stdio.h>
#include <stdlib.h>

#include "experiment.h"
#include "ideas.h"
#include "known.h"
#include "options.h"
#include "peer.h"

struct list_options {
    struct bm_options common;
    int shapes, experiments, details, ideas;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct list_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = state->child_inputs[1] = &o->common; return 0;
    case 'S': o->shapes = 1; return 0;
    case 'E': o->experiments = 1; return 0;
    case 'd': o->details = 1; return 0;
    case 'i': o->ideas = 1; return 0;
    case ARGP_KEY_ARG: bm_die(BM_EXIT_USAGE, "unexpected argument '%s'", arg);
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* "  eps=1e-5   added to the variance": a key with its usual value. */
static void list_key(const struct bm_key *key)
{
    char text[64], values[BM_LABEL];
    snprintf(text, sizeof text, "%s=%s", key->name, key->usual ? key->usual : "");
    printf("    %-14s %s (%s)\n", text, key->meaning, bm_key_values(key, values));
}

static void list_keys(void)
{
    const struct bm_family *f;
    printf("\nA shape is a line: [OP or FAMILY] KEY=VALUE ... [x<times>] [name=<where it is from>]\n"
           "Without op and family it is for each family that has all its keys and needs no other.\n");
    for (size_t i = 0; (f = bm_family_at(i)); i++) {
        printf("  %s: %s\n", f->name, f->about);
        for (const struct bm_key *k = f->key; k->name; k++)
            list_key(k);
    }
    printf("More in bench/shapes/README.md.\n");
}

static void list_shapes(void)
{
    printf("Built-in shape files (--shapes NAME):\n");
    for (const struct bm_text *t = bm_builtin_shapes; t->name; t++) {
        size_t lines = 0;
        for (const char *p = t->text; *p; p++)
            lines += *p == '\n';
        printf("  %-14s %zu lines\n", t->name, lines);
    }
    list_keys();
}

/* "avx512: AVX-512 (F, BW, DQ, VL), AVX2 and FMA" */
static void list_isa(enum bm_isa isa)
{
    printf("      ISA:    %s", bm_isa_name(isa));
    for (const char *before = ": "; isa != BM_BASELINE; isa = bm_isa_base(isa), before = ", ")
        printf("%s%s", before, bm_isa_features(isa));
    putchar('\n');
}

static void list_kernel(const struct bm_kernel *k, bool details)
{
    const char *why;
    bool runs = bm_runnable(k, &why);
    printf("  %-30s %-10s %-8s %s\n", k->name, bm_isa_name(k->isa), k->omp ? "threads" : "serial",
           runs ? "runs here" : why);
    if (runs && k->peer) {
        char text[BM_PEER_TEXT];
        printf("      %s\n", bm_peer_text(bm_peer_load(k->peer), text));
    }
    if (!details)
        return;
    list_isa(k->isa);
    if (!k->run) /* was not built */
        return;
    printf("      idea:   %s\n      loses:  %s\n      source: %s\n      built:  %s, %s %s\n", k->idea, k->loses,
           k->source, k->file, k->compiler, k->flags);
}

/* A kernel, if it is wanted and the op's; the op's line before its first. */
static void list_of(const struct list_options *o, const struct bm_op *op, const struct bm_kernel *k, size_t before,
                    size_t *listed)
{
    if (k->op != op || !bm_wanted(&o->common, k))
        return;
    if (*listed == before)
        printf("%s%s: %s\n", before ? "\n" : "", op->name, op->summary);
    list_kernel(k, o->details);
    ++*listed;
}

/* Recipe by recipe, what is off in each kernel. */
static void list_ideas(const struct bm_options *o)
{
    const struct bm_ablations list = bm_ablations_load(o);
    const struct bm_kernel *recipe = NULL;
    const char *why;
    for (size_t i = 0; i < list.count; i++) {
        const struct bm_ablation *a = &list.of[i];
        if (a->recipe != recipe)
            printf("%s%s, %s\n", recipe ? "\n" : "", a->recipe->name, bm_runnable(a->recipe, &why) ? "runs here" : why);
        recipe = a->recipe;
        printf("  %-42s %s\n", a->kernel.name, a->purpose);
    }
    free(list.of);
}

int bm_cmd_list(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "shapes", 'S', NULL, 0, "The built-in shape files, and the keys of a shape, instead", 0 },
        { "experiments", 'E', NULL, 0, "The built-in experiments instead", 0 },
        { "ideas", 'i', NULL, 0, "The tuned kernels without single ideas instead, which bench --ideas times", 0 },
        { "details", 'd', NULL, 0, "Each kernel's ISA and what of the CPU it needs, idea, weakness, source, flags and compiler", 0 },
        { 0 }
    };
    static const struct argp_child children[] = { { &bm_filter_argp, 0, NULL, 0 },
                                                  { &bm_peer_argp, 0, NULL, 0 },
                                                  { 0 } };
    static const struct argp argp = { options,  parse, NULL, "The ops, their kernels, and which of them run here.",
                                      children, NULL,  NULL };
    struct list_options o = { .shapes = 0 };
    bm_parse(&argp, argc, argv, 0, &o);
    if (o.shapes)
        list_shapes();
    if (o.experiments)
        bm_experiments_print(stdout);
    if (o.ideas)
        list_ideas(&o.common);
    if (o.shapes || o.experiments || o.ideas)
        return BM_EXIT_OK;
    bm_check_filters(&o.common);
    bm_load_peers(&o.common);
    size_t listed = 0;
    for (const struct bm_op *const *op = bm_ops; *op; op++) {
        const size_t before = listed;
        for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
            list_of(&o, *op, *k, before, &listed);
        for (const struct bm_kernel *k = bm_foreign; k->name; k++)
            list_of(&o, *op, k, before, &listed);
    }
    if (!listed)
        bm_die(BM_EXIT_USAGE, "no kernel matches --op '%s' --kernel '%s'; `batchmark list` shows them all",
               o.common.op ? o.common.op : "*", o.common.kernel ? o.common.kernel : "*");
    return BM_EXIT_OK;
}
