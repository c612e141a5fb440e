/* SPDX-License-Identifier: MIT */
/*
 * rms_norm_forward_autovec - RMS normalisation by plain loops, left to the compiler.
 *
 * Maths and shapes: norm.h. Traffic: 4 B read and 4 B written an element; a row that leaves L1 is read twice. Error:
 * common/norm_oracle.h; sums are in double. Tail: the compiler's. Idea, source and when it loses: below.
 */
#include <math.h>

#include "kernel.h"
#include "norm.h"

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
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

BM_KERNEL(.idea = "two loops a row: squares, result; sums in double; the compiler vectorises what it may",
          .source = "Zhang & Sennrich, \"Root Mean Square Layer Normalization\", NeurIPS 2019",
          .loses = "to the vector kernels: a sum in a fixed order of terms is no vector, so only the last loop is one",
          .run = run);
