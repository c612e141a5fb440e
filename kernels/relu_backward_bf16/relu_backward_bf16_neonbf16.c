/* SPDX-License-Identifier: MIT */
/*
 * relu_backward_bf16_neonbf16 - the activation's gradient in bf16 in NEON vectors of 4 elements.
 *     dx = x > 0 ? dy : slope * dy.
 *
 * Source:  Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop.
 * Shapes:  all; dx may be dy.
 * Traffic: 4 B read and 2 B written an element.
 * Idea:    the sign of x as a mask on dy, 4 lanes.
 * Error:   dy and ReLU's zero are exact, slope * dy is rounded to f32 and to bf16.
 * Tail:    one vector, lane by lane.
 * Loses:   as a pass of its own: fused into bn_relu_backward_bf16 it costs nothing.
 */
#include "kernel.h"
#include "simd_bf16.h"
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
        size_t c = 0;
        for (; cols - c >= VF; c += VF)
            vf_store_bf16(dx + c, vf_act_grad(vf_load_bf16(dy + c), vf_load_bf16(x + c), slope));
        if (c < cols) {
            const vmask rest = vf_first(cols - c);
            vf_store_first_bf16(dx + c, rest,
                                vf_act_grad(vf_load_first_bf16(dy + c, rest), vf_load_first_bf16(x + c, rest), slope));
        }
    }
}

BM_KERNEL(.idea = "the sign of x as a mask on dy, 4 lanes",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "as a pass of its own: fused into bn_relu_backward_bf16 it costs nothing",
          .run = run);
