/* SPDX-License-Identifier: MIT */
/* roofline_table.h - what roofline.c knows of the loops in roofline_loops.h: one table for each ISA. Reading a table is safe
 * on any CPU; calling its loops needs the ISA. */
#ifndef BATCHMARK_ROOFLINE_TABLE_H
#define BATCHMARK_ROOFLINE_TABLE_H

#include <stddef.h>

#include "isa.h"

/* Works `passes` times on the n floats at p. */
typedef void (*bm_limit_loop)(float *p, size_t n, size_t passes);

enum {
    BM_FMA_STEPS = 128,   /* of each chain in one pass */
    BM_LOOP_FLOATS = 256, /* 8 vectors of AVX-512, source and destination */
};

struct bm_limit_loops {
    bm_limit_loop fma, read, copy, write, update, update_streams, update_from, stream_copy, stream_write;
    double (*flops)(void); /* of one pass of fma */
};

/* An ISA without a file of loops is measured by those of the ISA that it extends. */
#define BM_LIMIT_LOOPS(ID, name, ...) extern const struct bm_limit_loops bm_limit_loops_##name __attribute__((weak));
BM_ISAS(BM_LIMIT_LOOPS)

#endif
