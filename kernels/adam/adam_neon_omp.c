/* SPDX-License-Identifier: MIT */
/*
 * adam_neon_omp - the Adam step in NEON vectors of 4 floats, on several threads.
 *     m += (1 - beta1) (g - m), v += (1 - beta2) (g^2 - v), w -= lr * m / (sqrt(v) + eps).
 *
 * Source:  Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2.
 * Shapes:  all.
 * Traffic: 16 B read and 12 B written a parameter.
 * Idea:    one pass with fused multiply-adds, square root and division in vectors, 4 lanes; parameters shared in blocks
 *          of 64.
 * Error:   square root and division are correctly rounded: adam.c. The same bits for every number of threads.
 * Tail:    one vector, lane by lane.
 * Loses:   below 32768 parameters, where it runs on one thread.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"
#include "team.h"

/* Below this many parameters one thread does it all: a team takes 1 to 2 us to wake, one thread some to be done,
 * with a division each. Threads take blocks of 256 bytes: no two write one cache line but at a block's ends. */
enum { SMALL = 32768, BLOCK = 64 };

struct constants { vf lr, new1, new2, eps; };

/* m, v and w of one vector of parameters after the step. */
static inline void step(struct constants k, vf g, vf *m, vf *v, vf *w)
{
    *m = vf_fma(k.new1, vf_sub(g, *m), *m);
    *v = vf_fma(k.new2, vf_sub(vf_mul(g, g), *v), *v);
    *w = vf_sub(*w, vf_div(vf_mul(k.lr, *m), vf_add(vf_sqrt(*v), k.eps)));
}

/* Parameters [begin, end). Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends
 * on it. */
static __attribute__((noinline)) void update(const struct bm_optimizer *a, size_t begin, size_t end)
{
    const struct constants k = { vf_set1(a->lr), vf_set1(1 - a->beta1), vf_set1(1 - a->beta2), vf_set1(a->eps) };
    const float *g = a->g;
    float *w = a->w, *m = a->m, *v = a->v;
    size_t i = begin;
    for (; end - i >= VF; i += VF) {
        vf mi = vf_load(m + i), vi = vf_load(v + i), wi = vf_load(w + i);
        step(k, vf_load(g + i), &mi, &vi, &wi);
        vf_store(m + i, mi);
        vf_store(v + i, vi);
        vf_store(w + i, wi);
    }
    if (i < end) {
        const vmask rest = vf_first(end - i);
        vf mi = vf_load_first(m + i, rest), vi = vf_load_first(v + i, rest), wi = vf_load_first(w + i, rest);
        step(k, vf_load_first(g + i, rest), &mi, &vi, &wi);
        vf_store_first(m + i, rest, mi);
        vf_store_first(v + i, rest, vi);
        vf_store_first(w + i, rest, wi);
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

BM_KERNEL(.idea = "one pass with fused multiply-adds, square root and division in vectors, 4 lanes; parameters shared "
                  "in blocks of 64",
          .source = "Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2",
          .loses = "below 32768 parameters, where it runs on one thread",
          .run = run);
