/* SPDX-License-Identifier: MIT */
/* versus_rows.h - the rows of bench --versus: who takes part, and what a row says once it was measured. */
#ifndef BATCHMARK_VERSUS_ROWS_H
#define BATCHMARK_VERSUS_ROWS_H

#include <stdio.h>

#include <jansson.h>

#include "batchmark.h"
#include "ratio.h"
#include "run.h"

enum { BM_VERSUS_NOTHING, BM_VERSUS_PEERS, BM_VERSUS_NAIVE };
extern const char *const bm_versus_names[]; /* from "peers" on; ends with NULL */

/* <op>_auto: chooses a kernel and its number of threads by itself. */
bool bm_is_auto(const struct bm_kernel *kernel);
bool bm_is_naive(const struct bm_kernel *kernel);

/* Takes part? Against peers: these, <op>_auto, and our kernels for AVX2 and above, of an op that some peer has too;
 * against naive: all of ours. */
bool bm_versus_wanted(const struct bm_kernel *kernel, int against);

/* One of ours against a rival. */
struct bm_versus_pair {
    const struct bm_run_case *ours, *rival;
    struct bm_ratio ratio; /* the rival's time over ours */
    bool paired;           /* of pairs; else of the launches of bench */
};

struct bm_versus_row {
    int against;
    const struct bm_op *op;
    const struct bm_run_case *group; /* its cases */
    size_t count;
    const char *cache;
    int threads;
    const struct bm_run_case *automatic, *ours; /* <op>_auto; the fastest of our others; NULL: there is none */
    struct bm_versus_pair *pair;
    size_t pairs;
    double fma_gflops; /* the machine's peak with these threads, measured in this run */
};

const struct bm_kernel *bm_versus_kernel(const struct bm_run_case *c);

/* Counts the case as ours in this row, <op>_auto included? */
bool bm_versus_is_ours(const struct bm_versus_row *row, const struct bm_run_case *c);

/* The pair of one of ours against the fastest rival; NULL: there is none. */
const struct bm_versus_pair *bm_versus_best(const struct bm_versus_row *row, const struct bm_run_case *ours);

/* The fastest rival, if it is a peer on a slow path (cases.h); else NULL. */
const struct bm_run_case *bm_versus_slow_path(const struct bm_versus_row *row);

/* The row's case of a kernel with its number of threads; NULL: not timed. */
const struct bm_run_case *bm_versus_case(const struct bm_versus_row *row, const struct bm_kernel *kernel);

/* Of the limit, which is the FMA peak where rates count FLOPs: what <op>_auto reaches, or without it the best of ours.
 * NaN: neither is there. */
double bm_versus_share(const struct bm_versus_row *row);

/* ---- versus_print.c ---- */

void bm_versus_print(const struct bm_versus_row *row, size_t rows, FILE *out);
json_t *bm_versus_json(const struct bm_versus_row *row);

/* ---- versus_summary.c ---- */

/* Per op and number of threads: geometric mean and total times, and on how many shapes ours is slower. Prints, and
 * returns "versus_summary". */
json_t *bm_versus_summarise(const struct bm_versus_row *row, size_t rows, FILE *out);

#endif
