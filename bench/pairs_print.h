/* SPDX-License-Identifier: MIT */
/* pairs_print.h - what a comparison by pairs says, for a terminal, as Markdown or JSON. */
#ifndef BATCHMARK_PAIRS_PRINT_H
#define BATCHMARK_PAIRS_PRINT_H

#include <stdio.h>

#include "pairs_count.h"

struct bm_pairs_view {
    int format;        /* of bm_compare_formats */
    bool all;          /* list every case */
    json_t *notes;     /* sentences to read before the figures */
    const struct bm_pair_counts *counts; /* of instructions */
    const char *again; /* a command that measures inconclusive cases for longer */
};

/* Sorts the cases, worst first. */
void bm_pairs_print(struct bm_pairs_run *run, const struct bm_pairs_view *view, FILE *out);

#endif
