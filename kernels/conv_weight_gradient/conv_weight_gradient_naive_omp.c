/* SPDX-License-Identifier: MIT */
/*
 * conv_weight_gradient_naive_omp - gradients of a convolution by its filters and bias by the plain formula,
 * vectorisation off, on several threads.
 *     dw_rsck = sum_nhw x_n,h+r-P,w+s-P,c dy_nhwk, db_k = sum_nhw dy_nhwk: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: each input once for every tap and output that it is part of, from whatever cache holds it.
 * Idea:    one sum after the other over images, rows and pixels; vectorisation off; rows of dw shared.
 * Error:   (W + H + N + N H / 32 + 192) u sum |x dy|: conv.h. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to all others: it is the yardstick.
 */
#include "conv_naive.h"

CONV_RUN(conv_naive_weight_gradient)

BM_KERNEL(.idea = "one sum after the other over images, rows and pixels; vectorisation off; rows of dw shared",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "always, to all others: it is the yardstick",
          .run = run);
