/* SPDX-License-Identifier: MIT */
/*
 * softmax_xent_sve - softmax, its loss and gradient in SVE vectors of any length.
 *     p = softmax(z_n), loss_n = -log p[label_n], dz = scale * (p - onehot(label_n)); hit_n: training.h.
 *
 * Source:  Bridle 1990; exp and log: Cody & Waite 1980, Moshier's Cephes (simd_math.h).
 * Shapes:  all; C >= 1.
 * Traffic: 4 B read and 4 B written an element where a row fits a register or L1; three passes otherwise.
 * Idea:    a row that fits a vector stays in one register; exp and log are polynomials, the logs of a vector of rows one
 *          vector.
 * Error:   softmax_xent.c; nothing overflows, as z - max z <= 0.
 * Tail:    the rest of a row is one vector with a predicate.
 * Loses:   C above a vector: three passes a row.
 */
#include <math.h>

#include "kernel.h"
#include "training.h"
#include "simd_math.h"

enum { MOST = 64 }; /* lanes of the longest vectors */

/* Of a row: the sum of its exponentials, its maximum, and whether the label is where that comes first. */
struct row { float sum, max; bool hit; };

/* C <= VF: the row stays in one register. */
static inline struct row short_row(const float *z, float *dz, size_t C, size_t label, float scale)
{
    const vmask m = vf_first(C);
    const vf x = vf_select(m, vf_load_first(z, m), vf_set1(-INFINITY)), max = vf_max_all(x);
    const size_t before = svcntp_b32(VF_ALL, svbrkb_b_z(VF_ALL, svcmpeq_f32(VF_ALL, x, max))); /* the first largest */
    const vf e = vf_keep(m, vf_exp(vf_sub(x, max))); /* beyond C, -Inf - -Inf may have been NaN */
    const float sum = vf_sum(e);
    const vf p = vf_mul(e, vf_set1(scale / sum));
    vf_store_first(dz, m, vf_sub(p, vf_keep(vf_lane(label), vf_set1(scale))));
    return (struct row){ sum, vf_lane0(max), before == label };
}

/* Three passes: maximum; exponentials, kept in dz, and their sum; scaling. */
static inline struct row long_row(const float *z, float *dz, size_t C, size_t label, float scale)
{
    vf max = vf_set1(-INFINITY), sum = vf_zero();
    size_t c = 0;
    for (; C - c >= VF; c += VF)
        max = vf_max(max, vf_load(z + c));
    const size_t body = c;
    const vmask tail = vf_first(C - body);
    const vf rest = vf_load_first(z + body, tail);
    max = vf_max_all(vf_max(max, vf_select(tail, rest, max)));
    for (c = 0; c < body; c += VF) {
        const vf e = vf_exp(vf_sub(vf_load(z + c), max));
        vf_store(dz + c, e);
        sum = vf_add(sum, e);
    }
    const vf e = vf_keep(tail, vf_exp(vf_sub(rest, max)));
    const float total = vf_sum(vf_add(sum, e));
    const vf factor = vf_set1(scale / total);
    bool hit = z[label] == vf_lane0(max);
    for (c = 0; c < body; c += VF)
        vf_store(dz + c, vf_mul(vf_load(dz + c), factor));
    vf_store_first(dz + body, tail, vf_mul(e, factor));
    dz[label] -= scale;
    for (c = 0; hit && label - c >= VF; c += VF) /* no equal value before the label? */
        hit = !svptest_any(VF_ALL, svcmpeq_f32(VF_ALL, vf_load(z + c), max));
    if (hit && c < label) {
        const size_t n = label - c;
        hit = !svptest_any(VF_ALL, svcmpeq_f32(vf_first(n), vf_load_first(z + c, vf_first(n)), max));
    }
    return (struct row){ total, vf_lane0(max), hit };
}

static void run(const void *args)
{
    const struct bm_softmax_xent *a = args;
    for (size_t first = 0; first < a->N; first += VF) { /* the logarithms of VF rows in one vector */
        const size_t count = a->N - first < VF ? a->N - first : VF;
        float sum[MOST] = { 0 }, own[MOST] = { 0 };
        for (size_t j = 0; j < count; j++) {
            const size_t n = first + j, label = (size_t)a->label[n];
            const float *z = a->z + n * a->ldz;
            float *dz = a->dz + n * a->lddz;
            const struct row r = a->C <= VF ? short_row(z, dz, a->C, label, a->scale)
                                            : long_row(z, dz, a->C, label, a->scale);
            sum[j] = r.sum;
            own[j] = z[label] - r.max;
            a->hit[n] = r.hit;
        }
        const vf loss = vf_sub(vf_log(vf_load(sum)), vf_load(own));
        if (count == VF)
            vf_store(a->loss + first, loss);
        else
            vf_store_first(a->loss + first, vf_first(count), loss);
    }
}

BM_KERNEL(.idea = "a row that fits a vector stays in one register; exp and log are polynomials, the logs of a vector of rows "
                  "one vector",
          .source = "Bridle 1990; exp and log: Cody & Waite 1980, Moshier's Cephes (simd_math.h)",
          .loses = "C above a vector: three passes a row",
          .run = run);
