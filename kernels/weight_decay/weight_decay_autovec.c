/* SPDX-License-Identifier: MIT */
/*
 * weight_decay_autovec - weight decay by the plain loop, left to the compiler.
 *     g += decay * w.
 *
 * Source:  Krogh & Hertz, A Simple Weight Decay Can Improve Generalization, NIPS 1991.
 * Shapes:  all.
 * Traffic: 8 B read and 4 B written a parameter.
 * Idea:    one loop; the compiler vectorises what it can.
 * Error:   product and sum are rounded: weight_decay.c.
 * Tail:    the compiler's.
 * Loses:   to wider vectors while the arrays are in cache.
 */
#include "kernel.h"
#include "training.h"

static void run(const void *args)
{
    const struct bm_weight_decay *a = args;
    const size_t N = a->N;
    const float decay = a->decay, *w = a->w;
    float *g = a->g;
    for (size_t i = 0; i < N; i++)
        g[i] += decay * w[i];
}

BM_KERNEL(.idea = "one loop; the compiler vectorises what it can",
          .source = "Krogh & Hertz, A Simple Weight Decay Can Improve Generalization, NIPS 1991",
          .loses = "to wider vectors while the arrays are in cache",
          .run = run);
