/* SPDX-License-Identifier: MIT */
/*
 * rms_norm_forward_neon - RMS normalisation in NEON vectors of 4 floats.
 *
 * Maths and shapes: norm.h. Traffic: 4 B read and 4 B written an element; the second pass over two rows finds them in L1,
 * if they have some thousand elements each at most. Error: common/norm_oracle.h; chains of C / 16 terms. Tail: one vector
 * at a time, lane by lane. Idea, source and when it loses: below.
 */
#include <math.h>
#include <stdint.h>

#include "cache_sizes.h"
#include "norm_threads.h"
#include "simd.h"

/* Rows up to this length are fetched into L1 while the two before them are written. */
enum { FETCHED = 1024 };

/* The first VF of n elements, as a mask. */
static inline vmask part(size_t n) { return vf_first(n < VF ? n : VF); }
static inline vf four(vf a, vf b, vf c, vf d) { return vf_add(vf_add(a, b), vf_add(c, d)); }

static inline float rstd_of(vf squares, const struct bm_layer_norm *a)
{
    return 1 / sqrtf(vf_sum(squares) / (float)a->C + a->eps);
}

/* Sums of squares of one row, or of two: s and t are four chains each, for the latency of an addition. */
static inline __attribute__((always_inline)) void squares(const float *x, const float *z, size_t C, const bool two, vf *sx,
                                                          vf *sz)
{
    vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
    size_t c = 0;
    for (; C - c >= 4 * VF; c += 4 * VF) {
        const vf d0 = vf_load(x + c), d1 = vf_load(x + c + VF), d2 = vf_load(x + c + 2 * VF), d3 = vf_load(x + c + 3 * VF);
        s0 = vf_fma(d0, d0, s0), s1 = vf_fma(d1, d1, s1), s2 = vf_fma(d2, d2, s2), s3 = vf_fma(d3, d3, s3);
        if (two) {
            const vf e0 = vf_load(z + c), e1 = vf_load(z + c + VF), e2 = vf_load(z + c + 2 * VF), e3 = vf_load(z + c + 3 * VF);
            t0 = vf_fma(e0, e0, t0), t1 = vf_fma(e1, e1, t1), t2 = vf_fma(e2, e2, t2), t3 = vf_fma(e3, e3, t3);
        }
    }
    for (; c < C; c += VF) {
        const vf d = vf_load_first(x + c, part(C - c));
        s0 = vf_fma(d, d, s0);
        if (two) {
            const vf e = vf_load_first(z + c, part(C - c));
            t0 = vf_fma(e, e, t0);
        }
    }
    *sx = four(s0, s1, s2, s3), *sz = four(t0, t1, t2, t3);
}

static inline vf scaled(vf x, vf rstd, vf gamma) { return vf_mul(vf_mul(x, rstd), gamma); }

static inline __attribute__((always_inline)) void put(float *p, vf v, const bool stream)
{
    if (stream)
        vf_stream(p, v);
    else
        vf_store(p, v);
}

/* Row n, or rows n and n + 1, x and z, into y and w. fetch: the next two as well. */
static inline __attribute__((always_inline)) void rows(const struct bm_layer_norm *a, size_t n, const bool two,
                                                       const bool fetch, const bool stream)
{
    const size_t C = a->C, next = 2 * a->ldx;
    const float *x = a->x + n * a->ldx, *z = two ? x + a->ldx : x;
    float *y = a->y + n * a->ldy, *w = two ? y + a->ldy : y;
    vf s, t;
    squares(x, z, C, two, &s, &t);
    const float rstd = rstd_of(s, a), rstd2 = two ? rstd_of(t, a) : 0;
    const vf r = vf_set1(rstd), q = vf_set1(rstd2);
    size_t c = 0;
    for (; C - c >= VF; c += VF) {
        const vf gamma = vf_load(a->gamma + c), vx = scaled(vf_load(x + c), r, gamma);
        if (two) {
            const vf vz = scaled(vf_load(z + c), q, gamma);
            if (fetch)
                vf_fetch1(x + next + c), vf_fetch1(z + next + c);
            put(w + c, vz, stream);
        }
        put(y + c, vx, stream);
    }
    if (c < C) {
        const vmask tail = vf_first(C - c);
        const vf gamma = vf_load_first(a->gamma + c, tail), vx = scaled(vf_load_first(x + c, tail), r, gamma);
        if (two)
            vf_store_first(w + c, tail, scaled(vf_load_first(z + c, tail), q, gamma));
        vf_store_first(y + c, tail, vx);
    }
    a->rstd[n] = rstd;
    if (two)
        a->rstd[n + 1] = rstd2;
}

/* Rows [begin, end), begin even. One copy of the code serves every team, so that not even a NaN's sign depends on it. */
static __attribute__((noinline)) void some_rows(const struct bm_layer_norm *a, size_t begin, size_t end, bool stream)
{
    size_t n = begin;
    if (stream)
        for (; end - n >= 2; n += 2)
            rows(a, n, true, true, true);
    else if (a->C <= FETCHED)
        for (; end - n >= 2; n += 2)
            rows(a, n, true, true, false);
    else
        for (; end - n >= 2; n += 2)
            rows(a, n, true, false, false);
    if (n < end)
        rows(a, n, false, false, false);
    if (stream)
        vf_fence();
}

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    const size_t N = a->N;
    const bool lines = (uintptr_t)a->y % (VF * sizeof(float)) == 0 && a->ldy % VF == 0;
    some_rows(a, 0, N, lines && 2 * N * a->C >= bn_stream_elements(a->caches, 1));
}

BM_KERNEL(.idea = "two rows at a time, in two passes that find them in L1; sums in four vectors",
          .source = "Zhang & Sennrich, \"Root Mean Square Layer Normalization\", NeurIPS 2019",
          .loses = "rows longer than L1, which it reads twice from further out; C below 4, where lanes idle",
          .run = run);
