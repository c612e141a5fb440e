/* SPDX-License-Identifier: MIT */
/*
 * max_pool_forward_avx2 - the largest of 2 x 2 pixels in AVX2 vectors of 8 floats.
 *     y_nhwc = the first NaN, else the first of the largest of four x: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read an element of x, and a quarter of that written.
 * Idea:    channels-last: vectors of channels; channels-first: every second pixel of two rows; comparisons are masks,
 *          and nothing branches.
 * Error:   exact.
 * Tail:    channels: a masked vector; rows: one output at a time.
 * Loses:   in channels-first where rows of outputs are shorter than a vector.
 */
#include "pool_simd.h"

POOL_RUN(pool_simd_forward)

BM_KERNEL(.idea = "channels-last: vectors of channels; channels-first: every second pixel of two rows; "
                  "comparisons are masks, and nothing branches",
          .source = "Scherer, Mueller & Behnke, \"Evaluation of Pooling Operations in Convolutional "
                    "Architectures\", ICANN 2010",
          .loses = "in channels-first where rows of outputs are shorter than a vector",
          .run = run);
