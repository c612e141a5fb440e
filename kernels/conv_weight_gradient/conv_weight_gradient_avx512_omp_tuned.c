/* SPDX-License-Identifier: MIT */
/*
 * conv_weight_gradient_avx512_omp_tuned - gradients of a convolution by its filters and bias by tuned products with
 * AVX-512, on several threads.
 *     dw_rsck = sum_nhw x_n,h+r-P,w+s-P,c dy_nhwk, db_k = sum_nhw dy_nhwk: conv.h.
 *
 * Source:  Chellapilla, Puri & Simard, "High Performance Convolutional Neural Networks for Document Processing",
 *          IWFHR 2006.
 * Shapes:  all.
 * Traffic: x once, and its patches, R R times as large, written to and read from L2; that of the products; dw once a
 *          block, and 32 times.
 * Idea:    patches of some rows of an image are copied, transposed and multiplied by dy as matrices; sums of 32
 *          groups; groups of blocks shared.
 * Error:   (W + H + N + N H / 32 + 192) u sum |x dy|: conv.h. The same bits for every number of threads.
 * Tail:    of the products.
 * Loses:   to direct convolution where filters are few, since patches are copied for each product.
 */
#include "conv_gemm.h"

CONV_RUN(conv_gemm_weight_gradient)

BM_KERNEL(.idea = "patches of some rows of an image are copied, transposed and multiplied by dy as matrices; "
                  "sums of 32 groups; groups of blocks shared",
          .source = "Chellapilla, Puri & Simard, \"High Performance Convolutional Neural Networks for Document "
                    "Processing\", IWFHR 2006",
          .loses = "to direct convolution where filters are few, since patches are copied for each product",
          .scratch_bytes = conv_weight_gradient_scratch,
          .run = run);
