/* SPDX-License-Identifier: MIT */
/* count_call.h - the instructions of one call of a kernel: how many, of which classes, and its hot block. */
#ifndef BATCHMARK_COUNT_CALL_H
#define BATCHMARK_COUNT_CALL_H

#include <jansson.h>

#include "abi.h"
#include "shape.h"
#include "single_step.h"

struct bm_call_count {
    char shape[BM_LABEL];
    struct bm_steps steps;
    bool classed; /* what the instructions are is known; else: */
    struct bm_error unclassed;
    uint64_t of[BM_INSTRUCTION_CLASSES];
    struct bm_block hot;
    double cycles; /* of such a call here, warm, on one thread; NaN: not measured */
};

/*
 * Counts a call on one thread, of a library's kernel (abi.h) on a shape; NULL: on the first of bench/shapes/count.txt
 * that the kernel takes. The caches are warm, all outputs fresh. False, with the reason; then there is nothing to free.
 */
bool bm_count_call(const struct bm_abi *abi, const char *kernel, const struct bm_op *op, const struct bm_shape *shape,
                   struct bm_call_count *count, struct bm_error *error);

/* Then measures .cycles: some 20 ms. */
void bm_count_cycles(const struct bm_abi *abi, const char *kernel, const struct bm_op *op, struct bm_call_count *count);

void bm_call_count_free(struct bm_call_count *count);

/* {"total", "classes": {name: count, ...} or null, "hot": {"instructions", "times", "loop", "code": [text, ...]} or
 * null} */
json_t *bm_call_count_json(const struct bm_call_count *count);

/* "+2.9 %: vector loads +12 %, branches -1 %": what changed from a to b, and the classes that changed most; "as many".
 * Returns `text`. */
enum { BM_CHANGE_TEXT = 256 };
char *bm_count_change_text(const struct bm_call_count *a, const struct bm_call_count *b,
                           char text[static BM_CHANGE_TEXT]);

#endif
