/* SPDX-License-Identifier: MIT */
/*
 * activation_backward_of_input - the gradient of sigmoid that takes y for x.
 *
 * Defect: it applies sigmoid once more.
 * Caught by: every fill.
 */
#include "activation.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_activation *a = args;
    for (size_t n = 0; n < a->N; n++)
        for (size_t c = 0; c < a->C; c++) {
            const float y = a->y[n * a->ldy + c], d = a->dy[n * a->lddy + c];
            a->dx[n * a->lddx + c] = a->act == BM_SIGMOID ? bm_sigmoid_grad(d, bm_sigmoid(y)) : bm_tanh_grad(d, y);
        }
}

BM_MUTANT(.run = run);
