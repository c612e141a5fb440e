/* SPDX-License-Identifier: MIT */
/*
 * activation_forward_avx512 - sigmoid or tanh in AVX-512 vectors of 16 floats.
 *     y = 1 / (1 + e^-x), or y = tanh x.
 *
 * Source:  Rumelhart, Hinton & Williams, Nature 323, 1986; exp: Cody & Waite 1980, tanh: Moshier's Cephes (simd_math.h).
 * Shapes:  all; y may be x.
 * Traffic: 4 B read and 4 B written an element.
 * Idea:    e^-|x| by a polynomial, which cannot overflow, and a division; tanh by a polynomial near 0, 16 lanes.
 * Error:   kernels/activation_forward/activation_forward.c.
 * Tail:    one masked vector.
 * Loses:   as a pass of its own, which ReLU in a product saves.
 */
#include "kernel.h"
#include "training.h"
#include "simd_math.h"

static void sigmoid_of(const float *x, float *y, size_t n)
{
    size_t i = 0;
    for (; n - i >= VF; i += VF)
        vf_store(y + i, vf_sigmoid(vf_load(x + i)));
    if (i < n) {
        const vmask rest = vf_first(n - i);
        vf_store_first(y + i, rest, vf_sigmoid(vf_load_first(x + i, rest)));
    }
}

static void tanh_of(const float *x, float *y, size_t n)
{
    size_t i = 0;
    for (; n - i >= VF; i += VF)
        vf_store(y + i, vf_tanh(vf_load(x + i)));
    if (i < n) {
        const vmask rest = vf_first(n - i);
        vf_store_first(y + i, rest, vf_tanh(vf_load_first(x + i, rest)));
    }
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

BM_KERNEL(.idea = "e^-|x| by a polynomial, which cannot overflow, and a division; tanh by a polynomial near 0, 16 "
                  "lanes",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986; exp: Cody & Waite 1980, tanh: Moshier's Cephes "
                    "(simd_math.h)",
          .loses = "as a pass of its own, which ReLU in a product saves",
          .run = run);
