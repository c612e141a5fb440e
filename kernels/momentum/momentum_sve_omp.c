/* SPDX-License-Identifier: MIT */
/*
 * momentum_sve_omp - gradient descent with momentum in SVE vectors of any length, on several threads.
 *     m = beta1 * m + g, w -= lr * m.
 *
 * Source:  Sutskever, Martens, Dahl & Hinton, ICML 2013.
 * Shapes:  all.
 * Traffic: 12 B read and 8 B written a parameter.
 * Idea:    two fused multiply-adds a vector, as many lanes as there are; parameters shared in blocks of 64.
 * Error:   one rounding for m and one for w: momentum.c. The same bits for every number of threads.
 * Tail:    one vector with a predicate.
 * Loses:   below 65536 parameters, where it runs on one thread.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"
#include "team.h"

/* Below this many parameters one thread does it all: a team takes 1 to 2 us to wake, one thread some to be done.
 * Threads take blocks of 256 bytes: no two write one cache line but at a block's ends. */
enum { SMALL = 65536, BLOCK = 64 };

/* Parameters [begin, end). Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends
 * on it. */
static __attribute__((noinline)) void update(const struct bm_optimizer *a, size_t begin, size_t end)
{
    const vf lr = vf_set1(a->lr), beta = vf_set1(a->beta1);
    const float *g = a->g;
    float *w = a->w, *m = a->m;
    size_t i = begin;
    for (; end - i >= VF; i += VF) {
        const vf mean = vf_fma(beta, vf_load(m + i), vf_load(g + i));
        vf_store(m + i, mean);
        vf_store(w + i, vf_fnma(lr, mean, vf_load(w + i)));
    }
    if (i < end) {
        const vmask rest = vf_first(end - i);
        const vf mean = vf_fma(beta, vf_load_first(m + i, rest), vf_load_first(g + i, rest));
        vf_store_first(m + i, rest, mean);
        vf_store_first(w + i, rest, vf_fnma(lr, mean, vf_load_first(w + i, rest)));
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

BM_KERNEL(.idea = "two fused multiply-adds a vector, as many lanes as there are; parameters shared in blocks of 64",
          .source = "Sutskever, Martens, Dahl & Hinton, ICML 2013",
          .loses = "below 65536 parameters, where it runs on one thread",
          .run = run);
