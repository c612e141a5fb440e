/* SPDX-License-Identifier: MIT */
/* count_print.h - what `batchmark count` says of a kernel: for a terminal, or as JSON. */
#ifndef BATCHMARK_COUNT_PRINT_H
#define BATCHMARK_COUNT_PRINT_H

#include <stdio.h>

#include "count_call.h"
#include "disassemble.h"
#include "pairs_run.h"

/* A kernel that was counted, of one build or of two. */
struct bm_counted {
    const char *kernel[BM_PAIR_SIDES];
    int sides;
    struct bm_call_count of[BM_PAIR_SIDES];
    struct bm_prediction cpu[BM_PAIR_SIDES][BM_PREDICTED_CPUS]; /* of the hot block */
};

/* `version` of LLVM; NULL: there are no predictions. */
void bm_count_print(const struct bm_counted *counted, const char *version, FILE *out);
json_t *bm_counted_json(const struct bm_counted *counted, const char *version);

#endif
