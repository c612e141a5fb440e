/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_forward_sve - layer normalisation in SVE vectors of any length.
 *
 * Maths and shapes: norm.h. Traffic: 4 B read and 4 B written an element; the second and third pass over a row find it
 * in L1, if it has some thousand elements at most. Error: layer_norm_forward.c; chains of C / 16 terms or fewer. Tail: one
 * vector at a time, with a predicate. Idea, source and when it loses: below.
 */
#include <math.h>

#include "kernel.h"
#include "norm.h"
#include "simd.h"

/* The first VF of n elements, as a mask. */
static inline vmask part(size_t n) { return vf_first(n < VF ? n : VF); }

/* Sum of x - centre. Four chains, for the latency of an addition. */
static inline float sum_about(const float *x, size_t C, float centre)
{
    const vf m = vf_set1(centre);
    vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0;
    size_t c = 0;
    for (; C - c >= 4 * VF; c += 4 * VF) {
        s0 = vf_add(s0, vf_sub(vf_load(x + c), m));
        s1 = vf_add(s1, vf_sub(vf_load(x + c + VF), m));
        s2 = vf_add(s2, vf_sub(vf_load(x + c + 2 * VF), m));
        s3 = vf_add(s3, vf_sub(vf_load(x + c + 3 * VF), m));
    }
    for (; c < C; c += VF)
        s0 = vf_add(s0, vf_keep(part(C - c), vf_sub(vf_load_first(x + c, part(C - c)), m)));
    return vf_sum(vf_add(vf_add(s0, s1), vf_add(s2, s3)));
}

/* Sum of (x - mean)^2. */
static inline float squares_about(const float *x, size_t C, float mean)
{
    const vf m = vf_set1(mean);
    vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0;
    size_t c = 0;
    for (; C - c >= 4 * VF; c += 4 * VF) {
        const vf d0 = vf_sub(vf_load(x + c), m), d1 = vf_sub(vf_load(x + c + VF), m);
        const vf d2 = vf_sub(vf_load(x + c + 2 * VF), m), d3 = vf_sub(vf_load(x + c + 3 * VF), m);
        s0 = vf_fma(d0, d0, s0), s1 = vf_fma(d1, d1, s1);
        s2 = vf_fma(d2, d2, s2), s3 = vf_fma(d3, d3, s3);
    }
    for (; c < C; c += VF) {
        const vf d = vf_keep(part(C - c), vf_sub(vf_load_first(x + c, part(C - c)), m));
        s0 = vf_fma(d, d, s0);
    }
    return vf_sum(vf_add(vf_add(s0, s1), vf_add(s2, s3)));
}

/* gamma xhat + beta */
static inline vf scaled(vf x, vf mean, vf rstd, vf gamma, vf beta)
{
    return vf_fma(vf_mul(vf_sub(x, mean), rstd), gamma, beta);
}

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    const size_t C = a->C;
    for (size_t n = 0; n < a->N; n++) {
        const float *x = a->x + n * a->ldx;
        float *y = a->y + n * a->ldy;
        const float mean = x[0] + sum_about(x, C, x[0]) / (float)C;
        const float rstd = 1 / sqrtf(squares_about(x, C, mean) / (float)C + a->eps);
        const vf m = vf_set1(mean), r = vf_set1(rstd);
        size_t c = 0;
        for (; C - c >= VF; c += VF)
            vf_store(y + c, scaled(vf_load(x + c), m, r, vf_load(a->gamma + c), vf_load(a->beta + c)));
        const vmask tail = vf_first(C - c);
        vf_store_first(y + c, tail,
                       scaled(vf_load_first(x + c, tail), m, r, vf_load_first(a->gamma + c, tail),
                              vf_load_first(a->beta + c, tail)));
        a->mean[n] = mean;
        a->rstd[n] = rstd;
    }
}

BM_KERNEL(.idea = "three passes over a row that stays in L1; sums in four vectors, about the first element and "
                  "the mean",
          .source = "Ba, Kiros & Hinton, \"Layer Normalization\", 2016; two passes: Chan, Golub & LeVeque, 1983",
          .loses = "rows longer than L1, which it reads three times from further out; C below a vector, where lanes idle",
          .run = run);
