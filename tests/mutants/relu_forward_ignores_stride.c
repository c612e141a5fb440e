/* SPDX-License-Identifier: MIT */
/*
 * relu_forward_ignores_stride - relu_forward that takes every matrix for a dense one.
 *
 * Defect: rows are C apart, whatever the leading dimensions say.
 * Caught by: every fill in a shape with pad > 0 and more than one row: poison is left, and the gaps between rows
 * are written.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_relu dense = *(const struct bm_relu *)args;
    dense.ldx = dense.ldy = dense.C;
    relu_forward_naive.run(&dense);
}

BM_MUTANT_OF(relu_forward_naive);
