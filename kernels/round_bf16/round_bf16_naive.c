/* SPDX-License-Identifier: MIT */
/*
 * round_bf16_naive - f32 to bf16 by the plain loop, vectorisation off.
 *     y = x, rounded to the nearest bf16, ties to even.
 *
 * Source:  Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019.
 * Shapes:  all.
 * Traffic: 4 B read and 2 B written an element.
 * Idea:    one loop over each row, or over the whole matrix where rows are dense; vectorisation off.
 * Error:   one rounding, 2^-8 |x| at most; exact where x is a bf16.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "bf16.h"
#include "kernel.h"
#include "training_bf16.h"

static void run(const void *args)
{
    const struct bm_round_bf16 *a = args;
    const bool dense = a->ldx == a->C && a->ldy == a->C; /* then all rows are one */
    const size_t rows = dense ? 1 : a->N, cols = dense ? a->N * a->C : a->C;
    for (size_t n = 0; n < rows; n++) {
        const float *x = a->x + n * a->ldx;
        uint16_t *y = a->y + n * a->ldy;
        for (size_t c = 0; c < cols; c++)
            y[c] = bm_bf16_round(x[c]);
    }
}

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; vectorisation off",
          .source = "Kalamkar et al., A Study of BFLOAT16 for Deep Learning Training, 2019",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
