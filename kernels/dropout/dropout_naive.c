/* SPDX-License-Identifier: MIT */
/*
 * dropout_naive - dropout by the plain loop, vectorisation off.
 *     y = x / (1 - rate) where an element is kept, 0 elsewhere.
 *
 * Source:  Srivastava et al., JMLR 15, 2014; the numbers: Appleby, MurmurHash3, 2011.
 * Shapes:  all; y may be x.
 * Traffic: 4 B read and 4 B written an element; no mask is kept, since the backward pass draws the same numbers.
 * Idea:    the element's number is hashed, in one loop; vectorisation off.
 * Error:   rounded twice: dropout.c.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "kernel.h"
#include "training.h"
#include "dropout_mask.h"

/* Elements begin to end - 1 of row n. */
static void drop(const struct bm_dropout *a, size_t n, size_t begin, size_t end)
{
    const uint32_t number = bm_dropout_number(a, n), least = bm_dropout_least(a->rate);
    const float *x = a->x + n * a->ldx, scale = 1 / (1 - a->rate);
    float *y = a->y + n * a->ldy;
    for (size_t c = begin; c < end; c++)
        y[c] = bm_dropout_draw(number + (uint32_t)c, a->key) >= least ? scale * x[c] : 0;
}

static void run(const void *args)
{
    const struct bm_dropout *a = args;
    for (size_t n = 0; n < a->N; n++)
        drop(a, n, 0, a->C);
}

BM_KERNEL(.idea = "the element's number is hashed, in one loop; vectorisation off",
          .source = "Srivastava et al., JMLR 15, 2014; the numbers: Appleby, MurmurHash3, 2011",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
