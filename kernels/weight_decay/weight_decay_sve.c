/* SPDX-License-Identifier: MIT */
/*
 * weight_decay_sve - weight decay in SVE vectors of any length.
 *     g += decay * w.
 *
 * Source:  Krogh & Hertz, A Simple Weight Decay Can Improve Generalization, NIPS 1991.
 * Shapes:  all.
 * Traffic: 8 B read and 4 B written a parameter.
 * Idea:    one fused multiply-add a vector, as many lanes as there are.
 * Error:   rounded once: weight_decay.c.
 * Tail:    one vector with a predicate.
 * Loses:   out of cache, where memory decides and autovec is as fast.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"

static void run(const void *args)
{
    const struct bm_weight_decay *a = args;
    const size_t N = a->N;
    const vf decay = vf_set1(a->decay);
    const float *w = a->w;
    float *g = a->g;
    size_t i = 0;
    for (; N - i >= VF; i += VF)
        vf_store(g + i, vf_fma(decay, vf_load(w + i), vf_load(g + i)));
    if (i < N) {
        const vmask rest = vf_first(N - i);
        vf_store_first(g + i, rest, vf_fma(decay, vf_load_first(w + i, rest), vf_load_first(g + i, rest)));
    }
}

BM_KERNEL(.idea = "one fused multiply-add a vector, as many lanes as there are",
          .source = "Krogh & Hertz, A Simple Weight Decay Can Improve Generalization, NIPS 1991",
          .loses = "out of cache, where memory decides and autovec is as fast",
          .run = run);
