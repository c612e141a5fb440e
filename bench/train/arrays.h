/* SPDX-License-Identifier: MIT */
/* arrays.h - every array that makes up the state of a network, by name. dump.h has the names. */
#ifndef BATCHMARK_ARRAYS_H
#define BATCHMARK_ARRAYS_H

#include "network.h"

struct bm_array {
    char name[40];
    float *at;
    unsigned dims;
    size_t shape[2];
    bool moment; /* the optimiser's; otherwise a parameter or a running statistic */
    const struct bm_layer *layer; /* of weights, which may lie in parts (bm_share_of()); else NULL */
    size_t floats;                /* that it takes in memory */
};

enum { BM_MAX_ARRAYS = 14 * (BM_MAX_WIDTHS + 1) };

unsigned bm_network_arrays(const struct bm_network *net, struct bm_array array[BM_MAX_ARRAYS]);

size_t bm_array_count(const struct bm_array *array);

/* Between memory and a dense array of bm_array_count() elements. */
void bm_array_get(const struct bm_array *array, float *dense);
void bm_array_put(const struct bm_array *array, const float *dense);

#endif
