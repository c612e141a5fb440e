/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - the contract of everything under kernels/: what a kernel is, one implementation of one operation (op.h).
 * Read this first.
 *
 * Kernels compute and do nothing else: no allocation, no input or output, no clock. A caller fills the argument
 * structure of the op's family (bn.h, gemm.h, training.h), asks bm_refuses() whether the kernel takes it, lends
 * bm_scratch_bytes() of scratch and calls run().
 *
 *   file stem = symbol = label:  kernels/<op>/<op>_<technique or ISA>[_omp][_<idea>].c, and autovec_<ISA>
 *
 * The tokens of the name choose the compiler flags and the ISA: isa.h and mk/kernels.mk.
 *
 * Nothing of a kernel but its `const` descriptor may be touched on a CPU that lacks kernel->isa: even
 * refuses() and scratch_bytes() are compiled with that ISA's flags. bm_runnable() (batchmark.h) is the check.
 *
 * Element types are f32, i32, bf16, u8 and s8; sizes and strides count elements, names ending in _bytes count bytes.
 */
#ifndef BATCHMARK_KERNEL_H
#define BATCHMARK_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "isa.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A level of the caches as a core sees it: one instance, and how many cores of the caller's share it. 0: not known. */
struct bm_cache_level { size_t bytes; unsigned ways, line_bytes, cores; };

/* What no formula knows and `batchmark tune` measures; 0: not measured, as built in. None decides a bit of a result. */
struct bm_thresholds {
    double gemm_flops;   /* GEMM: the work that pays for one more thread (gemm_grid.h) */
    size_t bn_elements;  /* BN: elements from which a team works (bn_threads.h) */
    size_t stream_bytes; /* BN: matrices, taken together, from which it writes past each last level (cache_sizes.h) */
};

/* The caches that a call may use. l3 is the last level, whatever its number. The sizes of blocks follow from them
 * (kernels/engine/cache_sizes.h), and never a bit of a result. */
struct bm_caches {
    struct bm_cache_level l1, l2, l3;
    struct bm_thresholds thresholds; /* of the machine that has these caches */
};

/* Every argument structure begins with these three, so that they can be set without knowing the op. `args` below is
 * always a pointer to the argument structure of the kernel's op. */
struct bm_means {
    int threads;
    void *scratch;
    const struct bm_caches *caches; /* NULL: not known */
};

struct bm_op; /* op.h */

/* One implementation of one operation; see BM_KERNEL below. */
struct bm_kernel {
    const char *name;
    const struct bm_op *op;
    enum bm_isa isa; /* which it needs */
    bool omp;           /* uses args->threads threads; the others use one */
    const char *peer;   /* NULL, or the library that does the work, loaded at run time: kernels/library/peer.h */
    const char *idea;   /* one sentence: what it does that its siblings do not */
    const char *source; /* the paper or book of the idea */
    const char *loses;  /* when another kernel is the better choice */
    /* NULL, or a reason in one clause, for arguments that the op accepts and this kernel does not. */
    const char *(*refuses)(const void *args);
    /* Bytes of scratch, 64-byte aligned; contents need not be kept between calls. NULL: none. It depends on
     * sizes, thread count and caches only, never on pointers to arrays. */
    size_t (*scratch_bytes)(const void *args);
    /* NULL; or what must be called once after inputs were written and before run(): the kernel keeps an input in a form of
     * its own, in scratch, which then belongs to these inputs alone and must be kept from call to call. Not timed. */
    void (*prepare)(const void *args);
    void (*run)(const void *args);
    const char *file, *flags, *compiler; /* how this very object was made */
};

/* Do CPU and system offer the ISA, and does the environment's BATCHMARK_MAX_ISA=<name> allow it? It allows that ISA and
 * those that it extends (a name that is none is ignored here; the command line program refuses it). */
bool bm_isa_runs(enum bm_isa isa);
enum bm_isa bm_isa_best(void); /* the last of the table that runs */
const char *bm_isa_name(enum bm_isa isa);
const char *bm_isa_title(const char *name); /* or the name, if no ISA has it */
enum bm_isa bm_isa_named(const char *name); /* BM_ISA_COUNT: none; NULL is none */
const char *bm_isa_features(enum bm_isa isa); /* of the CPU, beyond those of its base; "": none */
bool bm_isa_extends(enum bm_isa isa, enum bm_isa base); /* or is it */

/* Asks the op, then the kernel. NULL: accepted. */
const char *bm_refuses(const struct bm_kernel *kernel, const void *args);
size_t bm_scratch_bytes(const struct bm_kernel *kernel, const void *args);

/*
 * Defines the one symbol of a kernel's file. The Makefile gives BM_STEM, BM_OP, BM_ISA, BM_OMP and BM_FLAGS from
 * the file's name, so that they cannot disagree with it:
 *
 *     BM_KERNEL(.idea = "...", .source = "...", .loses = "...", .run = run);
 */
#define BM_STRING_(x) #x
#define BM_STRING(x)  BM_STRING_(x)
#ifndef BM_FILE
#define BM_FILE BM_STRING(BM_STEM) ".c"
#endif
#define BM_KERNEL(...)                                                                                                 \
    extern const struct bm_op BM_OP;                                                                                   \
    extern const struct bm_kernel BM_STEM;                                                                             \
    const struct bm_kernel BM_STEM = { .name = BM_STRING(BM_STEM),                                                     \
                                       .op = &BM_OP,                                                                   \
                                       .isa = BM_ISA,                                                                  \
                                       .omp = BM_OMP,                                                                  \
                                       .file = BM_FILE,                                                                \
                                       .flags = BM_FLAGS,                                                              \
                                       .compiler = BM_COMPILER,                                                        \
                                       __VA_ARGS__ }
#ifdef __clang__
#define BM_COMPILER "clang " __clang_version__
#else
#define BM_COMPILER "gcc " __VERSION__
#endif

#ifdef __cplusplus
}
#endif
#endif
