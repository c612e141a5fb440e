/* SPDX-License-Identifier: MIT */
/*
 * bn_inference_neon_tuned - batch normalisation by the running statistics in vectors of 4 floats. The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 2.
 * Shapes:  all.
 * Traffic: 8 bytes an element.
 * Idea:    one elementwise pass, the division and root having been done once per channel; bn_simd.h has the order
 *          of the work.
 * Error:   four roundings an element; no input is poor.
 * Tail:    lane by lane; nothing beyond the arrays is touched.
 * Loses:   with few channels (channels-last) or S < 4 (channels-first) lanes idle.
 */
#define BM_IDEAS (IDEA_WIDE | IDEA_ROWS | IDEA_ALONG | IDEA_AHEAD | IDEA_REVERSE | IDEA_RUNS | IDEA_GROUP)
#define BN_PLACE ACT_NONE
#include "bn_simd_forward.h"

BM_KERNEL(.idea = "one elementwise pass; root and division once per channel",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 2",
          .loses = "with few channels (channels-last) or S < 4 (channels-first) lanes idle",
          .scratch_bytes = bn_scratch_bytes, .run = bn_simd_inference);
