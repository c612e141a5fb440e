/* SPDX-License-Identifier: MIT */
/*
 * conv_input_gradient_autovec - gradient of a convolution by its input by plain loops, left to the compiler.
 *     dx_nhwc = sum_rsk dy_n,h-r+P,w-s+P,k w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: channels-last: w once for every pixel; channels-first: a plane of dy once for every tap and input channel.
 * Idea:    channels-last: loops along output channels; channels-first: along rows of pixels; the compiler vectorises
 *          them.
 * Error:   (R R K + 4) u sum |dy w|: conv.h.
 * Tail:    the compiler's.
 * Loses:   to the products of the tuned kernels, which use each number that is in a register many times.
 */
#include "conv_loops.h"

CONV_RUN(conv_loops_input_gradient)

BM_KERNEL(.idea = "channels-last: loops along output channels; channels-first: along rows of pixels; the "
                  "compiler vectorises them",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "to the products of the tuned kernels, which use each number that is in a register many times",
          .run = run);
