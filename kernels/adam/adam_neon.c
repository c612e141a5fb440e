/* SPDX-License-Identifier: MIT */
/*
 * adam_neon - the Adam step in NEON vectors of 4 floats.
 *     m += (1 - beta1) (g - m), v += (1 - beta2) (g^2 - v), w -= lr * m / (sqrt(v) + eps).
 *
 * Source:  Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2.
 * Shapes:  all.
 * Traffic: 16 B read and 12 B written a parameter.
 * Idea:    one pass with fused multiply-adds, square root and division in vectors, 4 lanes.
 * Error:   square root and division are correctly rounded: adam.c.
 * Tail:    one vector, lane by lane.
 * Loses:   out of cache, where memory decides and autovec is as fast.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"

struct constants { vf lr, new1, new2, eps; };

/* m, v and w of one vector of parameters after the step. */
static inline void step(struct constants k, vf g, vf *m, vf *v, vf *w)
{
    *m = vf_fma(k.new1, vf_sub(g, *m), *m);
    *v = vf_fma(k.new2, vf_sub(vf_mul(g, g), *v), *v);
    *w = vf_sub(*w, vf_div(vf_mul(k.lr, *m), vf_add(vf_sqrt(*v), k.eps)));
}

static void run(const void *args)
{
    const struct bm_optimizer *a = args;
    const size_t N = a->N;
    const struct constants k = { vf_set1(a->lr), vf_set1(1 - a->beta1), vf_set1(1 - a->beta2), vf_set1(a->eps) };
    const float *g = a->g;
    float *w = a->w, *m = a->m, *v = a->v;
    size_t i = 0;
    for (; N - i >= VF; i += VF) {
        vf mi = vf_load(m + i), vi = vf_load(v + i), wi = vf_load(w + i);
        step(k, vf_load(g + i), &mi, &vi, &wi);
        vf_store(m + i, mi);
        vf_store(v + i, vi);
        vf_store(w + i, wi);
    }
    if (i < N) {
        const vmask rest = vf_first(N - i);
        vf mi = vf_load_first(m + i, rest), vi = vf_load_first(v + i, rest), wi = vf_load_first(w + i, rest);
        step(k, vf_load_first(g + i, rest), &mi, &vi, &wi);
        vf_store_first(m + i, rest, mi);
        vf_store_first(v + i, rest, vi);
        vf_store_first(w + i, rest, wi);
    }
}

BM_KERNEL(.idea = "one pass with fused multiply-adds, square root and division in vectors, 4 lanes",
          .source = "Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2",
          .loses = "out of cache, where memory decides and autovec is as fast",
          .run = run);
