/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_backward_last_chunk_dropped - layer_norm_backward with dgamma and dbeta of whole chunks of 8 rows only.
 *
 * Defect: the rows that are left over, fewer than a chunk, are in dx but not in the sums of the columns.
 * Caught by: dgamma and dbeta wherever N is no multiple of 8.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_layer_norm a = *(const struct bm_layer_norm *)args;
    layer_norm_backward_naive.run(&a);
    a.N -= a.N % 8;
    layer_norm_backward_naive.run(&a);
}

BM_MUTANT_OF(layer_norm_backward_naive);
