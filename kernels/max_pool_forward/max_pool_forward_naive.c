/* SPDX-License-Identifier: MIT */
/*
 * max_pool_forward_naive - the largest of 2 x 2 pixels by plain comparisons, vectorisation off.
 *     y_nhwc = the first NaN, else the first of the largest of four x: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read an element of x, and a quarter of that written.
 * Idea:    three comparisons an output; which was taken is found again from x, so no index is stored; vectorisation
 *          off.
 * Error:   exact.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "pool_loops.h"

POOL_RUN(pool_loops_forward)

BM_KERNEL(.idea = "three comparisons an output; which was taken is found again from x, so no index is stored; "
                  "vectorisation off",
          .source = "Scherer, Mueller & Behnke, \"Evaluation of Pooling Operations in Convolutional "
                    "Architectures\", ICANN 2010",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
