/* SPDX-License-Identifier: MIT */
/*
 * relu_backward_autovec - the activation's gradient by the plain loop, left to the compiler.
 *     dx = x > 0 ? dy : slope * dy.
 *
 * Source:  Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop.
 * Shapes:  all; dx may be dy.
 * Traffic: 8 B read and 4 B written an element.
 * Idea:    one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises what it can.
 * Error:   dy and ReLU's zero are exact, slope * dy is rounded once.
 * Tail:    the compiler's.
 * Loses:   to wider vectors.
 */
#include "kernel.h"
#include "training.h"
#include "bn_act.h"

static void run(const void *args)
{
    const struct bm_relu *a = args;
    const float slope = a->slope;
    const bool dense = a->ldx == a->C && a->lddy == a->C && a->lddx == a->C; /* then all rows are one */
    const size_t rows = dense ? 1 : a->N, cols = dense ? a->N * a->C : a->C;
    for (size_t n = 0; n < rows; n++) {
        const float *x = a->x + n * a->ldx, *dy = a->dy + n * a->lddy;
        float *dx = a->dx + n * a->lddx;
        for (size_t c = 0; c < cols; c++)
            dx[c] = bn_act_grad(dy[c], x[c], slope);
    }
}

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises "
                  "what it can",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "to wider vectors",
          .run = run);
