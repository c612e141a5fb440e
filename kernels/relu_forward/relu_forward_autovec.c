/* SPDX-License-Identifier: MIT */
/*
 * relu_forward_autovec - the activation by the plain loop, left to the compiler.
 *     y = x > 0 ? x : slope * x.
 *
 * Source:  Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop.
 * Shapes:  all; y may be x.
 * Traffic: 4 B read and 4 B written an element.
 * Idea:    one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises what it can.
 * Error:   a positive x and ReLU's zero are exact, slope * x is rounded once.
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
    const bool dense = a->ldx == a->C && a->ldy == a->C; /* then all rows are one */
    const size_t rows = dense ? 1 : a->N, cols = dense ? a->N * a->C : a->C;
    for (size_t n = 0; n < rows; n++) {
        const float *x = a->x + n * a->ldx;
        float *y = a->y + n * a->ldy;
        for (size_t c = 0; c < cols; c++)
            y[c] = bn_act(x[c], slope);
    }
}

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises "
                  "what it can",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "to wider vectors",
          .run = run);
