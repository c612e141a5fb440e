/* SPDX-License-Identifier: MIT */
/*
 * conv_input_gradient_neon - gradient of a convolution by its input in NEON vectors of 4 floats.
 *     dx_nhwc = sum_rsk dy_n,h-r+P,w-s+P,k w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: channels-last: w once for every pixel; channels-first: planes of dx once for every tap and four channels
 *          of dy.
 * Idea:    channels-last: four sums along vectors of output channels; channels-first: a row of a plane from four
 *          channels at a time.
 * Error:   (R R K + 4) u sum |dy w|: conv.h.
 * Tail:    lane by lane.
 * Loses:   to the products of the tuned kernels; and where channels, or in channels-first rows of pixels, are fewer
 *          than a vector has lanes.
 */
#include "conv_simd.h"

CONV_RUN(conv_simd_input_gradient)

BM_KERNEL(.idea = "channels-last: four sums along vectors of output channels; channels-first: a row of a plane "
                  "from four channels at a time",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "to the products of the tuned kernels; and where channels, or in channels-first rows of "
                   "pixels, are fewer than a vector has lanes",
          .run = run);
