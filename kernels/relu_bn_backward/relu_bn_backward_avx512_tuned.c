/* SPDX-License-Identifier: MIT */
/*
 * relu_bn_backward_avx512_tuned - the gradients of the activation followed by batch normalisation in vectors of 16 floats.
 * The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, section 3.
 * Shapes:  all.
 * Traffic: 12 bytes an element; 20 where x and dy do not stay in a cache between the passes.
 * Idea:    as bn_backward, with act(x) and its derivative from x in registers; bn_simd.h has the order of the work.
 * Error:   sums in f32 chains of 64, then double. Poor where dbeta or dgamma cancels, as in bn.h.
 * Tail:    mask registers; nothing beyond the arrays is touched.
 * Loses:   with few channels (channels-last) or S < 16 (channels-first): lanes idle.
 */
#define BM_IDEAS (IDEA_WIDE | IDEA_ROWS | IDEA_ALONG | IDEA_AHEAD | IDEA_REVERSE | IDEA_STREAM | IDEA_STAGE | IDEA_RUNS | \
                  IDEA_GROUP | IDEA_SINGLE)
#define BN_PLACE ACT_BEFORE
#include "bn_simd_backward.h"

BM_KERNEL(.idea = "bn_backward with act(x) and its derivative in registers, in both passes",
          .source = "Ioffe & Szegedy, ICML 2015, section 3",
          .loses = "with few channels (channels-last) or S < 16 (channels-first): lanes idle",
          .scratch_bytes = bn_scratch_bytes, .run = bn_simd_backward);
