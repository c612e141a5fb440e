/* SPDX-License-Identifier: MIT */
/*
 * abi.h - how a program calls the kernels of another build: of another commit, compiler or set of flags, today or in years.
 *
 * Every library of kernels exports one symbol, `bm_abi`. The structures of kernel.h may differ from build to build; those
 * here never change, so that a library that a result keeps can be timed beside any later one. A problem is passed as text
 * (bench/shapes/README.md), arrays as pointers. Another meaning of a member needs another version.
 */
#ifndef BATCHMARK_ABI_H
#define BATCHMARK_ABI_H

#include <stdbool.h>
#include <stddef.h>

/* Version 1 is version 2, but of kernels that had other names (old_names.h). Version 3 has caches(), 4 thresholds(). */
enum { BM_ABI_VERSION = 4, BM_ABI_ARRAYS = 16 };

/* One array: rows x cols elements, rows ld apart. */
struct bm_abi_array {
    const char *name;
    int role, type; /* enum bm_role, enum bm_type (kernel.h): their values are fixed */
    size_t rows, cols, ld;
};

struct bm_abi_kernel {
    const char *name, *op;
    const char *code; /* hash of its machine code (code.h); "" if unknown */
    bool peer;        /* another library does the work */
};

/* L1, L2 and the last level, as struct bm_caches has them (kernel.h). 0: not known. */
struct bm_abi_caches {
    struct { size_t bytes; unsigned ways, line_bytes, cores; } level[3];
};

/* As struct bm_thresholds has them (kernel.h). 0: as built in. */
struct bm_abi_thresholds {
    double gemm_flops;
    size_t bn_elements, stream_bytes;
};

/* A call that is ready but for its arrays. */
struct bm_abi_call {
    unsigned arrays;
    struct bm_abi_array array[BM_ABI_ARRAYS];
    size_t scratch_bytes; /* 64-byte aligned */
    void (*run)(const void *args);
    const void *args;
};

struct bm_abi {
    int version;
    /* Describes kernel number i; false after the last. */
    bool (*kernel)(size_t i, struct bm_abi_kernel *kernel);
    /* NULL, with the reason, if there is no such kernel or op, the CPU cannot run it, or it does not take this shape. */
    struct bm_abi_call *(*open)(const char *kernel, const char *shape, int threads, char *why, size_t room);
    /* Must come before the first run(args). */
    void (*bind)(struct bm_abi_call *call, void *const array[], void *scratch);
    void (*close)(struct bm_abi_call *call);
    /* The caches that calls may use which are opened from now on. */
    void (*caches)(const struct bm_abi_caches *caches);
    /* The same of thresholds. */
    void (*thresholds)(const struct bm_abi_thresholds *thresholds);
};

extern const struct bm_abi bm_abi;

#endif
