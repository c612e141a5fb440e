/* SPDX-License-Identifier: MIT */
#include "ideas.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bn_ideas.h"
#include "code.h"
#include "gemm_ideas.h"

struct purpose { const char *idea, *text; };
#define PURPOSE(name, text) { #name, text },
static const struct purpose of_bn[] = { BN_EACH_IDEA(PURPOSE) { NULL, NULL } },
                            of_gemm[] = { GEMM_EACH_IDEA(PURPOSE) { NULL, NULL } };

static const char *purpose_of(const struct bm_op *op, const char *idea)
{
    const struct purpose *p = strcmp(op->family->name, "gemm") == 0 ? of_gemm : of_bn;
    while (p->idea && strcasecmp(p->idea, idea) != 0)
        p++;
    return p->text;
}

char *bm_ideas_module(const struct bm_op *op)
{
    char name[96];
    snprintf(name, sizeof name, "ideas/%s", op->name);
    return bm_module_of_op(name);
}

_Noreturn static void other_build(const char *path)
{
    bm_die(BM_EXIT_INPUT, "%s is of another build than this program: run `make ideas`", path);
}

/* The descriptors of a module, which must be of this very build. */
static const struct bm_kernel *const *kernels_of(const char *path)
{
    struct bm_error error;
    struct bm_module module;
    struct bm_abi_kernel about;
    if (!bm_module_load(path, &module, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    const size_t *bytes = dlsym(module.loaded, "bm_kernel_bytes");
    if (!bytes || *bytes != sizeof(struct bm_kernel))
        other_build(path);
    for (size_t i = 0; module.abi->kernel(i, &about); i++) {
        const struct bm_kernel *ours = bm_find(about.name);
        if (ours && strcmp(bm_code_of(ours), about.code) != 0)
            other_build(path);
    }
    return (const struct bm_kernel *const *)dlsym(module.loaded, "bm_kernels");
}

/* Takes kernel k of a module if it is an ablation. */
static bool describe(const struct bm_op *op, const struct bm_kernel *k, struct bm_ablation *a)
{
    static const char without[] = "_without_";
    const char *at = strstr(k->name, without);
    char recipe[96];
    if (!at)
        return false;
    snprintf(recipe, sizeof recipe, "%.*s", (int)(at - k->name), k->name);
    const char *idea = at + strlen(without);
    *a = (struct bm_ablation){ bm_find(recipe), idea, purpose_of(op, idea), *k };
    a->kernel.op = op; /* the module has a copy of its own */
    return a->recipe && a->purpose;
}

static void add_module(struct bm_ablations *list, const struct bm_options *o, const struct bm_op *op, const char *path)
{
    for (const struct bm_kernel *const *k = kernels_of(path); *k; k++) {
        struct bm_ablation a;
        if (!describe(op, *k, &a) || !bm_wanted(o, &a.kernel))
            continue;
        struct bm_ablation *grown = realloc(list->of, (list->count + 1) * sizeof *grown);
        if (!grown)
            bm_die(BM_EXIT_INPUT, "out of memory");
        list->of = grown;
        list->of[list->count++] = a;
    }
}

struct bm_ablations bm_ablations_load(const struct bm_options *o)
{
    struct bm_ablations list = { 0 };
    size_t modules = 0;
    for (const struct bm_op *const *op = bm_ops; *op; op++) {
        char *path = bm_ideas_module(*op);
        if (path) {
            modules++;
            add_module(&list, o, *op, path);
        }
        free(path);
    }
    if (!modules)
        bm_die(BM_EXIT_INPUT, "the kernels without single ideas are not built: run `make ideas`, which takes some minutes");
    if (!list.count)
        bm_die(BM_EXIT_USAGE, "no kernel without an idea matches --op '%s' --kernel '%s'; `batchmark list --ideas` shows them",
               o->op ? o->op : "*", o->kernel ? o->kernel : "*");
    return list;
}
