/* SPDX-License-Identifier: MIT */
/*
 * momentum_neon - gradient descent with momentum in NEON vectors of 4 floats.
 *     m = beta1 * m + g, w -= lr * m.
 *
 * Source:  Sutskever, Martens, Dahl & Hinton, ICML 2013.
 * Shapes:  all.
 * Traffic: 12 B read and 8 B written a parameter.
 * Idea:    two fused multiply-adds a vector, 4 lanes.
 * Error:   one rounding for m and one for w: momentum.c.
 * Tail:    one vector, lane by lane.
 * Loses:   out of cache, where memory decides and autovec is as fast.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"

static void run(const void *args)
{
    const struct bm_optimizer *a = args;
    const size_t N = a->N;
    const vf lr = vf_set1(a->lr), beta = vf_set1(a->beta1);
    const float *g = a->g;
    float *w = a->w, *m = a->m;
    size_t i = 0;
    for (; N - i >= VF; i += VF) {
        const vf mean = vf_fma(beta, vf_load(m + i), vf_load(g + i));
        vf_store(m + i, mean);
        vf_store(w + i, vf_fnma(lr, mean, vf_load(w + i)));
    }
    if (i < N) {
        const vmask rest = vf_first(N - i);
        const vf mean = vf_fma(beta, vf_load_first(m + i, rest), vf_load_first(g + i, rest));
        vf_store_first(m + i, rest, mean);
        vf_store_first(w + i, rest, vf_fnma(lr, mean, vf_load_first(w + i, rest)));
    }
}

BM_KERNEL(.idea = "two fused multiply-adds a vector, 4 lanes",
          .source = "Sutskever, Martens, Dahl & Hinton, ICML 2013",
          .loses = "out of cache, where memory decides and autovec is as fast",
          .run = run);
