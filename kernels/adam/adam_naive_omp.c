/* SPDX-License-Identifier: MIT */
/*
 * adam_naive_omp - the Adam step by the plain loop, vectorisation off, on several threads.
 *     m += (1 - beta1) (g - m), v += (1 - beta2) (g^2 - v), w -= lr * m / (sqrt(v) + eps).
 *
 * Source:  Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2.
 * Shapes:  all.
 * Traffic: 16 B read and 12 B written a parameter.
 * Idea:    one loop, all three arrays updated together; vectorisation off; parameters shared in blocks of 64.
 * Error:   square root and division are correctly rounded: adam.c. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to the vector kernels; below 32768 parameters it runs on one thread.
 */
#include <math.h>

#include "kernel.h"
#include "training.h"
#include "team.h"

/* Below this many parameters one thread does it all: a team takes 1 to 2 us to wake, and AVX-512 some 5 us to be done,
 * with a division each. Threads take blocks of 256 bytes: no two write one cache line but at a block's ends. */
enum { SMALL = 32768, BLOCK = 64 };

/* Parameters [begin, end). Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends
 * on it. */
static __attribute__((noinline)) void update(const struct bm_optimizer *a, size_t begin, size_t end)
{
    const float lr = a->lr, eps = a->eps, new1 = 1 - a->beta1, new2 = 1 - a->beta2, *g = a->g;
    float *w = a->w, *m = a->m, *v = a->v;
    for (size_t i = begin; i < end; i++) {
        const float gi = g[i], mi = m[i] + new1 * (gi - m[i]), vi = v[i] + new2 * (gi * gi - v[i]);
        m[i] = mi;
        v[i] = vi;
        w[i] -= lr * mi / (sqrtf(vi) + eps);
    }
}

static void run(const void *args)
{
    const struct bm_optimizer *a = args;
    if (a->threads <= 1 || a->N < SMALL) {
        update(a, 0, a->N);
        return;
    }
#pragma omp parallel num_threads(a->threads)
    {
        const struct bm_range mine = bm_share(a->N, BLOCK, omp_get_thread_num(), omp_get_num_threads());
        update(a, mine.begin, mine.end);
    }
}

BM_KERNEL(.idea = "one loop, all three arrays updated together; vectorisation off; parameters shared in blocks of "
                  "64",
          .source = "Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2",
          .loses = "always, to the vector kernels; below 32768 parameters it runs on one thread",
          .run = run);
