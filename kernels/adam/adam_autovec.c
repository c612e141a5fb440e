/* SPDX-License-Identifier: MIT */
/*
 * adam_autovec - the Adam step by the plain loop, left to the compiler.
 *     m += (1 - beta1) (g - m), v += (1 - beta2) (g^2 - v), w -= lr * m / (sqrt(v) + eps).
 *
 * Source:  Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2.
 * Shapes:  all.
 * Traffic: 16 B read and 12 B written a parameter.
 * Idea:    one loop, all three arrays updated together; the compiler vectorises what it can.
 * Error:   square root and division are correctly rounded: adam.c.
 * Tail:    the compiler's.
 * Loses:   to wider vectors in the caches.
 */
#include <math.h>

#include "kernel.h"
#include "training.h"

static void run(const void *args)
{
    const struct bm_optimizer *a = args;
    const size_t N = a->N;
    const float lr = a->lr, eps = a->eps, new1 = 1 - a->beta1, new2 = 1 - a->beta2, *g = a->g;
    float *w = a->w, *m = a->m, *v = a->v;
    for (size_t i = 0; i < N; i++) {
        const float gi = g[i], mi = m[i] + new1 * (gi - m[i]), vi = v[i] + new2 * (gi * gi - v[i]);
        m[i] = mi;
        v[i] = vi;
        w[i] -= lr * mi / (sqrtf(vi) + eps);
    }
}

BM_KERNEL(.idea = "one loop, all three arrays updated together; the compiler vectorises what it can",
          .source = "Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2",
          .loses = "to wider vectors in the caches",
          .run = run);
