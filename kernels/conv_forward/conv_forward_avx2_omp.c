/* SPDX-License-Identifier: MIT */
/*
 * conv_forward_avx2_omp - convolution in AVX2 vectors of 8 floats, on several threads.
 *     y_nhwk = bias_k + sum_rsc x_n,h+r-P,w+s-P,c w_rsck: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: channels-last: w once for four pixels; channels-first: planes of y once for every tap and four channels of
 *          x.
 * Idea:    channels-last: four pixels by a vector of output channels in registers; channels-first: a row of a plane
 *          from four channels at a time; rows of images, or in channels-first planes of a channel shared.
 * Error:   (R R C + 4) u (|bias| + sum |x w|): conv.h. The same bits for every number of threads.
 * Tail:    masked vectors.
 * Loses:   to the products of the tuned kernels; and where channels, or in channels-first rows of pixels, are fewer
 *          than a vector has lanes.
 */
#include "conv_simd.h"

CONV_RUN(conv_simd_forward)

BM_KERNEL(.idea = "channels-last: four pixels by a vector of output channels in registers; channels-first: a "
                  "row of a plane from four channels at a time; rows of images, or in channels-first planes of "
                  "a channel shared",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "to the products of the tuned kernels; and where channels, or in channels-first rows of "
                   "pixels, are fewer than a vector has lanes",
          .run = run);
