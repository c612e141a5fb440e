/* SPDX-License-Identifier: MIT */
/*
 * round_bf16_ties_away - round_bf16 that rounds what lies in the middle away from zero.
 *
 * Defect: half a step is added and the rest cut off, so that ties do not go to even.
 * Caught by: the exact fill, whose integers beyond 256 have ties.
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
            a->y[n * a->ldy + c] = isfinite(x) ? (uint16_t)((bits + 0x8000) >> 16) : bm_bf16_round(x);
        }
}

BM_MUTANT(.run = run);
