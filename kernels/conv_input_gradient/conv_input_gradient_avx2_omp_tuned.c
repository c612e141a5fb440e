/* SPDX-License-Identifier: MIT */
/*
 * conv_input_gradient_avx2_omp_tuned - gradient of a convolution by its input by tuned products with AVX2, on several
 * threads.
 *     dx_nhwc = sum_rsk dy_n,h-r+P,w-s+P,k w_rsck: conv.h.
 *
 * Source:  Chellapilla, Puri & Simard, "High Performance Convolutional Neural Networks for Document Processing",
 *          IWFHR 2006.
 * Shapes:  all.
 * Traffic: dy once, and its patches, R R times as large, written to and read from L2; that of the products; a turned
 *          copy of w.
 * Idea:    patches of dy are copied and multiplied by the filters, turned round, as matrices; blocks shared.
 * Error:   (R R K + 4) u sum |dy w|: conv.h. The same bits for every number of threads.
 * Tail:    of the products.
 * Loses:   to direct convolution where filters are few, since patches are copied for each product.
 */
#include "conv_gemm.h"

CONV_RUN(conv_gemm_input_gradient)

BM_KERNEL(.idea = "patches of dy are copied and multiplied by the filters, turned round, as matrices; blocks "
                  "shared",
          .source = "Chellapilla, Puri & Simard, \"High Performance Convolutional Neural Networks for Document "
                    "Processing\", IWFHR 2006",
          .loses = "to direct convolution where filters are few, since patches are copied for each product",
          .scratch_bytes = conv_input_gradient_scratch,
          .run = run);
