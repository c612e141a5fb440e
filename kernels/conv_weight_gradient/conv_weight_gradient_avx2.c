/* SPDX-License-Identifier: MIT */
/*
 * conv_weight_gradient_avx2 - gradients of a convolution by its filters and bias in AVX2 vectors of 8 floats.
 *     dw_rsck = sum_nhw x_n,h+r-P,w+s-P,c dy_nhwk, db_k = sum_nhw dy_nhwk: conv.h.
 *
 * Source:  LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE
 *          86(11), 1998.
 * Shapes:  all.
 * Traffic: dy once for every tap and four input channels.
 * Idea:    channels-last: four input channels by a vector of output channels in registers; channels-first: four sums
 *          along rows of pixels.
 * Error:   (W + H + N + N H / 32 + 192) u sum |x dy|: conv.h.
 * Tail:    masked vectors.
 * Loses:   to the products of the tuned kernels; and where channels, or in channels-first rows of pixels, are fewer
 *          than a vector has lanes.
 */
#include "conv_simd.h"

CONV_RUN(conv_simd_weight_gradient)

BM_KERNEL(.idea = "channels-last: four input channels by a vector of output channels in registers; "
                  "channels-first: four sums along rows of pixels",
          .source = "LeCun, Bottou, Bengio & Haffner, \"Gradient-Based Learning Applied to Document "
                    "Recognition\", Proc. IEEE 86(11), 1998",
          .loses = "to the products of the tuned kernels; and where channels, or in channels-first rows of "
                   "pixels, are fewer than a vector has lanes",
          .run = run);
