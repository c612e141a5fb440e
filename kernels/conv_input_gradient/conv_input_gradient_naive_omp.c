/* SPDX-License-Identifier: MIT */
/*
 * conv_input_gradient_naive_omp - gradient of a convolution by its input by the plain formula, vectorisation off, on
 * several threads.
 *     dx_nhwc = sum_rsk dy_n,h-r+P,w-s+P,k w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: each input once for every tap and output that it is part of, from whatever cache holds it.
 * Idea:    one sum after the other over taps and channels; vectorisation off; rows of images, or in channels-first
 *          planes of a channel shared.
 * Error:   (R R K + 4) u sum |dy w|: conv.h. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to all others: it is the yardstick.
 */
#include "conv_naive.h"

CONV_RUN(conv_naive_input_gradient)

BM_KERNEL(.idea = "one sum after the other over taps and channels; vectorisation off; rows of images, or in "
                  "channels-first planes of a channel shared",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "always, to all others: it is the yardstick",
          .run = run);
