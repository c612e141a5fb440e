/* SPDX-License-Identifier: MIT */
/*
 * bn_backward_sve - the gradients of batch normalisation in vectors of any length. The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, section 3.
 * Shapes:  all.
 * Traffic: 20 bytes an element where the matrices leave the cache: x and dy are read twice, dx is written.
 * Idea:    strips of two vectors, along four rows at a time: memory is read in order, and what belongs to the channels
 *          is loaded once for four rows. Pass one adds d = dy and d t, t = x - mean, to the sums of a block of 64 rows
 *          in scratch; pass two is dx = a d + b t + c. Channels-first: a run of S floats is cut into strips of one
 *          channel, with sums in registers; channels whose runs make 1024 floats go through an image together, because
 *          short runs far apart are not read ahead.
 * Error:   sums in f32 chains of 64, then double. Poor where dbeta or dgamma cancels, as in bn.h.
 * Tail:    predicates; nothing beyond the arrays is touched.
 * Loses:   to neon_tuned, most where dx is too large for the caches; lanes idle with few channels
 *          (channels-last) or S < two vectors (channels-first).
 */
#include "bn.h"
#include "kernel.h"
#include "simd.h"

#define STRIP (2 * opaque(VF))
enum { MOST = 2 * 64 }; /* floats of a strip */
enum { BLOCK = 64, ROWS = 4 }; /* BLOCK rows (or strips of a run) in a sum, ROWS at a time */
enum { GROUP = 1024 };                         /* floats, so also the most channels, of a group of channels-first */

/* gcc 12 breaks down where it reasons about a stride that is a multiple of the unknown length. */
static inline size_t opaque(size_t n)
{
    __asm__("" : "+r"(n));
    return n;
}

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t parts(size_t n, size_t part) { return (n + part - 1) / part; }

static inline size_t second(size_t lanes) { return lanes > VF ? lanes - VF : 0; } /* lanes of a strip's second vector */

/* Sums of d and of d t: structures cannot have vectors of no known size. */
typedef svfloat32x2_t sums_of;
static inline sums_of add(sums_of sum, vf x, vf d, vf mean)
{
    return svcreate2_f32(vf_add(svget2_f32(sum, 0), d), vf_fma(d, vf_sub(x, mean), svget2_f32(sum, 1)));
}

typedef svfloat32x4_t linear_of; /* mean, a, b and c */
static inline vf gradient(linear_of of, vf x, vf d)
{
    return vf_fma(svget4_f32(of, 1), d, vf_fma(svget4_f32(of, 2), vf_sub(x, svget4_f32(of, 0)), svget4_f32(of, 3)));
}

/* dgamma and dbeta of channel c, and its a, b and c, `step` floats apart. */
static inline void finish(const struct bm_bn *bn, size_t c, double sum_d, double sum_dt, float *abc, size_t step)
{
    const double rstd = bn->rstd[c], scale = bn->gamma[c] * rstd, inverse = 1 / ((double)bn->N * (double)bn->S);
    bn->dbeta[c] = (float)sum_d;
    bn->dgamma[c] = (float)(sum_dt * rstd);
    abc[0] = (float)scale;
    abc[step] = (float)(-scale * rstd * (sum_dt * rstd * inverse));
    abc[2 * step] = (float)(-scale * (sum_d * inverse));
}

/* Four vectors of sums for each block of rows and strip; a, b and c of each strip. */
static size_t scratch_bytes(const void *args)
{
    const struct bm_bn *bn = args;
    return parts(bn->C, STRIP) * STRIP * (2 * parts(bn->N, BLOCK) + 3) * sizeof(float);
}

static void channels_last(const struct bm_bn *bn)
{
    const size_t N = bn->N, C = bn->C, padded = parts(C, STRIP) * STRIP, blocks = parts(N, BLOCK);
    float *sums = bn->scratch, *abc = sums + 2 * blocks * padded;

    for (size_t k = 0; k < blocks; k++) {
        const size_t first = k * BLOCK, end = least(N, first + BLOCK);
        for (size_t begin = first; begin < end; begin += ROWS)
            for (size_t c = 0; c < C; c += STRIP) {
                const size_t lanes = C - c, more = second(lanes);
                const vf mean = vf_get(bn->mean + c, lanes), mean_more = vf_get(bn->mean + c + VF, more);
                float *to = sums + 2 * (k * padded + c);
                sums_of sum = svcreate2_f32(vf_zero(), vf_zero()), sum_more = sum;
                if (begin > first) {
                    sum = svcreate2_f32(vf_load(to), vf_load(to + STRIP));
                    sum_more = svcreate2_f32(vf_load(to + VF), vf_load(to + STRIP + VF));
                }
                for (size_t n = begin; n < least(end, begin + ROWS); n++) {
                    const float *x = bn->x + n * bn->ldx + c, *dy = bn->dy + n * bn->lddy + c;
                    sum = add(sum, vf_get(x, lanes), vf_get(dy, lanes), mean);
                    sum_more = add(sum_more, vf_get(x + VF, more), vf_get(dy + VF, more), mean_more);
                }
                vf_store(to, svget2_f32(sum, 0)), vf_store(to + VF, svget2_f32(sum_more, 0));
                vf_store(to + STRIP, svget2_f32(sum, 1)), vf_store(to + STRIP + VF, svget2_f32(sum_more, 1));
            }
    }
    for (size_t c = 0; c < C; c += STRIP) {
        double total[2 * MOST] = { 0 };
        for (size_t k = 0; k < blocks; k++)
            for (size_t i = 0; i < 2 * STRIP; i++)
                total[i] += sums[2 * (k * padded + c) + i];
        for (size_t i = 0; i < least(STRIP, C - c); i++)
            finish(bn, c + i, total[i], total[STRIP + i], abc + 3 * c + i, STRIP);
    }
    for (size_t begin = 0; begin < N; begin += ROWS)
        for (size_t c = 0; c < C; c += STRIP) {
            const size_t lanes = C - c, more = second(lanes);
            const float *mean = bn->mean + c, *a = abc + 3 * c, *b = a + STRIP, *constant = b + STRIP;
            const linear_of of = svcreate4_f32(vf_get(mean, lanes), vf_load(a), vf_load(b), vf_load(constant));
            const linear_of of_more =
                svcreate4_f32(vf_get(mean + VF, more), vf_load(a + VF), vf_load(b + VF), vf_load(constant + VF));
            for (size_t n = begin; n < least(N, begin + ROWS); n++) {
                const float *x = bn->x + n * bn->ldx + c, *dy = bn->dy + n * bn->lddy + c;
                float *dx = bn->dx + n * bn->lddx + c;
                vf_put(dx, lanes, gradient(of, vf_get(x, lanes), vf_get(dy, lanes)));
                vf_put(dx + VF, more, gradient(of_more, vf_get(x + VF, more), vf_get(dy + VF, more)));
            }
        }
}

static void channels_first(const struct bm_bn *bn)
{
    const size_t N = bn->N, S = bn->S, group = parts(GROUP, S);
    for (size_t first = 0; first < bn->C; first += group) {
        const size_t end = least(bn->C, first + group);
        double sum_d[GROUP] = { 0 }, sum_dt[GROUP] = { 0 };
        for (size_t n = 0; n < N; n++)
            for (size_t c = first; c < end; c++) {
                const vf mean = vf_set1(bn->mean[c]);
                const float *x = bn->x + n * bn->ldx + c * S, *dy = bn->dy + n * bn->lddy + c * S;
                for (size_t begin = 0; begin < S; begin += BLOCK * STRIP) {
                    sums_of sum = svcreate2_f32(vf_zero(), vf_zero()), sum_more = sum;
                    for (size_t s = begin; s < least(S, begin + BLOCK * STRIP); s += STRIP) {
                        const size_t lanes = S - s, more = second(lanes);
                        sum = add(sum, vf_get(x + s, lanes), vf_get(dy + s, lanes), mean);
                        sum_more = add(sum_more, vf_get(x + s + VF, more), vf_get(dy + s + VF, more), mean);
                    }
                    sum_d[c - first] += vf_sum(vf_add(svget2_f32(sum, 0), svget2_f32(sum_more, 0)));
                    sum_dt[c - first] += vf_sum(vf_add(svget2_f32(sum, 1), svget2_f32(sum_more, 1)));
                }
            }
        float abc[GROUP][3];
        for (size_t c = first; c < end; c++)
            finish(bn, c, sum_d[c - first], sum_dt[c - first], abc[c - first], 1);
        for (size_t n = 0; n < N; n++)
            for (size_t c = first; c < end; c++) {
                const float *of_c = abc[c - first];
                const linear_of of = svcreate4_f32(vf_set1(bn->mean[c]), vf_set1(of_c[0]), vf_set1(of_c[1]), vf_set1(of_c[2]));
                const float *x = bn->x + n * bn->ldx + c * S, *dy = bn->dy + n * bn->lddy + c * S;
                float *dx = bn->dx + n * bn->lddx + c * S;
                for (size_t s = 0; s < S; s += VF)
                    vf_put(dx + s, S - s, gradient(of, vf_get(x + s, S - s), vf_get(dy + s, S - s)));
            }
    }
}

static void run(const void *args)
{
    const struct bm_bn *bn = args;
    if (bn->layout == BM_CHANNELS_LAST || bn->S == 1)
        channels_last(bn);
    else
        channels_first(bn);
}

BM_KERNEL(.idea = "along four rows at a time with sums of 64 rows in scratch, then dx = a dy + b (x - mean) + c",
          .source = "Ioffe & Szegedy, ICML 2015, section 3",
          .loses = "to neon_tuned, most where dx is too large for the caches; lanes idle with few "
                   "channels (channels-last) or S < two vectors (channels-first)",
          .refuses = bn_refuses_blocked, .scratch_bytes = scratch_bytes, .run = run);
