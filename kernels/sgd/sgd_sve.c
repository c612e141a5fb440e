/* SPDX-License-Identifier: MIT */
/*
 * sgd_sve - gradient descent in SVE vectors of any length.
 *     w -= lr * g.
 *
 * Source:  Robbins & Monro, Ann. Math. Statist. 22, 1951.
 * Shapes:  all.
 * Traffic: 8 B read and 4 B written a parameter.
 * Idea:    one fused multiply-add a vector, as many lanes as there are.
 * Error:   rounded once: sgd.c.
 * Tail:    one vector with a predicate.
 * Loses:   out of cache, where memory decides and autovec is as fast.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"

static void run(const void *args)
{
    const struct bm_optimizer *a = args;
    const size_t N = a->N;
    const vf lr = vf_set1(a->lr);
    const float *g = a->g;
    float *w = a->w;
    size_t i = 0;
    for (; N - i >= VF; i += VF)
        vf_store(w + i, vf_fnma(lr, vf_load(g + i), vf_load(w + i)));
    if (i < N) {
        const vmask rest = vf_first(N - i);
        vf_store_first(w + i, rest, vf_fnma(lr, vf_load_first(g + i, rest), vf_load_first(w + i, rest)));
    }
}

BM_KERNEL(.idea = "one fused multiply-add a vector, as many lanes as there are",
          .source = "Robbins & Monro, Ann. Math. Statist. 22, 1951",
          .loses = "out of cache, where memory decides and autovec is as fast",
          .run = run);
