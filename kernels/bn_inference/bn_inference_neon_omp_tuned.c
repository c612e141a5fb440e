/* SPDX-License-Identifier: MIT */
/*
 * bn_inference_neon_omp_tuned - batch normalisation by the running statistics in vectors of 4 floats, by a team of threads.
 * The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 2.
 * Shapes:  all.
 * Traffic: 8 bytes an element.
 * Idea:    one elementwise pass, the division and root having been done once per channel; the team shares channels,
 *          or row chunks if the channels are few. The bits are those of the serial kernel.
 * Error:   four roundings an element; no input is poor.
 * Tail:    lane by lane; nothing beyond the arrays is touched.
 * Loses:   to its serial sibling near 50,000 elements, where waking the team costs what it saves.
 */
#define BM_IDEAS (IDEA_WIDE | IDEA_ROWS | IDEA_ALONG | IDEA_AHEAD | IDEA_REVERSE | IDEA_RUNS | IDEA_GROUP)
#define BN_PLACE ACT_NONE
#include "bn_simd_forward.h"

BM_KERNEL(.idea = "bn_inference_neon_tuned with channels or row chunks shared by a team; the same bits",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 2",
          .loses = "to its serial sibling near 50,000 elements, where waking the team costs what it saves",
          .scratch_bytes = bn_scratch_bytes, .run = bn_simd_inference);
