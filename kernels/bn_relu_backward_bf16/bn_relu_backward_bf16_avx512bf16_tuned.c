/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_backward_bf16_avx512bf16_tuned - the gradients of batch normalisation of bf16 followed by the activation in
 * vectors of 16 floats. The maths is in bn.h and bn_bf16.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, section 3.
 * Shapes:  all.
 * Traffic: 6 bytes an element; 10 where x and dy do not stay in a cache between the passes.
 * Idea:    as bn_backward, each pass finding the sign of y again from x in registers: no mask is stored; bn_simd.h has
 *          the order of the work.
 * Error:   sums in f32 chains of 64, then double. Poor where dbeta or dgamma cancels, as in bn.h.
 * Tail:    mask registers; nothing beyond the arrays is touched.
 * Loses:   with few channels (channels-last) or S < 16 (channels-first): lanes idle.
 */
#define BM_IDEAS (IDEA_WIDE | IDEA_ROWS | IDEA_ALONG | IDEA_AHEAD | IDEA_REVERSE | IDEA_STREAM | IDEA_STAGE | IDEA_RUNS | \
                  IDEA_GROUP | IDEA_SINGLE)
#define BN_PLACE ACT_AFTER
#include "bn_bf16_backward.h"

BM_KERNEL(.idea = "bn_backward with the sign of y computed again from x in registers, in both passes",
          .source = "Ioffe & Szegedy, ICML 2015, section 3",
          .loses = "with few channels (channels-last) or S < 16 (channels-first): lanes idle",
          .scratch_bytes = bn_bf16_scratch_bytes, .run = bn_bf16_backward);
