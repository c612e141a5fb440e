/* SPDX-License-Identifier: MIT */
/*
 * dropout_avx2_omp - dropout in AVX2 vectors of 8 floats, on several threads.
 *     y = x / (1 - rate) where an element is kept, 0 elsewhere.
 *
 * Source:  Srivastava et al., JMLR 15, 2014; the numbers: Appleby, MurmurHash3, 2011.
 * Shapes:  all; y may be x.
 * Traffic: 4 B read and 4 B written an element; no mask is kept, since the backward pass draws the same numbers.
 * Idea:    the element's number is hashed to a number from 0 to 2^32, which decides; 8 lanes; elements shared in blocks
 *          of 64.
 * Error:   rounded twice: dropout.c. The same bits for every number of threads.
 * Tail:    one masked vector.
 * Loses:   below 65536 elements, where it runs on one thread.
 */
#include "kernel.h"
#include "training.h"
#include "simd_dropout.h"
#include "team.h"

/* Below this many elements one thread does it all: a team takes 1 to 2 us to wake. Threads take blocks of 256 bytes: no
 * two write one cache line but at a block's ends. */
enum { SMALL = 65536, BLOCK = 64 };

/* Elements begin to end - 1 of row n. */
static __attribute__((noinline)) void drop(const struct bm_dropout *a, size_t n, size_t begin, size_t end)
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

/* Elements [begin, end) of the matrix, row after row. */
static void drop_range(const struct bm_dropout *a, size_t begin, size_t end)
{
    for (size_t i = begin, next; i < end; i = next) {
        const size_t n = i / a->C, c = i % a->C, left = a->C - c;
        next = end - i < left ? end : i + left;
        drop(a, n, c, c + (next - i));
    }
}

static void run(const void *args)
{
    const struct bm_dropout *a = args;
    const size_t elements = a->N * a->C;
    if (a->threads <= 1 || elements < SMALL) {
        drop_range(a, 0, elements);
        return;
    }
#pragma omp parallel num_threads(a->threads)
    {
        const struct bm_range mine = bm_share(elements, BLOCK, omp_get_thread_num(), omp_get_num_threads());
        drop_range(a, mine.begin, mine.end);
    }
}

BM_KERNEL(.idea = "the element's number is hashed to a number from 0 to 2^32, which decides; 8 lanes; elements shared "
                  "in blocks of 64",
          .source = "Srivastava et al., JMLR 15, 2014; the numbers: Appleby, MurmurHash3, 2011",
          .loses = "below 65536 elements, where it runs on one thread",
          .run = run);
