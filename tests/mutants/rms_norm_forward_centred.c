/* SPDX-License-Identifier: MIT */
/*
 * rms_norm_forward_centred - rms_norm_forward that subtracts the mean.
 *
 * Defect: it is layer normalisation without beta.
 * Caught by: rstd and y wherever a row's mean is not 0.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    for (size_t n = 0; n < a->N; n++) {
        const float *x = a->x + n * a->ldx;
        double sum = 0, squares = 0;
        for (size_t c = 0; c < a->C; c++)
            sum += x[c];
        const float mean = (float)(sum / (double)a->C);
        for (size_t c = 0; c < a->C; c++)
            squares += ((double)x[c] - mean) * ((double)x[c] - mean);
        a->rstd[n] = 1 / sqrtf((float)(squares / (double)a->C) + a->eps);
        for (size_t c = 0; c < a->C; c++)
            a->y[n * a->ldy + c] = a->gamma[c] * ((x[c] - mean) * a->rstd[n]);
    }
}

BM_MUTANT(.run = run);
