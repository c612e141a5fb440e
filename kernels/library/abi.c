/* SPDX-License-Identifier: MIT */
#include "abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "shape.h"

_Static_assert((int)BM_IN == 0 && (int)BM_OUT == 1 && (int)BM_INOUT == 2, "roles of arrays are fixed");
_Static_assert((int)BM_F32 == 0 && (int)BM_I32 == 1 && (int)BM_BF16 == 2 && (int)BM_U8 == 3 && (int)BM_S8 == 4,
               "types of arrays are fixed");
_Static_assert((int)BM_MAX_OPERANDS <= (int)BM_ABI_ARRAYS, "every operand has its place");

struct call {
    struct bm_abi_call seen; /* by the caller; first */
    const struct bm_kernel *kernel;
    struct bm_shape shape;
    struct bm_caches caches;
    union bm_args args;
};

static struct bm_caches caches; /* of calls from now on */

static void set_caches(const struct bm_abi_caches *given)
{
    struct bm_cache_level *const level[] = { &caches.l1, &caches.l2, &caches.l3 };
    for (int i = 0; i < 3; i++)
        *level[i] = (struct bm_cache_level){ given->level[i].bytes, given->level[i].ways, given->level[i].line_bytes,
                                             given->level[i].cores };
}

static void set_thresholds(const struct bm_abi_thresholds *given)
{
    caches.thresholds = (struct bm_thresholds){ given->gemm_flops, given->bn_elements, given->stream_bytes };
}

static bool kernel(size_t i, struct bm_abi_kernel *about)
{
    for (size_t k = 0; k <= i; k++)
        if (!bm_kernels[k])
            return false;
    const struct bm_kernel *k = bm_kernels[i];
    *about = (struct bm_abi_kernel){ k->name, k->op->name, bm_code_of(k), k->peer != NULL };
    return true;
}

/* NULL, or why the kernel does not take the shape; describes the call otherwise. */
static const char *describe(struct call *c, int threads)
{
    static _Alignas(64) char place[BM_MAX_OPERANDS][64]; /* for the arrays: sizes do not depend on pointers */
    struct bm_operand operand[BM_MAX_OPERANDS];
    void *array[BM_MAX_OPERANDS];
    c->seen.arrays = c->kernel->op->operands(&c->shape, operand);
    for (unsigned i = 0; i < c->seen.arrays; i++) {
        const struct bm_operand *o = &operand[i];
        c->seen.array[i] = (struct bm_abi_array){ o->name, (int)o->role, (int)o->type, o->rows, o->cols, o->ld };
        array[i] = place[i];
    }
    c->kernel->op->bind(&c->shape, array, &c->args);
    c->args.means.threads = threads;
    c->args.means.caches = &c->caches;
    const char *why = bm_refuses(c->kernel, &c->args);
    if (!why)
        c->seen.scratch_bytes = bm_scratch_bytes(c->kernel, &c->args);
    return why;
}

static struct bm_abi_call *open_call(const char *name, const char *shape, int threads, char *why, size_t room)
{
    struct bm_shape_line line;
    struct bm_error error;
    const char *reason = NULL;
    const struct bm_kernel *found = bm_find(name);
    struct call *c = aligned_alloc(64, (sizeof *c + 63) / 64 * 64);
    if (!found)
        reason = "this build has no kernel of that name";
    else if (!c)
        reason = "out of memory";
    else if (!bm_runnable(found, &reason))
        ;
    else if (found->prepare)
        reason = "it keeps an input in its scratch, and such calls share theirs";
    else if (!bm_shape_parse(shape, "shape", &line, &error))
        reason = error.text;
    else if (!bm_shape_fits(&line, found->op))
        reason = "the shape is not one of this kernel's op";
    else {
        memset(c, 0, sizeof *c);
        c->kernel = found;
        c->shape = line.shape;
        c->caches = caches;
        c->seen.run = (void (*)(const void *))(void (*)(void))found->run;
        c->seen.args = &c->args;
        reason = describe(c, threads);
    }
    if (!reason)
        return &c->seen;
    snprintf(why, room, "%s", reason);
    free(c);
    return NULL;
}

static void bind(struct bm_abi_call *seen, void *const array[], void *scratch)
{
    struct call *c = (struct call *)seen;
    const int threads = c->args.means.threads;
    c->kernel->op->bind(&c->shape, array, &c->args);
    c->args.means.threads = threads;
    c->args.means.scratch = scratch;
    c->args.means.caches = &c->caches;
}

static void close_call(struct bm_abi_call *call) { free(call); }

const struct bm_abi bm_abi = { BM_ABI_VERSION, kernel, open_call, bind, close_call, set_caches, set_thresholds };
