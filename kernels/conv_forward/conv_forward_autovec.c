/* SPDX-License-Identifier: MIT */
/*
 * conv_forward_autovec - convolution by plain loops, left to the compiler.
 *     y_nhwk = bias_k + sum_rsc x_n,h+r-P,w+s-P,c w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: channels-last: w once for every pixel; channels-first: a plane of x once for every tap and output channel.
 * Idea:    channels-last: loops along output channels; channels-first: along rows of pixels; the compiler vectorises
 *          them.
 * Error:   (R R C + 4) u (|bias| + sum |x w|): conv.h.
 * Tail:    the compiler's.
 * Loses:   to the products of the tuned kernels, which use each number that is in a register many times.
 */
#include "conv_loops.h"

CONV_RUN(conv_loops_forward)

BM_KERNEL(.idea = "channels-last: loops along output channels; channels-first: along rows of pixels; the "
                  "compiler vectorises them",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "to the products of the tuned kernels, which use each number that is in a register many times",
          .run = run);
