/* SPDX-License-Identifier: MIT */
/*
 * bn_inference_avx2 - batch normalisation by the running statistics in plain AVX2. The maths is in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 1, as written.
 * Shapes:  all.
 * Traffic: 8 bytes an element, and 4 for the lines of y that are read to be overwritten.
 * Idea:    channels-last: a lane is a channel, and two rows are taken along at a time, so that what belongs to a
 *          channel is loaded once for both. With four, where rows are a multiple of 4 KiB apart, the lines of x and y
 *          are too many for a set of the L1 cache. Channels-first: a run has one scale and one shift. Blocked: a lane
 *          is one channel in all pixels of an image.
 * Error:   four f32 roundings of gamma rstd, one of x - mean and one of y. Poor: none within bn.h's bound.
 * Tail:    maskload and maskstore; nothing beyond the arrays is touched.
 * Loses:   to tuned beyond the caches, where that writes past them; with few channels or short runs, lanes idle.
 */
#include <math.h>

#include "bn.h"
#include "kernel.h"
#include "simd.h"

enum { ROWS = 2 };

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* y may be x. */
static inline void normalise_rows(const struct bm_bn *b, const float *scales)
{
    const size_t C = b->C, ldx = b->ldx, ldy = b->ldy;
    for (size_t n = 0; n < b->N; n += ROWS) {
        const size_t rows = least(b->N - n, ROWS);
        for (size_t c = 0; c < C; c += VF) {
            const float *x = b->x + n * ldx + c;
            float *y = b->y + n * ldy + c;
            const vf mean = vf_get(b->running_mean + c, C - c), scale = vf_get(scales + c, C - c);
            const vf shift = vf_get(b->beta + c, C - c);
            for (size_t i = 0; i < rows; i++)
                vf_put(y + i * ldy, C - c, vf_fma(vf_sub(vf_get(x + i * ldx, C - c), mean), scale, shift));
        }
    }
}

static inline void normalise_runs(const struct bm_bn *b, const float *scales)
{
    for (size_t n = 0; n < b->N; n++)
        for (size_t c = 0; c < b->C; c++) {
            const vf mean = vf_set1(b->running_mean[c]), scale = vf_set1(scales[c]), shift = vf_set1(b->beta[c]);
            const float *x = b->x + n * b->ldx + c * b->S;
            float *y = b->y + n * b->ldy + c * b->S;
            for (size_t s = 0; s < b->S; s += VF)
                vf_put(y + s, b->S - s, vf_fma(vf_sub(vf_get(x + s, b->S - s), mean), scale, shift));
        }
}

/* The block of channels from c on in image n; y may be x. */
static inline void normalise_block(const struct bm_bn *b, size_t n, size_t c, const float *scales)
{
    const size_t wide = b->layout;
    for (size_t i = 0; i < wide; i += VF) {
        const size_t lanes = wide - i;
        const vf mean = vf_get(b->running_mean + c + i, lanes), scale = vf_get(scales + c + i, lanes);
        const vf shift = vf_get(b->beta + c + i, lanes);
        const float *x = b->x + n * b->ldx + c * b->S + i;
        float *y = b->y + n * b->ldy + c * b->S + i;
        for (size_t s = 0; s < b->S; s++)
            vf_put(y + s * wide, lanes, vf_fma(vf_sub(vf_get(x + s * wide, lanes), mean), scale, shift));
    }
}

static size_t scratch_bytes(const void *args) { return ((const struct bm_bn *)args)->C * sizeof(float); }

static void run(const void *args)
{
    const struct bm_bn *b = args;
    const float eps = b->eps, *gamma = b->gamma, *var = b->running_var;
    float *scales = b->scratch;
    for (size_t c = 0; c < b->C; c++)
        scales[c] = gamma[c] * (1 / sqrtf(var[c] + eps));
    if (b->layout == BM_CHANNELS_LAST || b->S == 1)
        normalise_rows(b, scales);
    else if (b->layout == BM_CHANNELS_FIRST)
        normalise_runs(b, scales);
    else
        for (size_t n = 0; n < b->N; n++)
            for (size_t c = 0; c < b->C; c += b->layout)
                normalise_block(b, n, c, scales);
}

BM_KERNEL(.idea = "along two rows at a time, x - mean, scale and shift; channels-first along the runs",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 1",
          .loses =
              "to tuned beyond the caches, where that writes past them; with few channels or short runs, lanes idle",
          .scratch_bytes = scratch_bytes, .run = run);
