/* SPDX-License-Identifier: MIT */
/*
 * relu_backward_sve - the activation's gradient in SVE vectors of any length.
 *     dx = x > 0 ? dy : slope * dy.
 *
 * Source:  Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop.
 * Shapes:  all; dx may be dy.
 * Traffic: 8 B read and 4 B written an element.
 * Idea:    the sign of x as a mask on dy, as many lanes as there are.
 * Error:   dy and ReLU's zero are exact, slope * dy is rounded once.
 * Tail:    one vector with a predicate.
 * Loses:   as a pass of its own: fused into bn_relu_backward it costs nothing.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"

static void run(const void *args)
{
    const struct bm_relu *a = args;
    const float slope = a->slope;
    const bool dense = a->ldx == a->C && a->lddy == a->C && a->lddx == a->C; /* then all rows are one */
    const size_t rows = dense ? 1 : a->N, cols = dense ? a->N * a->C : a->C;
    for (size_t n = 0; n < rows; n++) {
        const float *x = a->x + n * a->ldx, *dy = a->dy + n * a->lddy;
        float *dx = a->dx + n * a->lddx;
        size_t c = 0;
        for (; cols - c >= VF; c += VF)
            vf_store(dx + c, vf_act_grad(vf_load(dy + c), vf_load(x + c), slope));
        if (c < cols) {
            const vmask rest = vf_first(cols - c);
            vf_store_first(dx + c, rest, vf_act_grad(vf_load_first(dy + c, rest), vf_load_first(x + c, rest), slope));
        }
    }
}

BM_KERNEL(.idea = "the sign of x as a mask on dy, as many lanes as there are",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "as a pass of its own: fused into bn_relu_backward it costs nothing",
          .run = run);
