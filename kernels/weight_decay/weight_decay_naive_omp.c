/* SPDX-License-Identifier: MIT */
/*
 * weight_decay_naive_omp - weight decay by the plain loop, vectorisation off, on several threads.
 *     g += decay * w.
 *
 * Source:  Krogh & Hertz, A Simple Weight Decay Can Improve Generalization, NIPS 1991.
 * Shapes:  all.
 * Traffic: 8 B read and 4 B written a parameter.
 * Idea:    one loop; vectorisation off; parameters shared in blocks of 64.
 * Error:   product and sum are rounded: weight_decay.c. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to the vector kernels; below 65536 parameters it runs on one thread.
 */
#include "kernel.h"
#include "training.h"
#include "team.h"

/* Below this many parameters one thread does it all: a team takes 1 to 2 us to wake, and AVX-512 some 5 us to be done.
 * Threads take blocks of 256 bytes: no two write one cache line but at a block's ends. */
enum { SMALL = 65536, BLOCK = 64 };

/* Parameters [begin, end). Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends
 * on it. */
static __attribute__((noinline)) void update(const struct bm_weight_decay *a, size_t begin, size_t end)
{
    const float decay = a->decay, *w = a->w;
    float *g = a->g;
    for (size_t i = begin; i < end; i++)
        g[i] += decay * w[i];
}

static void run(const void *args)
{
    const struct bm_weight_decay *a = args;
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

BM_KERNEL(.idea = "one loop; vectorisation off; parameters shared in blocks of 64",
          .source = "Krogh & Hertz, A Simple Weight Decay Can Improve Generalization, NIPS 1991",
          .loses = "always, to the vector kernels; below 65536 parameters it runs on one thread",
          .run = run);
