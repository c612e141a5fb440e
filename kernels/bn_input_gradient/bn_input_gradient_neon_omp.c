/* SPDX-License-Identifier: MIT */
/*
 * bn_input_gradient_neon_omp - gradients of BN on the input and of the weights after it in NEON vectors of 4 floats, on
 * several threads.
 *     dgamma_n = sum_c w_nc d_nc, dbeta_n = sum_c w_nc db_c, d_nc = gamma_n d_nc + beta_n db_c: training.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, with the chain rule of Rumelhart, Hinton & Williams, Nature 323, 1986.
 * Shapes:  all.
 * Traffic: 12 B an element, 8 read and 4 written; db is read once a row, from L1 if it has some thousand elements at
 *          most.
 * Idea:    one pass over w and d, two rows at a time, for both sums, in two vectors of 4 each, and the gradient; rows
 *          shared.
 * Error:   f32 chains of C / 8 terms: bn_input_gradient.c. The same bits for every number of threads: a row is one's.
 * Tail:    one vector at a time, the last lane by lane.
 * Loses:   C below a vector, where lanes idle; below ALONE elements it runs on one thread.
 */
#include "kernel.h"
#include "simd.h"
#include "training.h"

/* One vector of a row of w, d and db: what it adds to both sums, and the gradient. */
#define ROW(w, d, load, store, p, q, g, b)      \
    do {                                        \
        const vf w_ = load(w), d_ = load(d);    \
        p = vf_fma(w_, d_, p);                  \
        q = vf_fma(w_, shift, q);               \
        store(d, vf_fma(g, d_, vf_mul(b, shift))); \
    } while (0)
#define FIRST_LOAD(at)     vf_load_first(at, m)
#define FIRST_STORE(at, v) vf_store_first(at, m, v)

/* Rows n and, if there are two, n + 1, which share the loads of db. Two chains for each sum, for the latency of a
 * multiply-add. */
static inline __attribute__((always_inline)) void sum_rows(const struct bm_bn_input *a, size_t n, bool two)
{
    const size_t C = a->C, next = two ? n + 1 : n;
    const float *w0 = a->w + n * a->ldw, *w1 = a->w + next * a->ldw;
    float *d0 = a->d + n * a->ldd, *d1 = a->d + next * a->ldd;
    const vf g0 = vf_set1(a->gamma[n]), b0 = vf_set1(a->beta[n]), g1 = vf_set1(a->gamma[next]), b1 = vf_set1(a->beta[next]);
    vf p0 = vf_zero(), q0 = p0, p1 = p0, q1 = p0, r0 = p0, s0 = p0, r1 = p0, s1 = p0;
    size_t c = 0;
    for (; C - c >= 2 * VF; c += 2 * VF) {
        vf shift = vf_load(a->db + c);
        ROW(w0 + c, d0 + c, vf_load, vf_store, p0, q0, g0, b0);
        if (two)
            ROW(w1 + c, d1 + c, vf_load, vf_store, p1, q1, g1, b1);
        shift = vf_load(a->db + c + VF);
        ROW(w0 + c + VF, d0 + c + VF, vf_load, vf_store, r0, s0, g0, b0);
        if (two)
            ROW(w1 + c + VF, d1 + c + VF, vf_load, vf_store, r1, s1, g1, b1);
    }
    for (; c < C; c += VF) {
        const vmask m = vf_first(C - c < VF ? C - c : VF);
        const vf shift = FIRST_LOAD(a->db + c);
        ROW(w0 + c, d0 + c, FIRST_LOAD, FIRST_STORE, p0, q0, g0, b0);
        if (two)
            ROW(w1 + c, d1 + c, FIRST_LOAD, FIRST_STORE, p1, q1, g1, b1);
    }
    a->dgamma[n] = vf_sum(vf_add(p0, r0));
    a->dbeta[n] = vf_sum(vf_add(q0, s0));
    if (two) {
        a->dgamma[next] = vf_sum(vf_add(p1, r1));
        a->dbeta[next] = vf_sum(vf_add(q1, s1));
    }
}

/* Below this many elements a second thread costs more than it brings. */
enum { ALONE = 32768 };

static void run(const void *args)
{
    const struct bm_bn_input *a = args;
#pragma omp parallel for schedule(static) num_threads(a->N * a->C < ALONE ? 1 : a->threads)
    for (size_t n = 0; n < a->N; n += 2)
        if (n + 1 < a->N)
            sum_rows(a, n, true);
        else
            sum_rows(a, n, false);
}

BM_KERNEL(.idea = "one pass over w and d, two rows at a time, for both sums, in two vectors of 4 each, and the "
                  "gradient; rows shared",
          .source = "Ioffe & Szegedy, ICML 2015; Rumelhart, Hinton & Williams, Nature 323, 1986",
          .loses = "C below a vector, where lanes idle; below ALONE elements it runs on one thread",
          .run = run);
