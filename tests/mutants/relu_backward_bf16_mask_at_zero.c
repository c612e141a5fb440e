/* SPDX-License-Identifier: MIT */
/*
 * relu_backward_bf16_mask_at_zero - relu_backward_bf16 that lets the gradient pass where x is 0.
 *
 * Defect: the sign bit of x decides, which 0 has not set: x >= 0 instead of x > 0.
 * Caught by: the exact fill, whose integers are 0 now and then.
 */
#include "bf16.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_relu_bf16 *a = args;
    for (size_t n = 0; n < a->N; n++)
        for (size_t c = 0; c < a->C; c++) {
            const float dy = bm_bf16_value(a->dy[n * a->lddy + c]);
            const float scaled = a->slope == 0 ? 0 : a->slope * dy;
            a->dx[n * a->lddx + c] = bm_bf16_round(bm_bf16_value(a->x[n * a->ldx + c]) >= 0 ? dy : scaled);
        }
}

BM_MUTANT(.run = run);
