/* SPDX-License-Identifier: MIT */
#include "known.h"

#include <fnmatch.h>

#include "batchmark.h"

extern const struct bm_kernel *const bm_mutants[];

struct bm_names bm_op_names(void)
{
    struct bm_names names = { NULL, 0 };
    for (const struct bm_op *const *op = bm_ops; *op; op++)
        bm_names_add(&names, (*op)->name);
    return names;
}

struct bm_names bm_kernel_names(void)
{
    struct bm_names names = { NULL, 0 };
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        bm_names_add(&names, (*k)->name);
    for (const struct bm_kernel *k = bm_foreign; k->name; k++)
        bm_names_add(&names, k->name);
    return names;
}

static bool any(const char *glob, const struct bm_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (fnmatch(glob, names->name[i], 0) == 0)
            return true;
    return false;
}

/* Broken kernels (tests/mutants) have names as well, which nobody is told. */
static bool any_mutant(const char *glob)
{
    for (const struct bm_kernel *const *k = bm_mutants; *k; k++)
        if (fnmatch(glob, (*k)->name, 0) == 0)
            return true;
    return false;
}

void bm_check_filters(const struct bm_options *o)
{
    struct bm_names ops = bm_op_names(), kernels = bm_kernel_names();
    if (o->op && !any(o->op, &ops))
        bm_die(BM_EXIT_USAGE, "--op: %s", bm_unknown("op", o->op, &ops, NULL));
    if (o->kernel && !any(o->kernel, &kernels) && !any_mutant(o->kernel))
        bm_die(BM_EXIT_USAGE, "--kernel: %s", bm_unknown("kernel", o->kernel, &kernels, "`batchmark list`"));
    bm_names_free(&ops);
    bm_names_free(&kernels);
}
