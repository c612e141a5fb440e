/* SPDX-License-Identifier: MIT */
/*
 * group_norm_forward_avx2 - group normalisation in AVX2 vectors of 8 floats.
 *
 * Maths and shapes: norm.h. Traffic: 4 B read and 4 B written an element; what is worked on is read three times, from L1 or
 * L2: a group, or in channels-last up to 256 channels of an image. Error: common/norm_oracle.h; a group that lies in one
 * piece is summed in chains of M / 32 terms, and a channel of a pixel's row in chains of 16, then double. Tail: one masked
 * vector at a time. Idea, source and when it loses: below.
 */
#include <math.h>

#include "norm_threads.h"
#include "simd.h"

enum {
    WIDE = 256, /* channels at a time in channels-last, at most */
    BLOCK = 64, /* pixels in a sum */
    ROWS = 4    /* at a time */
};

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline vf four(vf a, vf b, vf c, vf d) { return vf_add(vf_add(a, b), vf_add(c, d)); }

/* x - m, or its square, in a chain. */
static inline __attribute__((always_inline)) vf add(vf sum, vf x, vf m, const bool square)
{
    const vf d = vf_sub(x, m);
    return square ? vf_fma(d, d, sum) : vf_add(sum, d);
}

/* gamma xhat + beta */
static inline vf scaled(vf x, vf mean, vf rstd, vf gamma, vf beta)
{
    return vf_fma(vf_mul(vf_sub(x, mean), rstd), gamma, beta);
}

/* ---- a group that lies in one piece: channels-first, or one pixel ---- */

/* Sum of x - m, or of its squares, over M elements that follow each other. Four chains, for the latency of an addition. */
static inline __attribute__((always_inline)) float sum_run(const float *x, size_t M, float centre, const bool square)
{
    const vf m = vf_set1(centre);
    vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; M - i >= 4 * VF; i += 4 * VF) {
        s0 = add(s0, vf_load(x + i), m, square), s1 = add(s1, vf_load(x + i + VF), m, square);
        s2 = add(s2, vf_load(x + i + 2 * VF), m, square), s3 = add(s3, vf_load(x + i + 3 * VF), m, square);
    }
    for (; i < M; i += VF) {
        const vmask p = vf_first(least(M - i, VF));
        s1 = add(s1, vf_select(p, vf_load_first(x + i, p), m), m, square);
    }
    return vf_sum(four(s0, s1, s2, s3));
}

/* Group k of image n. One copy of the code serves every team, so that not even a NaN's sign depends on it; likewise below. */
static __attribute__((noinline)) void run_of_group(const struct bm_group_norm *a, size_t n, size_t k)
{
    const size_t S = a->S, each = a->C / a->G, first = k * each, M = each * S;
    const float *x = a->x + n * a->ldx + first * S, *gamma = a->gamma + first, *beta = a->beta + first;
    float *y = a->y + n * a->ldy + first * S;
    const float mean = x[0] + sum_run(x, M, x[0], false) / (float)M;
    const float rstd = 1 / sqrtf(sum_run(x, M, mean, true) / (float)M + a->eps);
    const vf m = vf_set1(mean), r = vf_set1(rstd);
    if (S == 1)
        for (size_t c = 0; c < each; c += VF)
            vf_put(y + c, each - c,
                   scaled(vf_get(x + c, each - c), m, r, vf_get(gamma + c, each - c), vf_get(beta + c, each - c)));
    else
        for (size_t c = 0; c < each; c++, x += S, y += S) {
            const vf g = vf_set1(gamma[c]), b = vf_set1(beta[c]);
            size_t s = 0;
            for (; S - s >= VF; s += VF)
                vf_store(y + s, scaled(vf_load(x + s), m, r, g, b));
            if (s < S)
                vf_put(y + s, S - s, scaled(vf_get(x + s, S - s), m, r, g, b));
        }
    a->mean[n * a->G + k] = mean;
    a->rstd[n * a->G + k] = rstd;
}

/* ---- channels-last: whole groups, or one, of all pixels of an image ---- */

/* (x - m)^2 + (z - m)^2, or without squares. */
static inline __attribute__((always_inline)) vf pair(vf x, vf z, vf m, const bool square)
{
    const vf d = vf_sub(x, m), e = vf_sub(z, m);
    return square ? vf_fma(d, d, vf_mul(e, e)) : vf_add(d, e);
}

/* Sums of x - centre, or of their squares, of `width` channels over S pixels: along ROWS pixels at a time, in the order of
 * memory, with the sums of a block of pixels in L1. */
static inline __attribute__((always_inline)) void sum_columns(const float *x, size_t ld, size_t S, size_t width,
                                                              const float *centre, double *sum, const bool square)
{
    float part[WIDE];
    for (size_t i = 0; i < width; i++)
        sum[i] = 0;
    for (size_t begin = 0; begin < S; begin += BLOCK) {
        const size_t end = least(S, begin + BLOCK);
        for (size_t s = begin; s < end; s += ROWS)
            for (size_t v = 0; v < width; v += VF) {
                const size_t lanes = width - v;
                const float *p = x + s * ld + v;
                const vf m = vf_get(centre + v, lanes);
                vf t = s > begin ? vf_get(part + v, lanes) : vf_zero();
                if (end - s >= ROWS)
                    t = vf_add(t, vf_add(pair(vf_get(p, lanes), vf_get(p + ld, lanes), m, square),
                                         pair(vf_get(p + 2 * ld, lanes), vf_get(p + 3 * ld, lanes), m, square)));
                else
                    for (size_t r = s; r < end; r++, p += ld)
                        t = add(t, vf_get(p, lanes), m, square);
                vf_put(part + v, lanes, t);
            }
        for (size_t i = 0; i < width; i++)
            sum[i] += part[i];
    }
}

/* y of `width` channels, with the mean and rstd of each. */
static inline void write_columns(const struct bm_group_norm *a, const float *x, float *y, size_t first, size_t width,
                                 const float *mean, const float *rstd)
{
    const size_t S = a->S, ldx = a->ldx, ldy = a->ldy;
    for (size_t begin = 0; begin < S; begin += ROWS)
        for (size_t v = 0; v < width; v += VF) {
            const size_t lanes = width - v, end = least(S, begin + ROWS);
            const vf m = vf_get(mean + v, lanes), r = vf_get(rstd + v, lanes);
            const vf g = vf_get(a->gamma + first + v, lanes), b = vf_get(a->beta + first + v, lanes);
            for (size_t s = begin; s < end; s++)
                vf_put(y + s * ldy + v, lanes, scaled(vf_get(x + s * ldx + v, lanes), m, r, g, b));
        }
}

/* Channels [first, first + width) of image n. */
static __attribute__((noinline)) void columns(const struct bm_group_norm *a, size_t n, size_t first, size_t width)
{
    const size_t S = a->S, each = a->C / a->G, M = each * S, groups = width / each;
    const float *x = a->x + n * S * a->ldx + first;
    float *y = a->y + n * S * a->ldy + first;
    float *mean = a->mean + n * a->G + first / each, *rstd = a->rstd + n * a->G + first / each;
    float centre[WIDE], scale[WIDE], level[WIDE]; /* of channels, of channels, of groups */
    double sum[WIDE], total[WIDE] = { 0 };
    for (size_t k = 0; k < groups; k++)
        level[k] = x[k * each];
    for (size_t p = 0; p < width; p += WIDE) {
        const size_t wide = least(WIDE, width - p);
        for (size_t i = 0; i < wide; i++)
            centre[i] = level[(p + i) / each];
        sum_columns(x + p, a->ldx, S, wide, centre, sum, false);
        for (size_t i = 0, k = p / each; i < wide; k++)
            for (const size_t end = least(wide, (k + 1) * each - p); i < end; i++)
                total[k] += sum[i];
    }
    for (size_t k = 0; k < groups; k++) {
        mean[k] = (float)(level[k] + total[k] / (double)M);
        total[k] = 0;
    }
    for (size_t p = 0; p < width; p += WIDE) {
        const size_t wide = least(WIDE, width - p);
        for (size_t i = 0; i < wide; i++)
            centre[i] = mean[(p + i) / each];
        sum_columns(x + p, a->ldx, S, wide, centre, sum, true);
        for (size_t i = 0, k = p / each; i < wide; k++)
            for (const size_t end = least(wide, (k + 1) * each - p); i < end; i++)
                total[k] += sum[i];
    }
    for (size_t k = 0; k < groups; k++)
        rstd[k] = 1 / sqrtf((float)(total[k] / (double)M) + a->eps);
    for (size_t p = 0; p < width; p += WIDE) {
        const size_t wide = least(WIDE, width - p);
        for (size_t i = 0; i < wide; i++)
            centre[i] = mean[(p + i) / each], scale[i] = rstd[(p + i) / each];
        write_columns(a, x + p, y + p, first + p, wide, centre, scale);
    }
}

static void run(const void *args)
{
    const struct bm_group_norm *a = args;
    const size_t G = a->G;
    if (a->C == 0)
        return;
    if (a->layout == BM_CHANNELS_FIRST || a->S == 1) {
        for (size_t i = 0; i < a->N * G; i++)
            run_of_group(a, i / G, i % G);
        return;
    }
    const size_t each = a->C / G;
    const size_t step = each < WIDE ? WIDE / each * each : each, parts = (a->C + step - 1) / step;
    for (size_t i = 0; i < a->N * parts; i++)
        columns(a, i / parts, i % parts * step, least(step, a->C - i % parts * step));
}

BM_KERNEL(.idea = "a group in one piece as one row; channels-last, up to 256 channels of an image down its pixels, whose sums "
                  "are added up by groups",
          .source = "Wu & He, \"Group Normalization\", ECCV 2018; two passes: Chan, Golub & LeVeque, 1983",
          .loses = "groups of more than L2, read three times from further out; lanes idle in few channels and pixels",
          .run = run);
