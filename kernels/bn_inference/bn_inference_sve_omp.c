/* SPDX-License-Identifier: MIT */
/*
 * bn_inference_sve_omp - batch normalisation by the running statistics in plain SVE on several threads. The maths is
 * in bn.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, algorithm 1, as written.
 * Shapes:  all.
 * Traffic: 8 bytes an element, and 4 for the lines of y that are read to be overwritten.
 * Idea:    bn_inference_sve with pairs of rows, or channels-first runs, shared between the threads.
 * Error:   four f32 roundings of gamma rstd, one of x - mean and one of y. Poor: none within bn.h's bound.
 * Tail:    predicates; nothing beyond the arrays is touched.
 * Loses:   to tuned beyond the caches, where that writes past them; one thread works below 50,000 elements.
 */
#include <math.h>
#include <omp.h>

#include "bn.h"
#include "bn_threads.h"
#include "kernel.h"
#include "simd.h"

enum { ROWS = 2 };

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* y of up to ROWS rows from n on; y may be x. */
static inline void normalise_rows(const struct bm_bn *b, size_t n, const float *scales)
{
    const size_t C = b->C, ldx = b->ldx, ldy = b->ldy, rows = least(b->N - n, ROWS);
    for (size_t c = 0; c < C; c += VF) {
        const float *x = b->x + n * ldx + c;
        float *y = b->y + n * ldy + c;
        const vf mean = vf_get(b->running_mean + c, C - c), scale = vf_get(scales + c, C - c);
        const vf shift = vf_get(b->beta + c, C - c);
        for (size_t i = 0; i < rows; i++)
            vf_put(y + i * ldy, C - c, vf_fma(vf_sub(vf_get(x + i * ldx, C - c), mean), scale, shift));
    }
}

/* y of channel c in image n. */
static inline void normalise_run(const struct bm_bn *b, size_t n, size_t c, const float *scales)
{
    const vf mean = vf_set1(b->running_mean[c]), scale = vf_set1(scales[c]), shift = vf_set1(b->beta[c]);
    const float *x = b->x + n * b->ldx + c * b->S;
    float *y = b->y + n * b->ldy + c * b->S;
    for (size_t s = 0; s < b->S; s += VF)
        vf_put(y + s, b->S - s, vf_fma(vf_sub(vf_get(x + s, b->S - s), mean), scale, shift));
}

static size_t scratch_bytes(const void *args) { return ((const struct bm_bn *)args)->C * sizeof(float); }

/* Called by every thread. */
static void work(const struct bm_bn *b)
{
    const float *scales = b->scratch;
    if (b->layout == BM_CHANNELS_LAST || b->S == 1) {
#pragma omp for
        for (size_t n = 0; n < b->N; n += ROWS)
            normalise_rows(b, n, scales);
    } else {
#pragma omp for collapse(2)
        for (size_t n = 0; n < b->N; n++)
            for (size_t c = 0; c < b->C; c++)
                normalise_run(b, n, c, scales);
    }
}

static void run(const void *args)
{
    const struct bm_bn *b = args;
    const int threads = bn_threads(b, BN_SMALL);
    const float eps = b->eps, *gamma = b->gamma, *var = b->running_var;
    float *scales = b->scratch;
    for (size_t c = 0; c < b->C; c++)
        scales[c] = gamma[c] * (1 / sqrtf(var[c] + eps));
    if (threads == 1 && !omp_in_parallel()) { /* a region of one thread would cost a microsecond */
        work(b);
        return;
    }
#pragma omp parallel num_threads(threads)
    work(b);
}

BM_KERNEL(.idea = "bn_inference_sve with pairs of rows (channels-first: runs) shared between the threads",
          .source = "Ioffe & Szegedy, ICML 2015, algorithm 1",
          .loses = "to tuned beyond the caches, where that writes past them; one thread works below 50,000 elements",
          .refuses = bn_refuses_blocked, .scratch_bytes = scratch_bytes, .run = run);
