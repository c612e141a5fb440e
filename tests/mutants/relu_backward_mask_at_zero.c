/* SPDX-License-Identifier: MIT */
/*
 * relu_backward_mask_at_zero - relu_backward that lets 0 through.
 *
 * Defect: the mask is x >= 0, so dy passes where x is 0.
 * Caught by: the exact fill, whose integers have zeros; no other has one.
 */
#include "bn_act.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_relu *a = args;
    for (size_t n = 0; n < a->N; n++)
        for (size_t c = 0; c < a->C; c++) {
            const float d = a->dy[n * a->lddy + c];
            a->dx[n * a->lddx + c] = a->x[n * a->ldx + c] >= 0 ? d : bn_act_grad(d, -1, a->slope);
        }
}

BM_MUTANT(.run = run);
