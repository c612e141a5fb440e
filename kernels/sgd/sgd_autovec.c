/* SPDX-License-Identifier: MIT */
/*
 * sgd_autovec - gradient descent by the plain loop, left to the compiler.
 *     w -= lr * g.
 *
 * Source:  Robbins & Monro, Ann. Math. Statist. 22, 1951.
 * Shapes:  all.
 * Traffic: 8 B read and 4 B written a parameter.
 * Idea:    one loop; the compiler vectorises what it can.
 * Error:   product and difference are rounded: sgd.c.
 * Tail:    the compiler's.
 * Loses:   to wider vectors while the arrays are in cache.
 */
#include "kernel.h"
#include "training.h"

static void run(const void *args)
{
    const struct bm_optimizer *a = args;
    const size_t N = a->N;
    const float lr = a->lr, *g = a->g;
    float *w = a->w;
    for (size_t i = 0; i < N; i++)
        w[i] -= lr * g[i];
}

BM_KERNEL(.idea = "one loop; the compiler vectorises what it can",
          .source = "Robbins & Monro, Ann. Math. Statist. 22, 1951",
          .loses = "to wider vectors while the arrays are in cache",
          .run = run);
