/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_forward_avx2_omp - layer normalisation in AVX2 vectors of 8 floats, on several threads.
 *
 * Maths and shapes: norm.h. Traffic: 4 B read and 4 B written an element; the second and third pass over two rows find them
 * in L1, if they have some thousand elements each at most. Matrices that fill half of the last level are written past the
 * caches. Error: common/norm_oracle.h; chains of C / 32 terms. Tail: one masked vector at a time. The same bits for any
 * number of threads: a row is one's. Idea, source and when it loses: below.
 */
#include <math.h>
#include <stdint.h>

#include "cache_sizes.h"
#include "norm_threads.h"
#include "simd.h"
#include "team.h"

/* Rows up to this length are fetched into L1 while the two before them are written. */
enum { FETCHED = 1024 };

/* The first VF of n elements, as a mask. */
static inline vmask part(size_t n) { return vf_first(n < VF ? n : VF); }
static inline vf four(vf a, vf b, vf c, vf d) { return vf_add(vf_add(a, b), vf_add(c, d)); }

static inline float rstd_of(vf squares, const struct bm_layer_norm *a)
{
    return 1 / sqrtf(vf_sum(squares) / (float)a->C + a->eps);
}

/* Sums of x - m of one row, and of z - k of another: s and t are four chains each, for the latency of an addition. */
static inline __attribute__((always_inline)) void sums(const float *x, const float *z, size_t C, vf m, vf k, const bool two,
                                                       vf *sx, vf *sz)
{
    vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
    size_t c = 0;
    for (; C - c >= 4 * VF; c += 4 * VF) {
        s0 = vf_add(s0, vf_sub(vf_load(x + c), m)), s1 = vf_add(s1, vf_sub(vf_load(x + c + VF), m));
        s2 = vf_add(s2, vf_sub(vf_load(x + c + 2 * VF), m)), s3 = vf_add(s3, vf_sub(vf_load(x + c + 3 * VF), m));
        if (two) {
            t0 = vf_add(t0, vf_sub(vf_load(z + c), k)), t1 = vf_add(t1, vf_sub(vf_load(z + c + VF), k));
            t2 = vf_add(t2, vf_sub(vf_load(z + c + 2 * VF), k)), t3 = vf_add(t3, vf_sub(vf_load(z + c + 3 * VF), k));
        }
    }
    for (; c < C; c += VF) {
        const vmask p = part(C - c);
        s0 = vf_add(s0, vf_keep(p, vf_sub(vf_load_first(x + c, p), m)));
        if (two)
            t0 = vf_add(t0, vf_keep(p, vf_sub(vf_load_first(z + c, p), k)));
    }
    *sx = four(s0, s1, s2, s3), *sz = four(t0, t1, t2, t3);
}

/* Sums of (x - m)^2 and (z - k)^2. */
static inline __attribute__((always_inline)) void squares(const float *x, const float *z, size_t C, vf m, vf k, const bool two,
                                                          vf *sx, vf *sz)
{
    vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
    size_t c = 0;
    for (; C - c >= 4 * VF; c += 4 * VF) {
        const vf d0 = vf_sub(vf_load(x + c), m), d1 = vf_sub(vf_load(x + c + VF), m);
        const vf d2 = vf_sub(vf_load(x + c + 2 * VF), m), d3 = vf_sub(vf_load(x + c + 3 * VF), m);
        s0 = vf_fma(d0, d0, s0), s1 = vf_fma(d1, d1, s1), s2 = vf_fma(d2, d2, s2), s3 = vf_fma(d3, d3, s3);
        if (two) {
            const vf e0 = vf_sub(vf_load(z + c), k), e1 = vf_sub(vf_load(z + c + VF), k);
            const vf e2 = vf_sub(vf_load(z + c + 2 * VF), k), e3 = vf_sub(vf_load(z + c + 3 * VF), k);
            t0 = vf_fma(e0, e0, t0), t1 = vf_fma(e1, e1, t1), t2 = vf_fma(e2, e2, t2), t3 = vf_fma(e3, e3, t3);
        }
    }
    for (; c < C; c += VF) {
        const vmask p = part(C - c);
        const vf d = vf_keep(p, vf_sub(vf_load_first(x + c, p), m));
        s0 = vf_fma(d, d, s0);
        if (two) {
            const vf e = vf_keep(p, vf_sub(vf_load_first(z + c, p), k));
            t0 = vf_fma(e, e, t0);
        }
    }
    *sx = four(s0, s1, s2, s3), *sz = four(t0, t1, t2, t3);
}

/* gamma xhat + beta */
static inline vf scaled(vf x, vf mean, vf rstd, vf gamma, vf beta)
{
    return vf_fma(vf_mul(vf_sub(x, mean), rstd), gamma, beta);
}

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
    sums(x, z, C, vf_set1(x[0]), vf_set1(z[0]), two, &s, &t);
    const float mean = x[0] + vf_sum(s) / (float)C, mean2 = two ? z[0] + vf_sum(t) / (float)C : 0;
    const vf m = vf_set1(mean), k = vf_set1(mean2);
    squares(x, z, C, m, k, two, &s, &t);
    const float rstd = rstd_of(s, a), rstd2 = two ? rstd_of(t, a) : 0;
    const vf r = vf_set1(rstd), q = vf_set1(rstd2);
    size_t c = 0;
    for (; C - c >= VF; c += VF) {
        const vf gamma = vf_load(a->gamma + c), beta = vf_load(a->beta + c), vx = scaled(vf_load(x + c), m, r, gamma, beta);
        if (two) {
            const vf vz = scaled(vf_load(z + c), k, q, gamma, beta);
            if (fetch)
                vf_fetch1(x + next + c), vf_fetch1(z + next + c);
            put(w + c, vz, stream);
        }
        put(y + c, vx, stream);
    }
    if (c < C) {
        const vmask tail = vf_first(C - c);
        const vf gamma = vf_load_first(a->gamma + c, tail), beta = vf_load_first(a->beta + c, tail);
        const vf vx = scaled(vf_load_first(x + c, tail), m, r, gamma, beta);
        if (two)
            vf_store_first(w + c, tail, scaled(vf_load_first(z + c, tail), k, q, gamma, beta));
        vf_store_first(y + c, tail, vx);
    }
    a->mean[n] = mean;
    a->rstd[n] = rstd;
    if (two) {
        a->mean[n + 1] = mean2;
        a->rstd[n + 1] = rstd2;
    }
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
    const int threads = norm_threads(a, NORM_SMALL);
    const bool stream = lines && 2 * N * a->C >= bn_stream_elements(a->caches, threads);
    if (threads <= 1) {
        some_rows(a, 0, N, stream);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        const struct bm_range mine = bm_share(N, 2, omp_get_thread_num(), omp_get_num_threads());
        some_rows(a, mine.begin, mine.end, stream);
    }
}

BM_KERNEL(.idea = "two rows at a time, in three passes that find them in L1; sums in four vectors, about the first "
                  "element and the mean; rows shared",
          .source = "Ba, Kiros & Hinton, \"Layer Normalization\", 2016; two passes: Chan, Golub & LeVeque, 1983",
          .loses = "below 50,000 elements, where it runs on one thread; fewer pairs of rows than threads leave some idle",
          .run = run);
