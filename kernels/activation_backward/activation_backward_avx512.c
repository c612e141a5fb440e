/* SPDX-License-Identifier: MIT */
/*
 * activation_backward_avx512 - the gradient of sigmoid or tanh in AVX-512 vectors of 16 floats.
 *     dx = dy y (1 - y) of y = sigmoid x, or dx = dy (1 - y) (1 + y) of y = tanh x.
 *
 * Source:  Rumelhart, Hinton & Williams, Nature 323, 1986.
 * Shapes:  all; dx may be dy.
 * Traffic: 8 B read and 4 B written an element.
 * Idea:    two products an element, without x: y is what the forward pass left, 16 lanes.
 * Error:   kernels/activation_backward/activation_backward.c.
 * Tail:    one masked vector.
 * Loses:   as a pass of its own, which ReLU in a product saves.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"

static void sigmoid_of(const float *y, const float *dy, float *dx, size_t n)
{
    const vf one = vf_set1(1);
    size_t i = 0;
    for (; n - i >= VF; i += VF) {
        const vf v = vf_load(y + i);
        vf_store(dx + i, vf_mul(vf_load(dy + i), vf_mul(v, vf_sub(one, v))));
    }
    if (i < n) {
        const vmask rest = vf_first(n - i);
        const vf v = vf_load_first(y + i, rest);
        vf_store_first(dx + i, rest, vf_mul(vf_load_first(dy + i, rest), vf_mul(v, vf_sub(one, v))));
    }
}

static void tanh_of(const float *y, const float *dy, float *dx, size_t n)
{
    const vf one = vf_set1(1);
    size_t i = 0;
    for (; n - i >= VF; i += VF) {
        const vf v = vf_load(y + i);
        vf_store(dx + i, vf_mul(vf_load(dy + i), vf_mul(vf_sub(one, v), vf_add(one, v))));
    }
    if (i < n) {
        const vmask rest = vf_first(n - i);
        const vf v = vf_load_first(y + i, rest);
        vf_store_first(dx + i, rest, vf_mul(vf_load_first(dy + i, rest), vf_mul(vf_sub(one, v), vf_add(one, v))));
    }
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

BM_KERNEL(.idea = "two products an element, without x: y is what the forward pass left, 16 lanes",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986",
          .loses = "as a pass of its own, which ReLU in a product saves",
          .run = run);
