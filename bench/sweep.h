/* SPDX-License-Identifier: MIT */
/*
 * sweep.h - shapes that nobody chose: sizes from 1 to 4096 that cover the family's room evenly on a logarithmic scale, for
 * bench --sweep. A kernel that was tuned on a list of shapes shows here what it does on the others.
 *
 *   gemm   M, N, K, with NN, NT and TN in turn
 *   bn     N, C, S of at most 2^24 elements, channels last and first in turn
 *
 * Point i has the fractional parts of offset_d + i g^-d, d = 1, 2, 3, with g^4 = g + 1: the additive sequence of low
 * discrepancy for three dimensions (M. Roberts, "The Unreasonable Effectiveness of Quasirandom Sequences", 2018). The first
 * n points are a sweep of n, whatever n is. The seed is in the offsets.
 */
#ifndef BATCHMARK_SWEEP_H
#define BATCHMARK_SWEEP_H

#include "shape.h"

enum { BM_SWEEP_SHAPES = 200, BM_SWEEP_MOST = 10000, BM_SWEEP_SIZE = 4096 };

/* Appends the first `count` shapes of "gemm" or "bn". False: there is no sweep of that family. */
bool bm_sweep(struct bm_shape_list *list, const char *family, int count, uint64_t seed, struct bm_error *error);

#endif
