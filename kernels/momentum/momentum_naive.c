/* SPDX-License-Identifier: MIT */
/*
 * momentum_naive - gradient descent with momentum by the plain loop, vectorisation off.
 *     m = beta1 * m + g, w -= lr * m.
 *
 * Source:  Sutskever, Martens, Dahl & Hinton, ICML 2013.
 * Shapes:  all.
 * Traffic: 12 B read and 8 B written a parameter.
 * Idea:    one loop, both arrays updated together; vectorisation off.
 * Error:   two roundings for m and two for w: momentum.c.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "kernel.h"
#include "training.h"

static void run(const void *args)
{
    const struct bm_optimizer *a = args;
    const size_t N = a->N;
    const float lr = a->lr, beta = a->beta1, *g = a->g;
    float *w = a->w, *m = a->m;
    for (size_t i = 0; i < N; i++) {
        const float mi = beta * m[i] + g[i];
        m[i] = mi;
        w[i] -= lr * mi;
    }
}

BM_KERNEL(.idea = "one loop, both arrays updated together; vectorisation off",
          .source = "Sutskever, Martens, Dahl & Hinton, ICML 2013",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
