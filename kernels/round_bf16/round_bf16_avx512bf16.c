/* SPDX-License-Identifier: MIT */
/*
 * round_bf16_avx512bf16 - f32 to bf16 in AVX-512 vectors of 16 elements.
 *     y = x, rounded to the nearest bf16, ties to even.
 *
 * Source:  Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019.
 * Shapes:  all.
 * Traffic: 4 B read and 2 B written an element.
 * Idea:    an instruction that rounds, 16 lanes.
 * Error:   one rounding, 2^-8 |x| at most; exact where x is a bf16; below 2^-126 it may be zero.
 * Tail:    one masked vector.
 * Loses:   as a pass of its own: a product or BN with a result in bf16 rounds for nothing.
 */
#include "kernel.h"
#include "simd_bf16.h"
#include "training_bf16.h"

static void run(const void *args)
{
    const struct bm_round_bf16 *a = args;
    const bool dense = a->ldx == a->C && a->ldy == a->C; /* then all rows are one */
    const size_t rows = dense ? 1 : a->N, cols = dense ? a->N * a->C : a->C;
    for (size_t n = 0; n < rows; n++) {
        const float *x = a->x + n * a->ldx;
        uint16_t *y = a->y + n * a->ldy;
        size_t c = 0;
        for (; cols - c >= VF; c += VF)
            vf_store_bf16(y + c, vf_load(x + c));
        if (c < cols) {
            const vmask rest = vf_first(cols - c);
            vf_store_first_bf16(y + c, rest, vf_load_first(x + c, rest));
        }
    }
}

BM_KERNEL(.idea = "an instruction that rounds, 16 lanes",
          .source = "Kalamkar et al., A Study of BFLOAT16 for Deep Learning Training, 2019",
          .loses = "as a pass of its own: a product or BN with a result in bf16 rounds for nothing",
          .run = run);
