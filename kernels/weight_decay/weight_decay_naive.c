/* SPDX-License-Identifier: MIT */
/*
 * weight_decay_naive - weight decay by the plain loop, vectorisation off.
 *     g += decay * w.
 *
 * Source:  Krogh & Hertz, A Simple Weight Decay Can Improve Generalization, NIPS 1991.
 * Shapes:  all.
 * Traffic: 8 B read and 4 B written a parameter.
 * Idea:    one loop; vectorisation off.
 * Error:   product and sum are rounded: weight_decay.c.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
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

BM_KERNEL(.idea = "one loop; vectorisation off",
          .source = "Krogh & Hertz, A Simple Weight Decay Can Improve Generalization, NIPS 1991",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
