/* SPDX-License-Identifier: MIT */
/*
 * bn_input_gradient_avx2 - gradients of BN on the input and of the weights after it in AVX2 vectors of 8 floats.
 *     dgamma_n = sum_c w_nc d_nc, dbeta_n = sum_c w_nc db_c, d_nc = gamma_n d_nc + beta_n db_c: training.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, with the chain rule of Rumelhart, Hinton & Williams, Nature 323, 1986.
 * Shapes:  all.
 * Traffic: 12 B an element, 8 read and 4 written; db is read once a row, from L1 if it has some thousand elements at
 *          most.
 * Idea:    one pass over w and d for both sums, in four vectors of 8 each, and the gradient.
 * Error:   f32 chains of C / 32 terms: bn_input_gradient.c.
 * Tail:    one masked vector at a time.
 * Loses:   C below a vector, where lanes idle.
 */
#include "kernel.h"
#include "simd.h"
#include "training.h"

struct sums {
    float dgamma, dbeta;
};

/* One row of C elements. Four chains for each sum, for the latency of a multiply-add. */
static inline struct sums row(const float *w, float *d, const float *db, size_t C, float gamma, float beta)
{
    const vf g = vf_set1(gamma), b = vf_set1(beta);
    vf p0 = vf_zero(), p1 = p0, p2 = p0, p3 = p0, q0 = p0, q1 = p0, q2 = p0, q3 = p0;
    size_t c = 0;
    for (; C - c >= 4 * VF; c += 4 * VF) {
        const vf w0 = vf_load(w + c), w1 = vf_load(w + c + VF), w2 = vf_load(w + c + 2 * VF), w3 = vf_load(w + c + 3 * VF);
        vf dw = vf_load(d + c), shift = vf_load(db + c);
        p0 = vf_fma(w0, dw, p0), q0 = vf_fma(w0, shift, q0);
        vf_store(d + c, vf_fma(g, dw, vf_mul(b, shift)));
        dw = vf_load(d + c + VF), shift = vf_load(db + c + VF);
        p1 = vf_fma(w1, dw, p1), q1 = vf_fma(w1, shift, q1);
        vf_store(d + c + VF, vf_fma(g, dw, vf_mul(b, shift)));
        dw = vf_load(d + c + 2 * VF), shift = vf_load(db + c + 2 * VF);
        p2 = vf_fma(w2, dw, p2), q2 = vf_fma(w2, shift, q2);
        vf_store(d + c + 2 * VF, vf_fma(g, dw, vf_mul(b, shift)));
        dw = vf_load(d + c + 3 * VF), shift = vf_load(db + c + 3 * VF);
        p3 = vf_fma(w3, dw, p3), q3 = vf_fma(w3, shift, q3);
        vf_store(d + c + 3 * VF, vf_fma(g, dw, vf_mul(b, shift)));
    }
    for (; c < C; c += VF) {
        const vmask m = vf_first(C - c < VF ? C - c : VF);
        const vf w0 = vf_load_first(w + c, m), dw = vf_load_first(d + c, m), shift = vf_load_first(db + c, m);
        p0 = vf_fma(w0, dw, p0), q0 = vf_fma(w0, shift, q0);
        vf_store_first(d + c, m, vf_fma(g, dw, vf_mul(b, shift)));
    }
    return (struct sums){ vf_sum(vf_add(vf_add(p0, p1), vf_add(p2, p3))), vf_sum(vf_add(vf_add(q0, q1), vf_add(q2, q3))) };
}

static void run(const void *args)
{
    const struct bm_bn_input *a = args;
    for (size_t n = 0; n < a->N; n++) {
        const struct sums s = row(a->w + n * a->ldw, a->d + n * a->ldd, a->db, a->C, a->gamma[n], a->beta[n]);
        a->dgamma[n] = s.dgamma;
        a->dbeta[n] = s.dbeta;
    }
}

BM_KERNEL(.idea = "one pass over w and d for both sums, in four vectors of 8 each, and the gradient",
          .source = "Ioffe & Szegedy, ICML 2015; Rumelhart, Hinton & Williams, Nature 323, 1986",
          .loses = "C below a vector, where lanes idle",
          .run = run);
