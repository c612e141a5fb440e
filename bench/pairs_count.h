/* SPDX-License-Identifier: MIT */
/* pairs_count.h - the instructions of the kernels of a comparison, beside its verdicts: a flag that time has no say in.
 */
#ifndef BATCHMARK_PAIRS_COUNT_H
#define BATCHMARK_PAIRS_COUNT_H

#include "count_call.h"
#include "pairs_run.h"

enum { BM_PAIRS_COUNTED = 16 }; /* kernels at most: each takes up to a second */

/* A kernel of A and of B on a small shape of their op. */
struct bm_pair_count {
    const char *kernel[BM_PAIR_SIDES];
    struct bm_call_count of[BM_PAIR_SIDES];
};

struct bm_pair_counts {
    size_t counted;
    struct bm_pair_count pair[BM_PAIRS_COUNTED];
};

/* Counts for cases that were measured, those with a verdict first; what could not be counted goes into `notes`. The
 * cases point into `counts`. */
void bm_pairs_count(struct bm_pairs_run *run, struct bm_pair_counts *counts, json_t *notes);
void bm_pairs_count_free(struct bm_pair_counts *counts);

#endif
