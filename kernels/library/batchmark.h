/* SPDX-License-Identifier: MIT */
/*
 * batchmark.h - the library: find a kernel by name and call it. tests/example/ is a program of 40 lines that does.
 *
 *   const struct bm_kernel *k = bm_find("gemm_auto");
 *   if (!k || !bm_runnable(k, NULL)) ...
 *   union bm_args args = { .gemm = { .M = ..., .threads = 1 } };
 *   const char *why = bm_refuses(k, &args);
 *   args.gemm.scratch = aligned_alloc(64, bm_scratch_bytes(k, &args));   (a multiple of 64)
 *   k->run(&args);
 *
 * run() may be called from several threads at once with different arguments and scratch.
 */
#ifndef BATCHMARK_H
#define BATCHMARK_H

#include "args.h"
#include "op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every kernel and every op that was built, by name; both end with NULL. */
extern const struct bm_kernel *const bm_kernels[];
extern const struct bm_op *const bm_ops[];

/* What there is for other platforms, and was not built: name, op, isa and omp, and that bm_runnable() says why not. The last
 * one has no name. */
extern const struct bm_kernel bm_foreign[];

/* NULL if there is none of that name. */
const struct bm_kernel *bm_find(const char *name);
const struct bm_op *bm_find_op(const char *name);
/* Family number i of those that the ops have; NULL after the last. */
const struct bm_family *bm_family_at(size_t i);

/* False, with the reason in *why (if why is not NULL), when this CPU or the cap rules the kernel out, or when it is a
 * peer's and that library cannot be loaded: the first question about a peer's kernel loads it. */
bool bm_runnable(const struct bm_kernel *kernel, const char **why);

/* The kernel of an op that belongs to a set such as "avx512_omp": <op>_<set>, or NULL; where an op has no _tuned kernel,
 * its plain one serves for it. "auto" is <op>_auto if the op
 * has one, and else the best one that is runnable here: the last ISA of isa.h, and its _omp kernel if threads > 1 and the
 * shape is large enough to gain by it. */
const struct bm_kernel *bm_choose(const struct bm_op *op, const char *set, const struct bm_shape *shape, int threads);

#ifdef __cplusplus
}
#endif
#endif
