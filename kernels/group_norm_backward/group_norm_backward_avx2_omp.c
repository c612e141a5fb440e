/* SPDX-License-Identifier: MIT */
/*
 * group_norm_backward_avx2_omp - the gradients of group normalisation in AVX2 vectors of 8 floats, on several threads.
 *
 * Maths and shapes: norm.h. Traffic: 8 B read and 4 B written an element; what is worked on is read twice, the second time
 * from L1 or L2: a group, or in channels-last up to 256 channels of an image. Error: common/norm_oracle.h; sums of a
 * channel of an image in chains of at most 64, then double; of one pixel, along a row chains of M / 16, down the rows of at
 * most 64. Tail: one masked vector at a time. The same bits for any number of threads: each image, or chunk of one-pixel
 * images that follows from the shape, has sums of its own, which are added in their order. Idea, source and when it loses:
 * below.
 */
#include "norm_threads.h"
#include "simd.h"
#include "team.h"

enum {
    WIDE = 256, /* channels at a time in channels-last, at most */
    NARROW = 64, /* where threads would idle */
    BLOCK = 64, /* pixels in a sum, or pairs of vectors of them */
    ROWS = 4,   /* at a time */
    LEAST_ROWS = 8, /* of a chunk of images of one pixel */
    MOST_ROWS = 64,
    CHUNKS = 64, /* with MOST_ROWS there are more */
    LINE = 16    /* floats of a cache line */
};

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t lines(size_t C) { return (C + LINE - 1) / LINE * LINE; }

/* Images that have sums of dy xhat and dy together: one, or a chunk of them with one pixel each. */
static inline size_t chunk_rows(const struct bm_group_norm *a)
{
    const size_t rows = (a->N + CHUNKS - 1) / CHUNKS;
    return a->S > 1 ? 1 : rows < LEAST_ROWS ? LEAST_ROWS : least(rows, MOST_ROWS);
}
static inline size_t chunks_of(const struct bm_group_norm *a) { return (a->N + chunk_rows(a) - 1) / chunk_rows(a); }
static size_t scratch_bytes(const void *args)
{
    const struct bm_group_norm *a = args;
    return 2 * chunks_of(a) * lines(a->C) * sizeof(float);
}

/* The sums of chunk k: dgamma, and lines(C) behind them dbeta. */
static inline float *sums_of(const struct bm_group_norm *a, size_t k) { return (float *)a->scratch + 2 * k * lines(a->C); }

/* As vf_get(), but lanes beyond are as in `other`. */
static inline vf get_or(const float *p, size_t lanes, vf other)
{
    return lanes < VF ? vf_select(vf_first(lanes), vf_load_first(p, vf_first(lanes)), other) : vf_load(p);
}

/* Adds what a vector brings to sums of dy and of dy xhat; or, in a row, to those of the row and those of the columns. Lanes
 * beyond it have x = mean and dy = 0. */
static inline void add_terms(vf x, vf d, vf mean, vf rstd, vf *dbeta, vf *dgamma)
{
    *dbeta = vf_add(*dbeta, d);
    *dgamma = vf_fma(d, vf_mul(vf_sub(x, mean), rstd), *dgamma);
}
static inline void add_both(vf x, vf d, vf gamma, vf mean, vf rstd, vf *sum, vf *slant, vf *dgamma, vf *dbeta)
{
    const vf xhat = vf_mul(vf_sub(x, mean), rstd), g = vf_mul(gamma, d);
    *sum = vf_add(*sum, g);
    *slant = vf_fma(g, xhat, *slant);
    *dgamma = vf_fma(d, xhat, *dgamma);
    *dbeta = vf_add(*dbeta, d);
}

static inline vf gradient(vf x, vf d, vf gamma, vf mean, vf rstd, vf sum, vf slant)
{
    const vf xhat = vf_mul(vf_sub(x, mean), rstd);
    return vf_mul(rstd, vf_fnma(xhat, slant, vf_sub(vf_mul(gamma, d), sum)));
}

/* ---- channels-first: a group of runs of S pixels ---- */

static inline void sum_run(const float *x, const float *dy, size_t S, vf m, vf r, double *dbeta, double *dgamma)
{
    *dbeta = *dgamma = 0;
    for (size_t begin = 0; begin < S; begin += 2 * VF * BLOCK) {
        const size_t end = least(S, begin + 2 * VF * BLOCK);
        vf b0 = vf_zero(), b1 = b0, g0 = b0, g1 = b0;
        size_t s = begin;
        for (; end - s >= 2 * VF; s += 2 * VF) {
            add_terms(vf_load(x + s), vf_load(dy + s), m, r, &b0, &g0);
            add_terms(vf_load(x + s + VF), vf_load(dy + s + VF), m, r, &b1, &g1);
        }
        for (; s < end; s += VF)
            add_terms(get_or(x + s, end - s, m), vf_get(dy + s, end - s), m, r, &b0, &g0);
        *dbeta += vf_sum(vf_add(b0, b1));
        *dgamma += vf_sum(vf_add(g0, g1));
    }
}

/* Group k of image n. One copy of the code serves every team, so that not even a NaN's sign depends on it; likewise below. */
static __attribute__((noinline)) void runs_of_group(const struct bm_group_norm *a, size_t n, size_t k)
{
    const size_t S = a->S, each = a->C / a->G, first = k * each;
    const float *x = a->x + n * a->ldx + first * S, *dy = a->dy + n * a->lddy + first * S, *gamma = a->gamma + first;
    float *dx = a->dx + n * a->lddx + first * S, *dgamma = sums_of(a, n) + first, *dbeta = dgamma + lines(a->C);
    const vf m = vf_set1(a->mean[n * a->G + k]), r = vf_set1(a->rstd[n * a->G + k]);
    double sum = 0, slant = 0;
    for (size_t c = 0; c < each; c++) {
        double b, g;
        sum_run(x + c * S, dy + c * S, S, m, r, &b, &g);
        sum += gamma[c] * b;
        slant += gamma[c] * g;
        dbeta[c] = (float)b;
        dgamma[c] = (float)g;
    }
    const double M = (double)each * (double)S;
    const vf sums = vf_set1((float)(sum / M)), slants = vf_set1((float)(slant / M));
    for (size_t c = 0; c < each; c++, x += S, dy += S, dx += S) {
        const vf g = vf_set1(gamma[c]);
        size_t s = 0;
        for (; S - s >= VF; s += VF)
            vf_store(dx + s, gradient(vf_load(x + s), vf_load(dy + s), g, m, r, sums, slants));
        if (s < S)
            vf_put(dx + s, S - s, gradient(vf_get(x + s, S - s), vf_get(dy + s, S - s), g, m, r, sums, slants));
    }
}

/* ---- channels-last: whole groups, or one, of all pixels of an image ---- */

/* Sums of dy and of dy xhat of `width` channels over the pixels: along ROWS pixels at a time, in the order of memory, with the
 * sums of a block of pixels in L1. */
static inline void sum_columns(const struct bm_group_norm *a, const float *x, const float *dy, size_t width, const float *mean,
                               const float *rstd, double *dbeta, double *dgamma)
{
    const size_t S = a->S, ldx = a->ldx, lddy = a->lddy;
    float part_b[WIDE], part_g[WIDE];
    for (size_t i = 0; i < width; i++)
        dbeta[i] = dgamma[i] = 0;
    for (size_t begin = 0; begin < S; begin += BLOCK) {
        const size_t end = least(S, begin + BLOCK);
        for (size_t first = begin; first < end; first += ROWS)
            for (size_t v = 0; v < width; v += VF) {
                const size_t lanes = width - v;
                const vf m = vf_get(mean + v, lanes), r = vf_get(rstd + v, lanes);
                vf b = first > begin ? vf_get(part_b + v, lanes) : vf_zero();
                vf g = first > begin ? vf_get(part_g + v, lanes) : vf_zero();
                for (size_t s = first; s < least(end, first + ROWS); s++)
                    add_terms(vf_get(x + s * ldx + v, lanes), vf_get(dy + s * lddy + v, lanes), m, r, &b, &g);
                vf_put(part_b + v, lanes, b), vf_put(part_g + v, lanes, g);
            }
        for (size_t i = 0; i < width; i++) {
            dbeta[i] += part_b[i];
            dgamma[i] += part_g[i];
        }
    }
}

/* dx of `width` channels, with the statistics and sums of each. */
static inline void write_columns(const struct bm_group_norm *a, const float *x, const float *dy, float *dx,
                                 const float *gamma, size_t width, const float *mean, const float *rstd, const float *sum,
                                 const float *slant)
{
    const size_t S = a->S, ldx = a->ldx, lddy = a->lddy, lddx = a->lddx;
    for (size_t begin = 0; begin < S; begin += ROWS)
        for (size_t v = 0; v < width; v += VF) {
            const size_t lanes = width - v, end = least(S, begin + ROWS);
            const vf g = vf_get(gamma + v, lanes), m = vf_get(mean + v, lanes), r = vf_get(rstd + v, lanes);
            const vf sums = vf_get(sum + v, lanes), slants = vf_get(slant + v, lanes);
            for (size_t s = begin; s < end; s++)
                vf_put(
                    dx + s * lddx + v, lanes,
                    gradient(vf_get(x + s * ldx + v, lanes), vf_get(dy + s * lddy + v, lanes), g, m, r, sums, slants));
        }
}

/* Channels [first, first + width) of image n. */
static __attribute__((noinline)) void columns(const struct bm_group_norm *a, size_t n, size_t first, size_t width)
{
    const size_t S = a->S, each = a->C / a->G, groups = width / each, row = n * S, group = n * a->G + first / each;
    const float *x = a->x + row * a->ldx + first, *dy = a->dy + row * a->lddy + first, *gamma = a->gamma + first;
    float *dx = a->dx + row * a->lddx + first, *dgamma = sums_of(a, n) + first, *dbeta = dgamma + lines(a->C);
    float mean[WIDE], rstd[WIDE], sum[WIDE], slant[WIDE]; /* of channels */
    double b[WIDE], g[WIDE], sums[WIDE] = { 0 }, slants[WIDE] = { 0 }; /* of channels, and of groups */
    const double M = (double)each * (double)S;
    for (size_t p = 0; p < width; p += WIDE) {
        const size_t wide = least(WIDE, width - p);
        for (size_t i = 0; i < wide; i++)
            mean[i] = a->mean[group + (p + i) / each], rstd[i] = a->rstd[group + (p + i) / each];
        sum_columns(a, x + p, dy + p, wide, mean, rstd, b, g);
        for (size_t i = 0, k = p / each; i < wide; k++)
            for (const size_t end = least(wide, (k + 1) * each - p); i < end; i++) {
                sums[k] += gamma[p + i] * b[i];
                slants[k] += gamma[p + i] * g[i];
                dbeta[p + i] = (float)b[i];
                dgamma[p + i] = (float)g[i];
            }
    }
    for (size_t k = 0; k < groups; k++)
        sums[k] /= M, slants[k] /= M;
    for (size_t p = 0; p < width; p += WIDE) {
        const size_t wide = least(WIDE, width - p);
        for (size_t i = 0; i < wide; i++) {
            const size_t k = (p + i) / each;
            mean[i] = a->mean[group + k], rstd[i] = a->rstd[group + k];
            sum[i] = (float)sums[k], slant[i] = (float)slants[k];
        }
        write_columns(a, x + p, dy + p, dx + p, gamma + p, wide, mean, rstd, sum, slant);
    }
}

/* ---- images of one pixel: rows ---- */

/* Group k of row n; its shares of dgamma and dbeta are added to what is there. */
static inline __attribute__((always_inline)) void row_of_group(const struct bm_group_norm *a, size_t n, size_t k,
                                                               float *dgamma, float *dbeta, const bool first)
{
    const size_t each = a->C / a->G, at = k * each;
    const float *x = a->x + n * a->ldx + at, *d = a->dy + n * a->lddy + at, *gamma = a->gamma + at;
    float *dx = a->dx + n * a->lddx + at;
    const vf m = vf_set1(a->mean[n * a->G + k]), r = vf_set1(a->rstd[n * a->G + k]);
    vf s0 = vf_zero(), s1 = s0, t0 = s0, t1 = s0; /* even and odd vectors */
    size_t c = 0;
    for (; each - c >= 2 * VF; c += 2 * VF) {
        float *to = dgamma + at + c, *tb = dbeta + at + c;
        vf g0 = first ? vf_zero() : vf_load(to), g1 = first ? vf_zero() : vf_load(to + VF);
        vf b0 = first ? vf_zero() : vf_load(tb), b1 = first ? vf_zero() : vf_load(tb + VF);
        add_both(vf_load(x + c), vf_load(d + c), vf_load(gamma + c), m, r, &s0, &t0, &g0, &b0);
        add_both(vf_load(x + c + VF), vf_load(d + c + VF), vf_load(gamma + c + VF), m, r, &s1, &t1, &g1, &b1);
        vf_store(to, g0), vf_store(to + VF, g1), vf_store(tb, b0), vf_store(tb + VF, b1);
    }
    for (; c < each; c += VF) {
        const size_t lanes = each - c;
        float *to = dgamma + at + c, *tb = dbeta + at + c;
        vf g = first ? vf_zero() : vf_get(to, lanes), b = first ? vf_zero() : vf_get(tb, lanes);
        add_both(get_or(x + c, lanes, m), vf_get(d + c, lanes), vf_get(gamma + c, lanes), m, r, &s0, &t0, &g, &b);
        vf_put(to, lanes, g), vf_put(tb, lanes, b);
    }
    const vf sum = vf_set1(vf_sum(vf_add(s0, s1)) / (float)each), slant = vf_set1(vf_sum(vf_add(t0, t1)) / (float)each);
    for (c = 0; c < each; c += VF)
        vf_put(
            dx + c, each - c,
            gradient(vf_get(x + c, each - c), vf_get(d + c, each - c), vf_get(gamma + c, each - c), m, r, sum, slant));
}

static __attribute__((noinline)) void chunk(const struct bm_group_norm *a, size_t k)
{
    const size_t begin = k * chunk_rows(a), end = least(a->N, begin + chunk_rows(a));
    float *dgamma = sums_of(a, k), *dbeta = dgamma + lines(a->C);
    for (size_t g = 0; g < a->G; g++)
        row_of_group(a, begin, g, dgamma, dbeta, true);
    for (size_t n = begin + 1; n < end; n++)
        for (size_t g = 0; g < a->G; g++)
            row_of_group(a, n, g, dgamma, dbeta, false);
}

/* ---- all ---- */

/* dgamma and dbeta of channels [c, c + LINE), in double. */
static __attribute__((noinline)) void add_chunks(const struct bm_group_norm *a, size_t c)
{
    const size_t chunks = chunks_of(a), ld = lines(a->C);
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

/* Called by every thread; an `omp for` ends with a barrier. */
static inline __attribute__((always_inline)) void work(const struct bm_group_norm *a)
{
    const size_t G = a->G, each = G ? a->C / G : 1;
    const size_t wide = a->N * ((a->C + WIDE - 1) / WIDE) < (size_t)omp_get_num_threads() ? NARROW : WIDE;
    const size_t step = each < wide ? wide / each * each : each;
    const size_t parts = (a->C + step - 1) / step, chunks = chunks_of(a);
    if (a->S == 1) {
#pragma omp for schedule(static)
        for (size_t k = 0; k < chunks; k++)
            chunk(a, k);
    } else if (a->layout == BM_CHANNELS_FIRST) {
#pragma omp for schedule(static)
        for (size_t i = 0; i < a->N * G; i++)
            runs_of_group(a, i / G, i % G);
    } else {
#pragma omp for schedule(static)
        for (size_t i = 0; i < a->N * parts; i++)
            columns(a, i / parts, i % parts * step, least(step, a->C - i % parts * step));
    }
#pragma omp for schedule(static)
    for (size_t c = 0; c < a->C; c += LINE)
        add_chunks(a, c);
}

static void run(const void *args)
{
    const struct bm_group_norm *a = args;
    const int threads = norm_group_threads(a, NORM_SMALL);
    if (threads == 1 && !omp_in_parallel()) { /* a region of one thread would cost a microsecond */
        work(a);
        return;
    }
#pragma omp parallel num_threads(threads)
    work(a);
}

BM_KERNEL(.idea = "a group's channels summed run by run; channels-last, up to 256 of an image down its pixels; one pixel, as "
                  "rows; sums of a channel make up those of its group; groups shared",
          .source = "Wu & He, \"Group Normalization\", ECCV 2018; blocked sums: Higham, SIAM J. Sci. Comput. 14, 1993",
          .loses = "below 50,000 elements, where it runs on one thread; channels-last, where images of few channels "
                   "are fewer than threads",
          .scratch_bytes = scratch_bytes, .run = run);
