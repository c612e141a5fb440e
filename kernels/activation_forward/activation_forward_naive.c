/* SPDX-License-Identifier: MIT */
/*
 * activation_forward_naive - sigmoid or tanh by the plain loop, vectorisation off.
 *     y = 1 / (1 + e^-x), or y = tanh x.
 *
 * Source:  Rumelhart, Hinton & Williams, Nature 323, 1986; exp: Cody & Waite 1980, tanh: Moshier's Cephes (simd_math.h).
 * Shapes:  all; y may be x.
 * Traffic: 4 B read and 4 B written an element.
 * Idea:    one loop over each row, or over the whole matrix where rows are dense; vectorisation off; libm's expf and
 *          tanhf.
 * Error:   kernels/activation_forward/activation_forward.c.
 * Tail:    none.
 * Loses:   always, to the vector kernels: it is the yardstick.
 */
#include "kernel.h"
#include "training.h"
#include "activation.h"

static void sigmoid_of(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = bm_sigmoid(x[i]);
}

static void tanh_of(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = tanhf(x[i]);
}

static void run(const void *args)
{
    const struct bm_activation *a = args;
    const bool dense = a->ldx == a->C && a->ldy == a->C; /* then all rows are one */
    const size_t rows = dense ? 1 : a->N, cols = dense ? a->N * a->C : a->C;
    for (size_t n = 0; n < rows; n++)
        if (a->act == BM_SIGMOID)
            sigmoid_of(a->x + n * a->ldx, a->y + n * a->ldy, cols);
        else
            tanh_of(a->x + n * a->ldx, a->y + n * a->ldy, cols);
}

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; vectorisation off; libm's "
                  "expf and tanhf",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986; exp: Cody & Waite 1980, tanh: Moshier's Cephes "
                    "(simd_math.h)",
          .loses = "always, to the vector kernels: it is the yardstick",
          .run = run);
