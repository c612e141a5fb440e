/* SPDX-License-Identifier: MIT */
/*
 * sgd_naive - gradient descent by the plain loop, vectorisation off.
 *     w -= lr * g.
 *
 * Source:  Robbins & Monro, Ann. Math. Statist. 22, 1951.
 * Shapes:  all.
 * Traffic: 8 B read and 4 B written a parameter.
 * Idea:    one loop; vectorisation off.
 * Error:   product and difference are rounded: sgd.c.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
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

BM_KERNEL(.idea = "one loop; vectorisation off",
          .source = "Robbins & Monro, Ann. Math. Statist. 22, 1951",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
