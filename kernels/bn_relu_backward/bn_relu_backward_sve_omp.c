/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_backward_sve_omp - the gradients of batch normalisation followed by the activation in vectors of any length,
 * by a team of threads. The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, section 3.
 * Shapes:  all.
 * Traffic: 20 bytes an element where the matrices leave the cache: x and dy are read twice, dx is written.
 * Idea:    strips of two vectors, along four rows at a time: memory is read in order, and what belongs to the channels
 *          is loaded once for four rows. Pass one adds d = act' dy and d t, t = x - mean, to the sums of a block of 64
 *          rows in scratch; pass two is dx = scale d + b t + c. Channels-first: a run of S floats is cut into strips of
 *          one channel, with sums in registers; channels whose runs make 1024 floats go through an image together,
 *          because short runs far apart are not read ahead. The sign of scale t + beta, scale = gamma rstd, is computed
 *          again, in both passes alike: no mask is stored. Threads share the blocks of rows, then channels, then rows
 *          (channels-first: groups of channels); who takes what changes no sum, so every number of threads gives the
 *          bits of the serial kernel.
 * Error:   sums in f32 chains of 64, then double. Poor where dbeta or dgamma cancels, as in bn.h.
 * Tail:    predicates; nothing beyond the arrays is touched.
 * Loses:   to neon_omp_tuned, most where dx is too large for the caches; threads idle with fewer
 *          blocks of rows, or channels-first fewer channels, than threads; one works below BN_SMALL elements.
 */
#include <omp.h>

#include "bn.h"
#include "bn_threads.h"
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

/* Of the channel in each lane; scale = gamma rstd: mean, scale and beta. */
typedef svfloat32x3_t channel_of;
static inline channel_of channels(const struct bm_bn *bn, size_t c, size_t lanes)
{
    return svcreate3_f32(vf_get(bn->mean + c, lanes), vf_mul(vf_get(bn->gamma + c, lanes), vf_get(bn->rstd + c, lanes)),
                         vf_get(bn->beta + c, lanes));
}
static inline channel_of one_channel(const struct bm_bn *bn, size_t c)
{
    return svcreate3_f32(vf_set1(bn->mean[c]), vf_set1(bn->gamma[c] * bn->rstd[c]), vf_set1(bn->beta[c]));
}
static inline vf masked(vf dy, vf t, channel_of of, float slope)
{
    return vf_act_grad(dy, vf_fma(svget3_f32(of, 1), t, svget3_f32(of, 2)), slope);
}

/* Sums of d and of d t: structures cannot have vectors of no known size. */
typedef svfloat32x2_t sums_of;
static inline sums_of add(sums_of sum, vf x, vf dy, channel_of of, float slope)
{
    const vf t = vf_sub(x, svget3_f32(of, 0)), d = masked(dy, t, of, slope);
    return svcreate2_f32(vf_add(svget2_f32(sum, 0), d), vf_fma(d, t, svget2_f32(sum, 1)));
}

static inline vf gradient(channel_of of, vf b, vf c, vf x, vf dy, float slope)
{
    const vf t = vf_sub(x, svget3_f32(of, 0));
    return vf_fma(svget3_f32(of, 1), masked(dy, t, of, slope), vf_fma(b, t, c));
}

/* dgamma and dbeta of channel c, and its b and c, `step` floats apart. */
static inline void finish(const struct bm_bn *bn, size_t c, double sum_d, double sum_dt, float *bc, size_t step)
{
    const double rstd = bn->rstd[c], scale = bn->gamma[c] * rstd, inverse = 1 / ((double)bn->N * (double)bn->S);
    bn->dbeta[c] = (float)sum_d;
    bn->dgamma[c] = (float)(sum_dt * rstd);
    bc[0] = (float)(-scale * rstd * (sum_dt * rstd * inverse));
    bc[step] = (float)(-scale * (sum_d * inverse));
}

/* Four vectors of sums for each block of rows and strip; b and c of each strip. */
static size_t scratch_bytes(const void *args)
{
    const struct bm_bn *bn = args;
    return parts(bn->C, STRIP) * STRIP * (2 * parts(bn->N, BLOCK) + 2) * sizeof(float);
}

/* Called by every thread; an `omp for` ends with a barrier. */
static void channels_last(const struct bm_bn *bn)
{
    const size_t N = bn->N, C = bn->C, padded = parts(C, STRIP) * STRIP, blocks = parts(N, BLOCK);
    float *sums = bn->scratch, *bc = sums + 2 * blocks * padded;
    const float slope = bn->slope;

#pragma omp for schedule(static)
    for (size_t k = 0; k < blocks; k++) {
        const size_t first = k * BLOCK, end = least(N, first + BLOCK);
        for (size_t begin = first; begin < end; begin += ROWS)
            for (size_t c = 0; c < C; c += STRIP) {
                const size_t lanes = C - c, more = second(lanes);
                const channel_of of = channels(bn, c, lanes), of_more = channels(bn, c + VF, more);
                float *to = sums + 2 * (k * padded + c);
                sums_of sum = svcreate2_f32(vf_zero(), vf_zero()), sum_more = sum;
                if (begin > first) {
                    sum = svcreate2_f32(vf_load(to), vf_load(to + STRIP));
                    sum_more = svcreate2_f32(vf_load(to + VF), vf_load(to + STRIP + VF));
                }
                for (size_t n = begin; n < least(end, begin + ROWS); n++) {
                    const float *x = bn->x + n * bn->ldx + c, *dy = bn->dy + n * bn->lddy + c;
                    sum = add(sum, vf_get(x, lanes), vf_get(dy, lanes), of, slope);
                    sum_more = add(sum_more, vf_get(x + VF, more), vf_get(dy + VF, more), of_more, slope);
                }
                vf_store(to, svget2_f32(sum, 0)), vf_store(to + VF, svget2_f32(sum_more, 0));
                vf_store(to + STRIP, svget2_f32(sum, 1)), vf_store(to + STRIP + VF, svget2_f32(sum_more, 1));
            }
    }
#pragma omp for schedule(static)
    for (size_t c = 0; c < C; c += STRIP) {
        double total[2 * MOST] = { 0 };
        for (size_t k = 0; k < blocks; k++)
            for (size_t i = 0; i < 2 * STRIP; i++)
                total[i] += sums[2 * (k * padded + c) + i];
        for (size_t i = 0; i < least(STRIP, C - c); i++)
            finish(bn, c + i, total[i], total[STRIP + i], bc + 2 * c + i, STRIP);
    }
#pragma omp for schedule(static)
    for (size_t begin = 0; begin < N; begin += ROWS)
        for (size_t c = 0; c < C; c += STRIP) {
            const size_t lanes = C - c, more = second(lanes);
            const channel_of of = channels(bn, c, lanes), of_more = channels(bn, c + VF, more);
            const float *b = bc + 2 * c, *constant = b + STRIP;
            const vf b0 = vf_load(b), b1 = vf_load(b + VF), c0 = vf_load(constant), c1 = vf_load(constant + VF);
            for (size_t n = begin; n < least(N, begin + ROWS); n++) {
                const float *x = bn->x + n * bn->ldx + c, *dy = bn->dy + n * bn->lddy + c;
                float *dx = bn->dx + n * bn->lddx + c;
                vf_put(dx, lanes, gradient(of, b0, c0, vf_get(x, lanes), vf_get(dy, lanes), slope));
                vf_put(dx + VF, more, gradient(of_more, b1, c1, vf_get(x + VF, more), vf_get(dy + VF, more), slope));
            }
        }
}

static void channels_first(const struct bm_bn *bn)
{
    const size_t N = bn->N, S = bn->S;
    if (bn->C == 0)
        return;
    const size_t each = parts(bn->C, (size_t)bn->threads), group = parts(each, parts(each, parts(GROUP, S)));
    const float slope = bn->slope;
#pragma omp for schedule(static)
    for (size_t first = 0; first < bn->C; first += group) {
        const size_t end = least(bn->C, first + group);
        double sum_d[GROUP] = { 0 }, sum_dt[GROUP] = { 0 };
        for (size_t n = 0; n < N; n++)
            for (size_t c = first; c < end; c++) {
                const channel_of of = one_channel(bn, c);
                const float *x = bn->x + n * bn->ldx + c * S, *dy = bn->dy + n * bn->lddy + c * S;
                for (size_t begin = 0; begin < S; begin += BLOCK * STRIP) {
                    sums_of sum = svcreate2_f32(vf_zero(), vf_zero()), sum_more = sum;
                    for (size_t s = begin; s < least(S, begin + BLOCK * STRIP); s += STRIP) {
                        const size_t lanes = S - s, more = second(lanes);
                        sum = add(sum, vf_get(x + s, lanes), vf_get(dy + s, lanes), of, slope);
                        sum_more = add(sum_more, vf_get(x + s + VF, more), vf_get(dy + s + VF, more), of, slope);
                    }
                    sum_d[c - first] += vf_sum(vf_add(svget2_f32(sum, 0), svget2_f32(sum_more, 0)));
                    sum_dt[c - first] += vf_sum(vf_add(svget2_f32(sum, 1), svget2_f32(sum_more, 1)));
                }
            }
        float bc[GROUP][2];
        for (size_t c = first; c < end; c++)
            finish(bn, c, sum_d[c - first], sum_dt[c - first], bc[c - first], 1);
        for (size_t n = 0; n < N; n++)
            for (size_t c = first; c < end; c++) {
                const channel_of of = one_channel(bn, c);
                const vf b = vf_set1(bc[c - first][0]), constant = vf_set1(bc[c - first][1]);
                const float *x = bn->x + n * bn->ldx + c * S, *dy = bn->dy + n * bn->lddy + c * S;
                float *dx = bn->dx + n * bn->lddx + c * S;
                for (size_t s = 0; s < S; s += VF)
                    vf_put(dx + s, S - s,
                           gradient(of, b, constant, vf_get(x + s, S - s), vf_get(dy + s, S - s), slope));
            }
    }
}

static void work(const struct bm_bn *bn)
{
    if (bn->layout == BM_CHANNELS_LAST || bn->S == 1)
        channels_last(bn);
    else
        channels_first(bn);
}

static void run(const void *args)
{
    const struct bm_bn *bn = args;
    const int threads = bn_threads(bn, BN_SMALL);
    if (threads == 1 && !omp_in_parallel()) { /* a region of one thread would cost a microsecond */
        work(bn);
        return;
    }
#pragma omp parallel num_threads(threads)
    work(bn);
}

BM_KERNEL(.idea = "bn_relu_backward_sve with blocks of rows (channels-first: channels) shared by a team; the same "
                  "bits",
          .source = "Ioffe & Szegedy, ICML 2015, section 3",
          .loses = "to neon_omp_tuned, most where dx is too large for the caches; threads idle with "
                   "fewer blocks of rows, or channels-first fewer channels, than threads; one works below 50,000 "
                   "elements",
          .refuses = bn_refuses_blocked, .scratch_bytes = scratch_bytes, .run = run);
