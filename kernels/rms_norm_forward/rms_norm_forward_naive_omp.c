/* SPDX-License-Identifier: MIT */
/*
 * rms_norm_forward_naive_omp - RMS normalisation by plain loops, vectorisation off, on several threads.
 *
 * Maths and shapes: norm.h. Traffic: 4 B read and 4 B written an element; a row that leaves L1 is read twice. Error:
 * common/norm_oracle.h; sums are in double. Tail: none. The same bits for any number of threads: a row is one's. Idea,
 * source and when it loses: below.
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

        double squares = 0;
        for (size_t c = 0; c < a->C; c++)
            squares += (double)x[c] * x[c];
        const float rstd = 1 / sqrtf((float)(squares / (double)a->C) + a->eps);

        for (size_t c = 0; c < a->C; c++)
            y[c] = a->gamma[c] * (x[c] * rstd);
        a->rstd[n] = rstd;
    }
}

BM_KERNEL(.idea = "two loops a row: squares, result; sums in double; vectorisation off; rows shared",
          .source = "Zhang & Sennrich, \"Root Mean Square Layer Normalization\", NeurIPS 2019",
          .loses = "always, to the vector kernels: it is the yardstick", .run = run);
