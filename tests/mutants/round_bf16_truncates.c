/* SPDX-License-Identifier: MIT */
/*
 * round_bf16_truncates - round_bf16 that keeps the upper half of x as it is.
 *
 * Defect: y is rounded towards zero instead of to nearest.
 * Caught by: every fill: half of the elements are a step of the last place off.
 */
#include "bf16.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_round_bf16 *a = args;
    for (size_t n = 0; n < a->N; n++)
        for (size_t c = 0; c < a->C; c++) {
            const float x = a->x[n * a->ldx + c];
            uint32_t bits;
            memcpy(&bits, &x, sizeof bits);
            a->y[n * a->ldy + c] = isnan(x) ? bm_bf16_round(x) : (uint16_t)(bits >> 16);
        }
}

BM_MUTANT(.run = run);
