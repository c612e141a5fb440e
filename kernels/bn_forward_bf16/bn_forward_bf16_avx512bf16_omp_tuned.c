/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_bf16_avx512bf16_omp_tuned - batch normalisation of bf16 in training in vectors of 16 floats, by a team of
 * threads. The maths is in bn.h and bn_bf16.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015; Chan, Golub & LeVeque, The American Statistician 37(3), 1983.
 * Shapes:  all.
 * Traffic: 4 bytes an element; 6 where x does not stay in a cache between the passes.
 * Idea:    one pass sums (x - k) and its square for 64-row blocks merged in double, the other normalises; the team shares
 *          channels, or row chunks if the channels are few. The bits are those of the serial kernel.
 * Error:   var: at most 560u relative, a few u in practice; see bn_simd_forward.h. Poor: none within bn.h's bound.
 * Tail:    mask registers; nothing beyond the arrays is touched.
 * Loses:   to its serial sibling near 50,000 elements, where waking the team costs what it saves.
 */
#define BM_IDEAS (IDEA_WIDE | IDEA_ROWS | IDEA_ALONG | IDEA_AHEAD | IDEA_REVERSE | IDEA_STREAM | IDEA_STAGE | IDEA_RUNS | \
                  IDEA_GROUP | IDEA_SINGLE | IDEA_PORTS)
#define BN_PLACE ACT_NONE
#include "bn_bf16_forward.h"

BM_KERNEL(.idea = "bn_forward_bf16_avx512bf16_tuned with channels or row chunks shared by a team; the same bits",
          .source = "Ioffe & Szegedy, ICML 2015; Chan, Golub & LeVeque, The American Statistician 37(3), 1983",
          .loses = "to its serial sibling near 50,000 elements, where waking the team costs what it saves",
          .scratch_bytes = bn_bf16_scratch_bytes, .run = bn_bf16_forward);
