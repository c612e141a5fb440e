/* SPDX-License-Identifier: MIT */
/*
 * conv_forward_avx2_tuned - convolution by tuned products with AVX2.
 *     y_nhwk = bias_k + sum_rsc x_n,h+r-P,w+s-P,c w_rsck: conv.h.
 *
 * Source:  Chellapilla, Puri & Simard, "High Performance Convolutional Neural Networks for Document Processing",
 *          IWFHR 2006.
 * Shapes:  all.
 * Traffic: x once, and its patches, R R times as large, written to and read from L2; that of the products.
 * Idea:    patches of some rows of an image are copied and multiplied by the filters as matrices.
 * Error:   (R R C + 4) u (|bias| + sum |x w|): conv.h.
 * Tail:    of the products.
 * Loses:   to direct convolution where filters are few, since patches are copied for each product.
 */
#include "conv_gemm.h"

CONV_RUN(conv_gemm_forward)

BM_KERNEL(.idea = "patches of some rows of an image are copied and multiplied by the filters as matrices",
          .source = "Chellapilla, Puri & Simard, \"High Performance Convolutional Neural Networks for Document "
                    "Processing\", IWFHR 2006",
          .loses = "to direct convolution where filters are few, since patches are copied for each product",
          .scratch_bytes = conv_forward_scratch,
          .run = run);
