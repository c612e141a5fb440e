/* SPDX-License-Identifier: MIT */
/*
 * relu_backward_bf16_naive - the activation's gradient in bf16 by the plain loop, vectorisation off.
 *     dx = x > 0 ? dy : slope * dy.
 *
 * Source:  Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop.
 * Shapes:  all; dx may be dy.
 * Traffic: 4 B read and 2 B written an element.
 * Idea:    one loop over each row, or over the whole matrix where rows are dense; vectorisation off.
 * Error:   dy and ReLU's zero are exact, slope * dy is rounded to f32 and to bf16.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "bf16.h"
#include "bn_act.h"
#include "kernel.h"
#include "training_bf16.h"

static void run(const void *args)
{
    const struct bm_relu_bf16 *a = args;
    const float slope = a->slope;
    const bool dense = a->ldx == a->C && a->lddy == a->C && a->lddx == a->C; /* then all rows are one */
    const size_t rows = dense ? 1 : a->N, cols = dense ? a->N * a->C : a->C;
    for (size_t n = 0; n < rows; n++) {
        const uint16_t *x = a->x + n * a->ldx, *dy = a->dy + n * a->lddy;
        uint16_t *dx = a->dx + n * a->lddx;
        for (size_t c = 0; c < cols; c++)
            dx[c] = bm_bf16_round(bn_act_grad(bm_bf16_value(dy[c]), bm_bf16_value(x[c]), slope));
    }
}

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; vectorisation off",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
