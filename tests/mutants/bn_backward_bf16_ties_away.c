/* SPDX-License-Identifier: MIT */
/*
 * bn_backward_bf16_ties_away - bn_backward_bf16 that rounds what lies in the middle away from zero.
 *
 * Defect: half a step is added and the rest cut off, so that ties do not go to even.
 * Caught by: dx in the exact fill, where ties are exact.
 */
#include "bf16.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_bn_bf16 *b = args;
    const size_t S = b->layout == BM_CHANNELS_LAST ? 1 : b->S;
    const float inverse = (float)(1 / ((double)b->N * (double)S));
    for (size_t c = 0; c < b->C; c++) {
        double sum_d = 0, sum_dxhat = 0;
        for (size_t n = 0; n < b->N; n++)
            for (size_t s = 0; s < S; s++) {
                const float d = bm_bf16_value(b->dy[n * b->lddy + c * S + s]);
                sum_d += d;
                sum_dxhat += (double)d * ((bm_bf16_value(b->x[n * b->ldx + c * S + s]) - b->mean[c]) * b->rstd[c]);
            }
        b->dbeta[c] = (float)sum_d;
        b->dgamma[c] = (float)sum_dxhat;
        for (size_t n = 0; n < b->N; n++)
            for (size_t s = 0; s < S; s++) {
                const float xhat = (bm_bf16_value(b->x[n * b->ldx + c * S + s]) - b->mean[c]) * b->rstd[c];
                const float d = bm_bf16_value(b->dy[n * b->lddy + c * S + s]);
                const float dx = b->gamma[c] * b->rstd[c] * (d - b->dbeta[c] * inverse - xhat * (b->dgamma[c] * inverse));
                uint32_t bits;
                memcpy(&bits, &dx, sizeof bits);
                b->dx[n * b->lddx + c * S + s] = isnan(dx) ? bm_bf16_round(dx) : (uint16_t)((bits + 0x8000) >> 16);
            }
    }
}

BM_MUTANT_OF(bn_backward_bf16_naive);
