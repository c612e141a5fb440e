/* SPDX-License-Identifier: MIT */
/*
 * relu_forward_neon - the activation in NEON vectors of 4 floats.
 *     y = x > 0 ? x : slope * x.
 *
 * Source:  Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop.
 * Shapes:  all; y may be x.
 * Traffic: 4 B read and 4 B written an element.
 * Idea:    max with zero, or a blend with the product where there is a slope, 4 lanes.
 * Error:   a positive x and ReLU's zero are exact, slope * x is rounded once.
 * Tail:    one vector, lane by lane.
 * Loses:   as a pass of its own: fused into bn or a gemm it costs nothing.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"

static void run(const void *args)
{
    const struct bm_relu *a = args;
    const float slope = a->slope;
    const bool dense = a->ldx == a->C && a->ldy == a->C; /* then all rows are one */
    const size_t rows = dense ? 1 : a->N, cols = dense ? a->N * a->C : a->C;
    for (size_t n = 0; n < rows; n++) {
        const float *x = a->x + n * a->ldx;
        float *y = a->y + n * a->ldy;
        size_t c = 0;
        for (; cols - c >= VF; c += VF)
            vf_store(y + c, vf_act(vf_load(x + c), slope));
        if (c < cols) {
            const vmask rest = vf_first(cols - c);
            vf_store_first(y + c, rest, vf_act(vf_load_first(x + c, rest), slope));
        }
    }
}

BM_KERNEL(.idea = "max with zero, or a blend with the product where there is a slope, 4 lanes",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "as a pass of its own: fused into bn or a gemm it costs nothing",
          .run = run);
