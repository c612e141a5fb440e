/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_backward_avx2_omp - the gradients of layer normalisation in AVX2 vectors of 8 floats, on several threads.
 *
 * Maths and shapes: norm.h. Traffic: 8 B read and 4 B written an element; the second pass over two rows finds them in L1,
 * if they have some thousand elements each at most, and the sums of a chunk are read and written once for two rows.
 * Matrices that fill half of the last level are written past the caches. Error: common/norm_oracle.h; chains of M / 16
 * terms along a row, of at most 64 rows, and then double, down a column. Tail: one masked vector at a time. The same bits
 * for any number of threads: the shape alone cuts the rows into chunks, whose sums are added in their order. Idea, source
 * and when it loses: below.
 */
#include <stdint.h>

#include "cache_sizes.h"
#include "norm_threads.h"
#include "simd.h"
#include "team.h"

enum {
    LEAST_ROWS = 8, /* of a chunk */
    MOST_ROWS = 64,
    CHUNKS = 64,   /* with MOST_ROWS there are more */
    LINE = 16,     /* floats of a cache line */
    FETCHED = 1024 /* rows up to this length are fetched into L1 while the two before them are written */
};

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t lines(size_t C) { return (C + LINE - 1) / LINE * LINE; }

/* Rows of a chunk: even, by the shape alone. */
static inline size_t chunk_rows(size_t N)
{
    const size_t rows = (N + 2 * CHUNKS - 1) / (2 * CHUNKS) * 2;
    return rows < LEAST_ROWS ? LEAST_ROWS : least(rows, MOST_ROWS);
}
static inline size_t chunks_of(size_t N) { return (N + chunk_rows(N) - 1) / chunk_rows(N); }

/* Of each chunk: sums of dy xhat, and of dy, of all columns. One chunk needs none. */
static size_t scratch_bytes(const void *args)
{
    const struct bm_layer_norm *a = args;
    return chunks_of(a->N) > 1 ? 2 * chunks_of(a->N) * lines(a->C) * sizeof(float) : 0;
}

/* What a vector of a row adds to the row's sums of g and g xhat, and to the columns'. Lanes beyond the row have x = mean and
 * dy = 0. */
static inline void add_terms(vf x, vf d, vf gamma, vf mean, vf rstd, vf *sum, vf *slant, vf *dgamma, vf *dbeta)
{
    const vf xhat = vf_mul(vf_sub(x, mean), rstd), g = vf_mul(gamma, d);
    *sum = vf_add(*sum, g);
    *slant = vf_fma(g, xhat, *slant);
    *dgamma = vf_fma(d, xhat, *dgamma);
    *dbeta = vf_add(*dbeta, d);
}

static inline __attribute__((always_inline)) void put(float *p, vf v, const bool stream)
{
    if (stream)
        vf_stream(p, v);
    else
        vf_store(p, v);
}

static inline vf gradient(vf x, vf d, vf gamma, vf mean, vf rstd, vf sum, vf slant)
{
    const vf xhat = vf_mul(vf_sub(x, mean), rstd);
    return vf_mul(rstd, vf_fnma(xhat, slant, vf_sub(vf_mul(gamma, d), sum)));
}

/* Row n, or rows n and n + 1, x and z with gradients d and e. Their shares of dgamma and dbeta are added to what
 * is there. fetch: the next two as well. */
static inline __attribute__((always_inline)) void rows(const struct bm_layer_norm *a, size_t n, const bool two, float *dgamma,
                                                       float *dbeta, const bool first, const bool fetch, const bool stream)
{
    const size_t C = a->C;
    const float *x = a->x + n * a->ldx, *z = two ? x + a->ldx : x, *d = a->dy + n * a->lddy, *e = two ? d + a->lddy : d;
    float *y = a->dx + n * a->lddx, *w = two ? y + a->lddx : y;
    const vf m = vf_set1(a->mean[n]), r = vf_set1(a->rstd[n]);
    const vf k = vf_set1(two ? a->mean[n + 1] : 0), q = vf_set1(two ? a->rstd[n + 1] : 0);
    /* Even and odd vectors of a row. */
    vf s0 = vf_zero(), s1 = s0, sx0 = s0, sx1 = s0, t0 = s0, t1 = s0, tx0 = s0, tx1 = s0;
    size_t c = 0;
    for (; C - c >= 2 * VF; c += 2 * VF) {
        const vf g0 = vf_load(a->gamma + c), g1 = vf_load(a->gamma + c + VF);
        vf dg0 = first ? vf_zero() : vf_load(dgamma + c), dg1 = first ? vf_zero() : vf_load(dgamma + c + VF);
        vf db0 = first ? vf_zero() : vf_load(dbeta + c), db1 = first ? vf_zero() : vf_load(dbeta + c + VF);
        add_terms(vf_load(x + c), vf_load(d + c), g0, m, r, &s0, &sx0, &dg0, &db0);
        add_terms(vf_load(x + c + VF), vf_load(d + c + VF), g1, m, r, &s1, &sx1, &dg1, &db1);
        if (two) {
            add_terms(vf_load(z + c), vf_load(e + c), g0, k, q, &t0, &tx0, &dg0, &db0);
            add_terms(vf_load(z + c + VF), vf_load(e + c + VF), g1, k, q, &t1, &tx1, &dg1, &db1);
        }
        vf_store(dgamma + c, dg0), vf_store(dgamma + c + VF, dg1);
        vf_store(dbeta + c, db0), vf_store(dbeta + c + VF, db1);
    }
    for (; c < C; c += VF) {
        const vmask p = vf_first(least(C - c, VF));
        const vf gamma = vf_load_first(a->gamma + c, p);
        vf dg = first ? vf_zero() : vf_load_first(dgamma + c, p), db = first ? vf_zero() : vf_load_first(dbeta + c, p);
        add_terms(vf_select(p, vf_load_first(x + c, p), m), vf_load_first(d + c, p), gamma, m, r, &s0, &sx0, &dg, &db);
        if (two)
            add_terms(vf_select(p, vf_load_first(z + c, p), k), vf_load_first(e + c, p), gamma, k, q, &t0, &tx0, &dg, &db);
        vf_store_first(dgamma + c, p, dg), vf_store_first(dbeta + c, p, db);
    }
    const vf sum = vf_set1(vf_sum(vf_add(s0, s1)) / (float)C), slant = vf_set1(vf_sum(vf_add(sx0, sx1)) / (float)C);
    const vf sum2 = vf_set1(two ? vf_sum(vf_add(t0, t1)) / (float)C : 0);
    const vf slant2 = vf_set1(two ? vf_sum(vf_add(tx0, tx1)) / (float)C : 0);
    for (c = 0; C - c >= VF; c += VF) {
        const vf gamma = vf_load(a->gamma + c), vx = gradient(vf_load(x + c), vf_load(d + c), gamma, m, r, sum, slant);
        if (two) {
            const vf vz = gradient(vf_load(z + c), vf_load(e + c), gamma, k, q, sum2, slant2);
            if (fetch) {
                vf_fetch1(x + 2 * a->ldx + c), vf_fetch1(d + 2 * a->lddy + c);
                vf_fetch1(z + 2 * a->ldx + c), vf_fetch1(e + 2 * a->lddy + c);
            }
            put(w + c, vz, stream);
        }
        put(y + c, vx, stream);
    }
    if (c < C) {
        const vmask p = vf_first(C - c);
        const vf gamma = vf_load_first(a->gamma + c, p);
        vf_store_first(y + c, p, gradient(vf_load_first(x + c, p), vf_load_first(d + c, p), gamma, m, r, sum, slant));
        if (two)
            vf_store_first(w + c, p, gradient(vf_load_first(z + c, p), vf_load_first(e + c, p), gamma, k, q, sum2, slant2));
    }
}

/* Chunk k. */
static inline __attribute__((always_inline)) void chunk_of(const struct bm_layer_norm *a, size_t k, const bool fetch,
                                                           const bool stream)
{
    const size_t rows_of = chunk_rows(a->N), begin = k * rows_of, end = least(a->N, begin + rows_of);
    const bool only = chunks_of(a->N) == 1;
    float *sums = a->scratch;
    float *dgamma = only ? a->dgamma : sums + 2 * k * lines(a->C), *dbeta = only ? a->dbeta : dgamma + lines(a->C);
    if (end - begin == 1) {
        rows(a, begin, false, dgamma, dbeta, true, false, false);
        return;
    }
    rows(a, begin, true, dgamma, dbeta, true, fetch, stream);
    size_t n = begin + 2;
    for (; end - n >= 2; n += 2)
        rows(a, n, true, dgamma, dbeta, false, fetch, stream);
    if (n < end)
        rows(a, n, false, dgamma, dbeta, false, false, false);
}

/* One copy of the code serves every team, so that not even a NaN's sign depends on it; likewise below. */
static __attribute__((noinline)) void chunk(const struct bm_layer_norm *a, size_t k, bool stream)
{
    if (stream) {
        chunk_of(a, k, true, true);
        vf_fence();
    } else if (a->C <= FETCHED)
        chunk_of(a, k, true, false);
    else
        chunk_of(a, k, false, false);
}

/* dgamma and dbeta of columns [c, c + LINE), in double. */
static __attribute__((noinline)) void add_chunks(const struct bm_layer_norm *a, size_t c)
{
    const size_t chunks = chunks_of(a->N), ld = lines(a->C);
    const float *sums = a->scratch;
    double dgamma[LINE] = { 0 }, dbeta[LINE] = { 0 };
    for (size_t k = 0; k < chunks; k++)
        for (size_t i = 0; i < LINE; i++) { /* also of lanes beyond C, which are nobody's */
            dgamma[i] += (double)sums[2 * k * ld + c + i];
            dbeta[i] += (double)sums[(2 * k + 1) * ld + c + i];
        }
    for (size_t i = 0; i < least(LINE, a->C - c); i++) {
        a->dgamma[c + i] = (float)dgamma[i];
        a->dbeta[c + i] = (float)dbeta[i];
    }
}

/* dx past the caches: whole vectors of it, which are not those of dy, and too many to stay. */
static bool streams(const struct bm_layer_norm *a, int threads)
{
    return a->dx != a->dy && (uintptr_t)a->dx % (VF * sizeof(float)) == 0 && a->lddx % VF == 0 &&
           3 * a->N * a->C >= bn_stream_elements(a->caches, threads);
}

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    const size_t chunks = chunks_of(a->N);
    const int threads = norm_threads(a, NORM_SMALL);
    const bool stream = streams(a, threads);
    if (threads <= 1) {
        for (size_t k = 0; k < chunks; k++)
            chunk(a, k, stream);
        for (size_t c = 0; c < a->C && chunks != 1; c += LINE)
            add_chunks(a, c);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static)
        for (size_t k = 0; k < chunks; k++)
            chunk(a, k, stream);
        if (chunks != 1) {
#pragma omp for schedule(static)
            for (size_t c = 0; c < a->C; c += LINE)
                add_chunks(a, c);
        }
    }
}

BM_KERNEL(.idea = "two rows at a time, in two passes that find them in L1, the first with the sums of the columns, of "
                  "chunks of rows; chunks shared",
          .source = "Ba, Kiros & Hinton, \"Layer Normalization\", 2016; blocked sums: Higham, SIAM J. Sci. Comput. 14, 1993",
          .loses = "below 50,000 elements, where it runs on one thread; fewer chunks of rows than threads leave some idle",
          .scratch_bytes = scratch_bytes, .run = run);
