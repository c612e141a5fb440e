/* SPDX-License-Identifier: MIT */
/*
 * max_pool_backward_naive_omp - the gradient of the largest of 2 x 2 pixels by plain comparisons, vectorisation off,
 * on several threads.
 *     dx = dy at the one of four x that was taken, else 0: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read and 4 B written an element of x, and a quarter of that read of dy.
 * Idea:    three comparisons an output; which was taken is found again from x, so no index is stored; vectorisation
 *          off; pairs of rows, or in channels-first planes of a channel shared.
 * Error:   exact. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "pool_loops.h"

POOL_RUN(pool_loops_backward)

BM_KERNEL(.idea = "three comparisons an output; which was taken is found again from x, so no index is stored; "
                  "vectorisation off; pairs of rows, or in channels-first planes of a channel shared",
          .source = "Scherer, Mueller & Behnke, \"Evaluation of Pooling Operations in Convolutional "
                    "Architectures\", ICANN 2010",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
