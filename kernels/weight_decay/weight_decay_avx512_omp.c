/* SPDX-License-Identifier: MIT */
/*
 * weight_decay_avx512_omp - weight decay in AVX-512 vectors of 16 floats, on several threads.
 *     g += decay * w.
 *
 * Source:  Krogh & Hertz, A Simple Weight Decay Can Improve Generalization, NIPS 1991.
 * Shapes:  all.
 * Traffic: 8 B read and 4 B written a parameter.
 * Idea:    one fused multiply-add a vector, 16 lanes; parameters shared in blocks of 64.
 * Error:   rounded once: weight_decay.c. The same bits for every number of threads.
 * Tail:    one masked vector.
 * Loses:   below 65536 parameters, where it runs on one thread.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"
#include "team.h"

/* Below this many parameters one thread does it all: a team takes 1 to 2 us to wake, and AVX-512 some 5 us to be done.
 * Threads take blocks of 256 bytes: no two write one cache line but at a block's ends. */
enum { SMALL = 65536, BLOCK = 64 };

/* Parameters [begin, end). Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends
 * on it. */
static __attribute__((noinline)) void update(const struct bm_weight_decay *a, size_t begin, size_t end)
{
    const vf decay = vf_set1(a->decay);
    const float *w = a->w;
    float *g = a->g;
    size_t i = begin;
    for (; end - i >= VF; i += VF)
        vf_store(g + i, vf_fma(decay, vf_load(w + i), vf_load(g + i)));
    if (i < end) {
        const vmask rest = vf_first(end - i);
        vf_store_first(g + i, rest, vf_fma(decay, vf_load_first(w + i, rest), vf_load_first(g + i, rest)));
    }
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

BM_KERNEL(.idea = "one fused multiply-add a vector, 16 lanes; parameters shared in blocks of 64",
          .source = "Krogh & Hertz, A Simple Weight Decay Can Improve Generalization, NIPS 1991",
          .loses = "below 65536 parameters, where it runs on one thread",
          .run = run);
