/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_forward_naive_omp - layer normalisation by plain loops, vectorisation off, on several threads.
 *
 * Maths and shapes: norm.h. Traffic: 4 B read and 4 B written an element; a row that leaves L1 is read three times.
 * Error: common/norm_oracle.h; sums are in double. Tail: none. The same bits for any number of
 * threads: a row is one's. Idea, source and when it loses: below.
 */
#include <math.h>

#include "norm_threads.h"

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
#pragma omp parallel for schedule(static) num_threads(norm_threads(a, NORM_LOOP_SMALL))
    for (size_t n = 0; n < a->N; n++) {
        const float *x = a->x + n * a->ldx;
        float *y = a->y + n * a->ldy;

        double sum = 0;
        for (size_t c = 0; c < a->C; c++)
            sum += x[c];
        const float mean = (float)(sum / (double)a->C);

        double squares = 0;
        for (size_t c = 0; c < a->C; c++) {
            const double d = x[c] - mean;
            squares += d * d;
        }
        const float rstd = 1 / sqrtf((float)(squares / (double)a->C) + a->eps);

        for (size_t c = 0; c < a->C; c++)
            y[c] = a->gamma[c] * ((x[c] - mean) * rstd) + a->beta[c];
        a->mean[n] = mean;
        a->rstd[n] = rstd;
    }
}

BM_KERNEL(.idea = "three loops a row: mean, variance, result; sums in double; vectorisation off; rows shared",
          .source = "Ba, Kiros & Hinton, \"Layer Normalization\", 2016",
          .loses = "always, to the vector kernels; below 16,384 elements it runs on one thread", .run = run);
