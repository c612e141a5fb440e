/* SPDX-License-Identifier: MIT */
/*
 * momentum_autovec - gradient descent with momentum by the plain loop, left to the compiler.
 *     m = beta1 * m + g, w -= lr * m.
 *
 * Source:  Sutskever, Martens, Dahl & Hinton, ICML 2013.
 * Shapes:  all.
 * Traffic: 12 B read and 8 B written a parameter.
 * Idea:    one loop, both arrays updated together; the compiler vectorises what it can.
 * Error:   two roundings for m and two for w: momentum.c.
 * Tail:    the compiler's.
 * Loses:   to wider vectors while the arrays are in cache.
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

BM_KERNEL(.idea = "one loop, both arrays updated together; the compiler vectorises what it can",
          .source = "Sutskever, Martens, Dahl & Hinton, ICML 2013",
          .loses = "to wider vectors while the arrays are in cache",
          .run = run);
