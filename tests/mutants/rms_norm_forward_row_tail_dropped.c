/* SPDX-License-Identifier: MIT */
/*
 * rms_norm_forward_row_tail_dropped - rms_norm_forward whose sums leave out the last element of odd rows.
 *
 * Defect: the squares are summed in pairs, and the one that is left over is forgotten; it counts in C.
 * Caught by: rstd and y wherever C is odd.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    for (size_t n = 0; n < a->N; n++) {
        const float *x = a->x + n * a->ldx;
        double squares = 0;
        for (size_t c = 0; c + 1 < a->C; c += 2)
            squares += (double)x[c] * x[c] + (double)x[c + 1] * x[c + 1];
        a->rstd[n] = 1 / sqrtf((float)(squares / (double)a->C) + a->eps);
        for (size_t c = 0; c < a->C; c++)
            a->y[n * a->ldy + c] = a->gamma[c] * (x[c] * a->rstd[n]);
    }
}

BM_MUTANT(.run = run);
