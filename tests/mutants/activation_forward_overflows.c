/* SPDX-License-Identifier: MIT */
/*
 * activation_forward_overflows - tanh by e^2x, which is infinite for large x.
 *
 * Defect: (e^2x - 1) / (e^2x + 1) is Inf / Inf there.
 * Caught by: the exact fill, whose x is 1000, and those with large elements.
 */
#include <math.h>

#include "activation.h"
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_activation *a = args;
    for (size_t n = 0; n < a->N; n++)
        for (size_t c = 0; c < a->C; c++) {
            const float x = a->x[n * a->ldx + c], e = expf(2 * x);
            a->y[n * a->ldy + c] = a->act == BM_SIGMOID ? bm_sigmoid(x) : fabsf(x) < 0.5f ? tanhf(x) : (e - 1) / (e + 1);
        }
}

BM_MUTANT(.run = run);
