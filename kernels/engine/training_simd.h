/* training_simd.h - the training ops in vectors of simd.h; a tail is one masked vector. training_team.h makes the
 * runs; training.h has the maths. */
#ifndef BATCHMARK_TRAINING_SIMD_H
#define BATCHMARK_TRAINING_SIMD_H

#include <math.h>

#include "simd_math.h"
#include "training_team.h"

/* The first n floats at p, all VF if n >= VF. A constant n costs no branch: loops pass VF, their tails the rest. */
static inline vf vf_load_n(const float *p, size_t n) { return n >= VF ? vf_load(p) : vf_load_first(p, vf_first(n)); }
static inline void vf_store_n(float *p, size_t n, vf v)
{
    if (n >= VF)
        vf_store(p, v);
    else
        vf_store_first(p, vf_first(n), v);
}
/* body(i, n): the n elements from i on. */
#define BM_FOR_VECTORS(begin, end, body)            \
    do {                                            \
        size_t i_ = (begin), end_ = (end);          \
        for (; end_ - i_ >= VF; i_ += VF)           \
            body(i_, (size_t)VF);                   \
        if (i_ < end_)                              \
            body(i_, end_ - i_);                    \
    } while (0)

BM_PART relu_forward_part(const struct bm_relu *a, int me, int team)
{
    const float slope = a->slope;
    const bool dense = a->ldx == a->C && a->ldy == a->C;
    for (struct bm_span s = bm_first_span(a->N, a->C, dense, me, team); s.length; s = bm_next_span(s)) {
        const float *x = a->x + s.row * a->ldx + s.col;
        float *y = a->y + s.row * a->ldy + s.col;
#define BODY(i, n) vf_store_n(y + (i), n, vf_act(vf_load_n(x + (i), n), slope))
        BM_FOR_VECTORS(0, s.length, BODY);
#undef BODY
    }
}

BM_PART relu_backward_part(const struct bm_relu *a, int me, int team)
{
    const float slope = a->slope;
    const bool dense = a->ldx == a->C && a->lddy == a->C && a->lddx == a->C;
    for (struct bm_span s = bm_first_span(a->N, a->C, dense, me, team); s.length; s = bm_next_span(s)) {
        const float *x = a->x + s.row * a->ldx + s.col, *dy = a->dy + s.row * a->lddy + s.col;
        float *dx = a->dx + s.row * a->lddx + s.col;
#define BODY(i, n) vf_store_n(dx + (i), n, vf_act_grad(vf_load_n(dy + (i), n), vf_load_n(x + (i), n), slope))
        BM_FOR_VECTORS(0, s.length, BODY);
#undef BODY
    }
}

/* Four vectors of columns and two rows, or one vector and four rows, at a time: enough sums in flight for the latency
 * of an addition. Accumulators are named because gcc 12 keeps an array of them in memory. */
static inline void column_sums(const float *x, size_t ld, size_t rows, size_t cols, float *sum)
{
    size_t c = 0;
    for (; cols - c >= 4 * VF; c += 4 * VF) {
        vf a0 = vf_zero(), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        const float *p = x + c;
        size_t n = rows;
        for (; n >= 2; n -= 2, p += 2 * ld) {
            a0 = vf_add(a0, vf_load(p)), b0 = vf_add(b0, vf_load(p + ld));
            a1 = vf_add(a1, vf_load(p + VF)), b1 = vf_add(b1, vf_load(p + ld + VF));
            a2 = vf_add(a2, vf_load(p + 2 * VF)), b2 = vf_add(b2, vf_load(p + ld + 2 * VF));
            a3 = vf_add(a3, vf_load(p + 3 * VF)), b3 = vf_add(b3, vf_load(p + ld + 3 * VF));
        }
        if (n) {
            a0 = vf_add(a0, vf_load(p)), a1 = vf_add(a1, vf_load(p + VF));
            a2 = vf_add(a2, vf_load(p + 2 * VF)), a3 = vf_add(a3, vf_load(p + 3 * VF));
        }
        vf_store(sum + c, vf_add(a0, b0)), vf_store(sum + c + VF, vf_add(a1, b1));
        vf_store(sum + c + 2 * VF, vf_add(a2, b2)), vf_store(sum + c + 3 * VF, vf_add(a3, b3));
    }
    for (; c < cols; c += VF) {
        vmask m = vf_first(cols - c < VF ? cols - c : VF);
        vf a0 = vf_zero(), a1 = a0, a2 = a0, a3 = a0;
        const float *p = x + c;
        size_t n = rows;
        for (; n >= 4; n -= 4, p += 4 * ld) {
            a0 = vf_add(a0, vf_load_first(p, m)), a1 = vf_add(a1, vf_load_first(p + ld, m));
            a2 = vf_add(a2, vf_load_first(p + 2 * ld, m)), a3 = vf_add(a3, vf_load_first(p + 3 * ld, m));
        }
        for (; n; n--, p += ld)
            a0 = vf_add(a0, vf_load_first(p, m));
        vf_store_first(sum + c, m, vf_add(vf_add(a0, a1), vf_add(a2, a3)));
    }
}
BM_PART bias_grad_part(const struct bm_bias_grad *a, int me, int team)
{
    bias_grad_team(a, column_sums, me, team);
}

/* Of a row: the sum of its exponentials, its maximum, and whether the label is where that comes first. */
struct bm_softmax_row { float sum, max; bool hit; };

/* C <= VF: the row stays in one register. */
static inline struct bm_softmax_row softmax_short(const float *z, float *dz, size_t C, size_t label, float scale)
{
    const vmask m = vf_first(C);
    const vf x = vf_select(m, vf_load_first(z, m), vf_set1(-INFINITY)), max = vf_max_all(x);
    const unsigned largest = vf_equal_bits(x, max);
    const vf e = vf_keep(m, vf_exp(vf_sub(x, max))); /* beyond C, -Inf - -Inf may have been NaN */
    const float sum = vf_sum(e);
    const vf p = vf_mul(e, vf_set1(scale / sum));
    vf_store_first(dz, m, vf_sub(p, vf_keep(vf_lane(label), vf_set1(scale))));
    return (struct bm_softmax_row){ sum, vf_lane0(max), (largest & -largest) == 1u << label };
}

/* Three passes: maximum; exponentials, kept in dz, and their sum; scaling. */
static inline struct bm_softmax_row softmax_long(const float *z, float *dz, size_t C, size_t label, float scale)
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
        vf e = vf_exp(vf_sub(vf_load(z + c), max));
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
    for (c = 0; hit && c < label; c += VF) { /* no equal value before the label? */
        size_t n = label - c < VF ? label - c : VF;
        hit = !(vf_equal_bits(vf_load_n(z + c, n), max) & ((1u << n) - 1));
    }
    return (struct bm_softmax_row){ total, vf_lane0(max), hit };
}

BM_PART softmax_xent_part(const struct bm_softmax_xent *a, int me, int team)
{
    struct bm_range rows = bm_share(a->N, VF, me, team);
    for (size_t begin = rows.begin; begin < rows.end; begin += VF) { /* the logarithms of VF rows in one vector */
        const size_t count = rows.end - begin < VF ? rows.end - begin : VF;
        float sum[VF], own[VF];
        for (size_t j = 0; j < count; j++) {
            const size_t n = begin + j, label = (size_t)a->label[n];
            const float *z = a->z + n * a->ldz, at_label = z[label];
            float *dz = a->dz + n * a->lddz;
            struct bm_softmax_row r = a->C <= VF ? softmax_short(z, dz, a->C, label, a->scale)
                                                 : softmax_long(z, dz, a->C, label, a->scale);
            sum[j] = r.sum;
            own[j] = at_label - r.max;
            a->hit[n] = r.hit;
        }
        vf_store_n(a->loss + begin, count, vf_sub(vf_log(vf_load_n(sum, count)), vf_load_n(own, count)));
    }
}

BM_PART sgd_part(const struct bm_optimizer *a, int me, int team)
{
    struct bm_range part = bm_share(a->N, BM_GRAIN, me, team);
    const vf lr = vf_set1(a->lr);
    const float *g = a->g;
    float *w = a->w;
#define BODY(i, n) vf_store_n(w + (i), n, vf_fnma(lr, vf_load_n(g + (i), n), vf_load_n(w + (i), n)))
    BM_FOR_VECTORS(part.begin, part.end, BODY);
#undef BODY
}
static inline void momentum_step(const struct bm_optimizer *a, size_t i, size_t n, vf lr, vf beta)
{
    vf m = vf_fma(beta, vf_load_n(a->m + i, n), vf_load_n(a->g + i, n));
    vf_store_n(a->m + i, n, m);
    vf_store_n(a->w + i, n, vf_fnma(lr, m, vf_load_n(a->w + i, n)));
}

BM_PART momentum_part(const struct bm_optimizer *a, int me, int team)
{
    struct bm_range part = bm_share(a->N, BM_GRAIN, me, team);
    const vf lr = vf_set1(a->lr), beta = vf_set1(a->beta1);
#define BODY(i, n) momentum_step(a, i, n, lr, beta)
    BM_FOR_VECTORS(part.begin, part.end, BODY);
#undef BODY
}

struct bm_adam_constants { vf lr, new1, new2, eps; };
static inline void adam_step(const struct bm_optimizer *a, size_t i, size_t n, struct bm_adam_constants k)
{
    vf g = vf_load_n(a->g + i, n), m = vf_load_n(a->m + i, n), v = vf_load_n(a->v + i, n);
    m = vf_fma(k.new1, vf_sub(g, m), m);
    v = vf_fma(k.new2, vf_sub(vf_mul(g, g), v), v);
    vf_store_n(a->m + i, n, m);
    vf_store_n(a->v + i, n, v);
    vf step = vf_div(vf_mul(k.lr, m), vf_add(vf_sqrt(v), k.eps));
    vf_store_n(a->w + i, n, vf_sub(vf_load_n(a->w + i, n), step));
}

BM_PART adam_part(const struct bm_optimizer *a, int me, int team)
{
    struct bm_range part = bm_share(a->N, BM_GRAIN, me, team);
    const struct bm_adam_constants k = {
        vf_set1(a->lr), vf_set1(1 - a->beta1), vf_set1(1 - a->beta2), vf_set1(a->eps)
    };
#define BODY(i, n) adam_step(a, i, n, k)
    BM_FOR_VECTORS(part.begin, part.end, BODY);
#undef BODY
}

#endif
