/* SPDX-License-Identifier: MIT */
/* auto.h - shared by the <op>_auto kernels, which pick another kernel at each call. */
#ifndef BATCHMARK_AUTO_H
#define BATCHMARK_AUTO_H

#include "kernel.h"

/* The best ISA that runs here; asked once, for the answer takes as long as a small call. */
static inline enum bm_isa bm_auto_isa(void)
{
    static _Atomic int isa = -1;
    if (isa < 0)
        isa = (int)bm_isa_best();
    return (enum bm_isa)isa;
}

/* Defines the kernel <op>_auto from `const struct bm_kernel *pick(const void *args)`. */
#define BM_AUTO_KERNEL(...)                                                                                            \
    static size_t scratch_bytes(const void *args) { return bm_scratch_bytes(pick(args), args); }              \
    static void run(const void *args) { pick(args)->run(args); }                                              \
    BM_KERNEL(.scratch_bytes = scratch_bytes, .run = run, __VA_ARGS__)

#endif
