/* SPDX-License-Identifier: MIT */
/*
 * dropout_avx2 - dropout in AVX2 vectors of 8 floats.
 *     y = x / (1 - rate) where an element is kept, 0 elsewhere.
 *
 * Source:  Srivastava et al., JMLR 15, 2014; the numbers: Appleby, MurmurHash3, 2011.
 * Shapes:  all; y may be x.
 * Traffic: 4 B read and 4 B written an element; no mask is kept, since the backward pass draws the same numbers.
 * Idea:    the element's number is hashed to a number from 0 to 2^32, which decides; 8 lanes.
 * Error:   rounded twice: dropout.c.
 * Tail:    one masked vector.
 * Loses:   to nothing that draws as many numbers.
 */
#include "kernel.h"
#include "training.h"
#include "simd_dropout.h"

/* Elements begin to end - 1 of row n. */
static void drop(const struct bm_dropout *a, size_t n, size_t begin, size_t end)
{
    const uint32_t number = bm_dropout_number(a, n), least = bm_dropout_least(a->rate);
    const float *x = a->x + n * a->ldx;
    float *y = a->y + n * a->ldy;
    const vf scale = vf_set1(1 / (1 - a->rate));
    size_t c = begin;
    for (; end - c >= VF; c += VF)
        vf_store(y + c, vf_keep(vf_drawn(number + (uint32_t)c, a->key, least), vf_mul(scale, vf_load(x + c))));
    if (c < end) {
        const vmask rest = vf_first(end - c);
        vf_store_first(y + c, rest,
                       vf_keep(vf_drawn(number + (uint32_t)c, a->key, least), vf_mul(scale, vf_load_first(x + c, rest))));
    }
}

static void run(const void *args)
{
    const struct bm_dropout *a = args;
    for (size_t n = 0; n < a->N; n++)
        drop(a, n, 0, a->C);
}

BM_KERNEL(.idea = "the element's number is hashed to a number from 0 to 2^32, which decides; 8 lanes",
          .source = "Srivastava et al., JMLR 15, 2014; the numbers: Appleby, MurmurHash3, 2011",
          .loses = "to nothing that draws as many numbers",
          .run = run);
