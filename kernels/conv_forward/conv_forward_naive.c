/* SPDX-License-Identifier: MIT */
/*
 * conv_forward_naive - convolution by the plain formula, vectorisation off.
 *     y_nhwk = bias_k + sum_rsc x_n,h+r-P,w+s-P,c w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: each input once for every tap and output that it is part of, from whatever cache holds it.
 * Idea:    one sum after the other over taps and channels; vectorisation off.
 * Error:   (R R C + 4) u (|bias| + sum |x w|): conv.h.
 * Tail:    none.
 * Loses:   always, to all others: it is the yardstick.
 */
#include "conv_naive.h"

CONV_RUN(conv_naive_forward)

BM_KERNEL(.idea = "one sum after the other over taps and channels; vectorisation off",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "always, to all others: it is the yardstick",
          .run = run);
