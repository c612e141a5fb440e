/* SPDX-License-Identifier: MIT */
/*
 * group_norm_forward_naive_omp - group normalisation by plain loops, vectorisation off, on several threads.
 *
 * Maths and shapes: norm.h. Traffic: 4 B read and 4 B written an element; a group that leaves L1 is read three times.
 * Error: common/norm_oracle.h; sums are in double. Tail: none. The same bits for any number of threads: a group is one's.
 * Idea, source and when it loses: below.
 */
#include <math.h>

#include "norm_threads.h"

/* Group k of image n: `outer` runs of `inner` elements, channels of pixels, or in channels-last pixels of channels. */
static inline __attribute__((always_inline)) void group(const struct bm_group_norm *a, size_t n, size_t k, const bool first)
{
    const size_t S = a->S, each = a->C / a->G, outer = first ? each : S, inner = first ? S : each;
    const size_t step_x = first ? S : a->ldx, step_y = first ? S : a->ldy;
    const float *x = a->x + (first ? n * a->ldx + k * each * S : n * S * a->ldx + k * each);
    float *y = a->y + (first ? n * a->ldy + k * each * S : n * S * a->ldy + k * each);
    const float *gamma = a->gamma + k * each, *beta = a->beta + k * each;
    const double M = (double)each * (double)S;

    double sum = 0;
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++)
            sum += x[o * step_x + i];
    const float mean = (float)(sum / M);

    double squares = 0;
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
            const double d = x[o * step_x + i] - mean;
            squares += d * d;
        }
    const float rstd = 1 / sqrtf((float)(squares / M) + a->eps);

    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
            const size_t c = first ? o : i;
            y[o * step_y + i] = gamma[c] * ((x[o * step_x + i] - mean) * rstd) + beta[c];
        }
    a->mean[n * a->G + k] = mean;
    a->rstd[n * a->G + k] = rstd;
}

static void run(const void *args)
{
    const struct bm_group_norm *a = args;
    const size_t groups = a->N * a->G;
#pragma omp parallel for schedule(static) num_threads(norm_group_threads(a, NORM_LOOP_SMALL))
    for (size_t i = 0; i < groups; i++)
        if (a->layout == BM_CHANNELS_FIRST)
            group(a, i / a->G, i % a->G, true);
        else
            group(a, i / a->G, i % a->G, false);
}

BM_KERNEL(.idea = "the textbook loops, sums in double, vectorisation off; groups shared",
          .source = "Wu & He, \"Group Normalization\", ECCV 2018",
          .loses = "always, to the vector kernels: it is the yardstick; one thread works below 16,384 elements",
          .run = run);
