/* SPDX-License-Identifier: MIT */
/*
 * max_pool_backward_autovec_omp - the gradient of the largest of 2 x 2 pixels by plain loops, left to the compiler,
 * on several threads.
 *     dx = dy at the one of four x that was taken, else 0: conv.h.
 *
 * Source:  Scherer, Mueller & Behnke, "Evaluation of Pooling Operations in Convolutional Architectures", ICANN 2010.
 * Shapes:  all.
 * Traffic: 4 B read and 4 B written an element of x, and a quarter of that read of dy.
 * Idea:    loops along channels, or in channels-first along a row of outputs; the compiler vectorises what it can;
 *          pairs of rows, or in channels-first planes of a channel shared.
 * Error:   exact. The same bits for every number of threads.
 * Tail:    the compiler's.
 * Loses:   to intrinsics, where the compiler does not see that all four are read anyway.
 */
#include "pool_loops.h"

POOL_RUN(pool_loops_backward)

BM_KERNEL(.idea = "loops along channels, or in channels-first along a row of outputs; the compiler vectorises "
                  "what it can; pairs of rows, or in channels-first planes of a channel shared",
          .source = "Scherer, Mueller & Behnke, \"Evaluation of Pooling Operations in Convolutional "
                    "Architectures\", ICANN 2010",
          .loses = "to intrinsics, where the compiler does not see that all four are read anyway",
          .run = run);
