/* SPDX-License-Identifier: MIT */
/*
 * relu_bn_backward_avx512 - the gradients of the activation followed by batch normalisation in vectors of 16 floats.
 * The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, section 3.
 * Shapes:  all.
 * Traffic: 20 bytes an element where the matrices leave the cache: x and dy are read twice, dx is written.
 * Idea:    strips of two vectors, along four rows at a time: memory is read in order, and what belongs to the channels
 *          is loaded once for four rows. Pass one adds d = dy and d t, t = act(x) - mean, to the sums of a block of 64
 *          rows in scratch; pass two is dx = act' (a d + b t + c). Channels-first: a run of S floats is cut into strips
 *          of one channel, with sums in registers; channels whose runs make 1024 floats go through an image together,
 *          because short runs far apart are not read ahead. Blocked: one block of channels after the other, a lane
 *          being a channel.
 * Error:   sums in f32 chains of 64, then double. Poor where dbeta or dgamma cancels, as in bn.h.
 * Tail:    mask registers; nothing beyond the arrays is touched.
 * Loses:   to avx512_tuned, most where dx is too large for the caches; lanes idle with few channels (channels-last) or
 *          S < 32 (channels-first); nchw8c, where half of each vector idles.
 */
#include "bn.h"
#include "kernel.h"
#include "simd.h"

enum { STRIP = 2 * VF, BLOCK = 64, ROWS = 4 }; /* BLOCK rows (or strips of a run) in a sum, ROWS at a time */
enum { GROUP = 1024 };                         /* floats, so also the most channels, of a group of channels-first */
enum { MOST_WIDE = 16 };                       /* channels of a block */

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t parts(size_t n, size_t part) { return (n + part - 1) / part; }

static inline size_t second(size_t lanes) { return lanes > VF ? lanes - VF : 0; } /* lanes of a strip's second vector */

struct sums {
    vf d, dt;
};
static inline struct sums add(struct sums sum, vf x, vf d, vf mean, float slope)
{
    return (struct sums){ vf_add(sum.d, d), vf_fma(d, vf_sub(vf_act(x, slope), mean), sum.dt) };
}

struct linear {
    vf mean, a, b, c;
};
static inline vf gradient(struct linear of, vf x, vf d, float slope)
{
    return vf_act_grad(vf_fma(of.a, d, vf_fma(of.b, vf_sub(vf_act(x, slope), of.mean), of.c)), x, slope);
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
    const float slope = bn->slope;

    for (size_t k = 0; k < blocks; k++) {
        const size_t first = k * BLOCK, end = least(N, first + BLOCK);
        for (size_t begin = first; begin < end; begin += ROWS)
            for (size_t c = 0; c < C; c += STRIP) {
                const size_t lanes = C - c, more = second(lanes);
                const vf mean = vf_get(bn->mean + c, lanes), mean_more = vf_get(bn->mean + c + VF, more);
                float *to = sums + 2 * (k * padded + c);
                struct sums sum = { vf_zero(), vf_zero() }, sum_more = sum;
                if (begin > first) {
                    sum = (struct sums){ vf_load(to), vf_load(to + STRIP) };
                    sum_more = (struct sums){ vf_load(to + VF), vf_load(to + STRIP + VF) };
                }
                for (size_t n = begin; n < least(end, begin + ROWS); n++) {
                    const float *x = bn->x + n * bn->ldx + c, *dy = bn->dy + n * bn->lddy + c;
                    sum = add(sum, vf_get(x, lanes), vf_get(dy, lanes), mean, slope);
                    sum_more = add(sum_more, vf_get(x + VF, more), vf_get(dy + VF, more), mean_more, slope);
                }
                vf_store(to, sum.d), vf_store(to + VF, sum_more.d);
                vf_store(to + STRIP, sum.dt), vf_store(to + STRIP + VF, sum_more.dt);
            }
    }
    for (size_t c = 0; c < C; c += STRIP) {
        double total[2 * STRIP] = { 0 };
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
            const struct linear of = { vf_get(mean, lanes), vf_load(a), vf_load(b), vf_load(constant) };
            const struct linear of_more = { vf_get(mean + VF, more), vf_load(a + VF), vf_load(b + VF),
                                            vf_load(constant + VF) };
            for (size_t n = begin; n < least(N, begin + ROWS); n++) {
                const float *x = bn->x + n * bn->ldx + c, *dy = bn->dy + n * bn->lddy + c;
                float *dx = bn->dx + n * bn->lddx + c;
                vf_put(dx, lanes, gradient(of, vf_get(x, lanes), vf_get(dy, lanes), slope));
                vf_put(dx + VF, more, gradient(of_more, vf_get(x + VF, more), vf_get(dy + VF, more), slope));
            }
        }
}

static void channels_first(const struct bm_bn *bn)
{
    const size_t N = bn->N, S = bn->S, group = parts(GROUP, S);
    const float slope = bn->slope;
    for (size_t first = 0; first < bn->C; first += group) {
        const size_t end = least(bn->C, first + group);
        double sum_d[GROUP] = { 0 }, sum_dt[GROUP] = { 0 };
        for (size_t n = 0; n < N; n++)
            for (size_t c = first; c < end; c++) {
                const vf mean = vf_set1(bn->mean[c]);
                const float *x = bn->x + n * bn->ldx + c * S, *dy = bn->dy + n * bn->lddy + c * S;
                for (size_t begin = 0; begin < S; begin += BLOCK * STRIP) {
                    struct sums sum = { vf_zero(), vf_zero() }, sum_more = sum;
                    for (size_t s = begin; s < least(S, begin + BLOCK * STRIP); s += STRIP) {
                        const size_t lanes = S - s, more = second(lanes);
                        sum = add(sum, vf_get(x + s, lanes), vf_get(dy + s, lanes), mean, slope);
                        sum_more = add(sum_more, vf_get(x + s + VF, more), vf_get(dy + s + VF, more), mean, slope);
                    }
                    sum_d[c - first] += vf_sum(vf_add(sum.d, sum_more.d));
                    sum_dt[c - first] += vf_sum(vf_add(sum.dt, sum_more.dt));
                }
            }
        float abc[GROUP][3];
        for (size_t c = first; c < end; c++)
            finish(bn, c, sum_d[c - first], sum_dt[c - first], abc[c - first], 1);
        for (size_t n = 0; n < N; n++)
            for (size_t c = first; c < end; c++) {
                const float *of_c = abc[c - first];
                const struct linear of = { vf_set1(bn->mean[c]), vf_set1(of_c[0]), vf_set1(of_c[1]), vf_set1(of_c[2]) };
                const float *x = bn->x + n * bn->ldx + c * S, *dy = bn->dy + n * bn->lddy + c * S;
                float *dx = bn->dx + n * bn->lddx + c * S;
                for (size_t s = 0; s < S; s += VF)
                    vf_put(dx + s, S - s, gradient(of, vf_get(x + s, S - s), vf_get(dy + s, S - s), slope));
            }
    }
}

/* Blocked: the channels from c on that lie side by side, a lane being a channel; BLOCK pixels in a sum. */
static void channel_block(const struct bm_bn *bn, size_t c)
{
    const size_t N = bn->N, S = bn->S, wide = bn->layout;
    double sum_d[MOST_WIDE] = { 0 }, sum_dt[MOST_WIDE] = { 0 };
    float abc[3 * MOST_WIDE];
    const float slope = bn->slope;
    for (size_t n = 0; n < N; n++)
        for (size_t begin = 0; begin < S; begin += BLOCK)
            for (size_t i = 0; i < wide; i += VF) {
                const size_t lanes = wide - i, at = c * S + begin * wide + i;
                const float *x = bn->x + n * bn->ldx + at, *dy = bn->dy + n * bn->lddy + at;
                const vf mean = vf_get(bn->mean + c + i, lanes);
                struct sums sum = { vf_zero(), vf_zero() };
                float d[VF], dt[VF];
                for (size_t s = 0; s < least(S - begin, BLOCK); s++)
                    sum = add(sum, vf_get(x + s * wide, lanes), vf_get(dy + s * wide, lanes), mean, slope);
                vf_store(d, sum.d), vf_store(dt, sum.dt);
                for (size_t k = 0; k < least(lanes, VF); k++) {
                    sum_d[i + k] += d[k];
                    sum_dt[i + k] += dt[k];
                }
            }
    for (size_t i = 0; i < wide; i++)
        finish(bn, c + i, sum_d[i], sum_dt[i], abc + i, MOST_WIDE);
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < wide; i += VF) {
            const size_t lanes = wide - i, at = c * S + i;
            const float *x = bn->x + n * bn->ldx + at, *dy = bn->dy + n * bn->lddy + at;
            float *dx = bn->dx + n * bn->lddx + at;
            const float *a = abc + i;
            const struct linear of = { vf_get(bn->mean + c + i, lanes), vf_get(a, lanes), vf_get(a + MOST_WIDE, lanes),
                                       vf_get(a + 2 * MOST_WIDE, lanes) };
            for (size_t s = 0; s < S; s++)
                vf_put(dx + s * wide, lanes,
                       gradient(of, vf_get(x + s * wide, lanes), vf_get(dy + s * wide, lanes), slope));
        }
}

static void blocks(const struct bm_bn *bn)
{
    for (size_t c = 0; c < bn->C; c += bn->layout)
        channel_block(bn, c);
}

static void run(const void *args)
{
    const struct bm_bn *bn = args;
    if (bn->layout == BM_CHANNELS_LAST || bn->S == 1)
        channels_last(bn);
    else if (bn->layout == BM_CHANNELS_FIRST)
        channels_first(bn);
    else
        blocks(bn);
}

BM_KERNEL(.idea = "along four rows at a time with sums of 64 rows in scratch, then dx; act(x) and its derivative in "
                  "registers, in both passes",
          .source = "Ioffe & Szegedy, ICML 2015, section 3",
          .loses = "to avx512_tuned, most where dx is too large for the caches; lanes idle with few "
                   "channels (channels-last) or S < 32 (channels-first)",
          .scratch_bytes = scratch_bytes, .run = run);
