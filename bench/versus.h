/* versus.h - bench --versus peers: our variants against the libraries of others, one row a shape and thread count. */
#ifndef BATCHMARK_VERSUS_H
#define BATCHMARK_VERSUS_H

#include <jansson.h>

#include "batchmark.h"

/* <op>_auto: chooses a variant and its number of threads by itself. */
bool bm_is_auto(const struct bm_kernel *kernel);

/* Takes part: peers, <op>_auto, and our variants for AVX2 and above, of an op that some peer has too. */
bool bm_versus_wanted(const struct bm_kernel *kernel);

struct bm_versus_case {
    const struct bm_kernel *kernel;
    int threads;
    double median_s;
};

/* What was timed of one op on one shape, and what it is set against with `threads` threads offered. */
struct bm_versus_shape {
    const struct bm_op *op;
    const char *label; /* of the shape */
    double flops;
    int threads;
    const struct bm_versus_case *cases; /* of every number of threads */
    size_t count;
    bool in_flops;     /* rates as GFLOP/s, else microseconds */
    double fma_gflops; /* the machine's peak with these threads, measured in this run */
    double bound_s;    /* the least time by the roofline, where rates are microseconds */
};

/* Prints the row, and the table's head before the first one of an op; adds it to the result's list "versus". A peer
 * counts with the threads it was given; the best of ours is the fastest of our variants that take at most that many,
 * but for <op>_auto, which has its own column. */
void bm_versus_add(json_t *result, const struct bm_versus_shape *row);

/* Geometric means and how many shapes fall behind, per op and thread count, from the list "versus" into
 * "versus_summary" and onto the screen; then the peers that are absent. */
void bm_versus_summarise(json_t *result);

#endif
