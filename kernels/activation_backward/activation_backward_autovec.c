/* SPDX-License-Identifier: MIT */
/*
 * activation_backward_autovec - the gradient of sigmoid or tanh by the plain loop, left to the compiler.
 *     dx = dy y (1 - y) of y = sigmoid x, or dx = dy (1 - y) (1 + y) of y = tanh x.
 *
 * Source:  Rumelhart, Hinton & Williams, Nature 323, 1986.
 * Shapes:  all; dx may be dy.
 * Traffic: 8 B read and 4 B written an element.
 * Idea:    one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises what it can.
 * Error:   kernels/activation_backward/activation_backward.c.
 * Tail:    the compiler's.
 * Loses:   to wider vectors.
 */
#include "kernel.h"
#include "training.h"
#include "activation.h"

static void sigmoid_of(const float *y, const float *dy, float *dx, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = bm_sigmoid_grad(dy[i], y[i]);
}

static void tanh_of(const float *y, const float *dy, float *dx, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = bm_tanh_grad(dy[i], y[i]);
}

static void run(const void *args)
{
    const struct bm_activation *a = args;
    const bool dense = a->ldy == a->C && a->lddy == a->C && a->lddx == a->C; /* then all rows are one */
    const size_t rows = dense ? 1 : a->N, cols = dense ? a->N * a->C : a->C;
    for (size_t n = 0; n < rows; n++)
        if (a->act == BM_SIGMOID)
            sigmoid_of(a->y + n * a->ldy, a->dy + n * a->lddy, a->dx + n * a->lddx, cols);
        else
            tanh_of(a->y + n * a->ldy, a->dy + n * a->lddy, a->dx + n * a->lddx, cols);
}

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises "
                  "what it can",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986",
          .loses = "to wider vectors",
          .run = run);
