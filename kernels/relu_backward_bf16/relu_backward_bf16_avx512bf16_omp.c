/* SPDX-License-Identifier: MIT */
/*
 * relu_backward_bf16_avx512bf16_omp - the activation's gradient in bf16 in AVX-512 vectors of 16 elements, on several threads.
 *     dx = x > 0 ? dy : slope * dy.
 *
 * Source:  Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop.
 * Shapes:  all; dx may be dy.
 * Traffic: 4 B read and 2 B written an element.
 * Idea:    the sign of x as a mask on dy, 16 lanes; elements shared in blocks of 64.
 * Error:   dy and ReLU's zero are exact, slope * dy is rounded to f32 and to bf16. The same bits for every number of
 *          threads.
 * Tail:    one masked vector.
 * Loses:   below 65536 elements, where it runs on one thread.
 */
#include "kernel.h"
#include "simd_bf16.h"
#include "team.h"
#include "training_bf16.h"

/* Below this many elements one thread does it all: a team takes 1 to 2 us to wake, and AVX-512 some 5 us to be done.
 * Threads take blocks of 128 bytes of bf16: no two write one cache line but at a block's ends. */
enum { SMALL = 65536, BLOCK = 64 };

/* Elements [begin, end) of the matrix, row after row. Not inlined: one copy of the code serves every team, so that not
 * even a NaN's sign depends on it. */
static __attribute__((noinline)) void gradient(const struct bm_relu_bf16 *a, size_t begin, size_t end)
{
    if (begin == end)
        return;
    const float slope = a->slope;
    const bool dense = a->ldx == a->C && a->lddy == a->C && a->lddx == a->C; /* then all rows are one */
    const size_t cols = dense ? a->N * a->C : a->C;
    size_t row = begin / cols, col = begin % cols;
    for (size_t left = end - begin, n; left; left -= n, row++, col = 0) {
        n = left < cols - col ? left : cols - col;
        const uint16_t *x = a->x + row * a->ldx + col, *dy = a->dy + row * a->lddy + col;
        uint16_t *dx = a->dx + row * a->lddx + col;
        size_t i = 0;
        for (; n - i >= VF; i += VF)
            vf_store_bf16(dx + i, vf_act_grad(vf_load_bf16(dy + i), vf_load_bf16(x + i), slope));
        if (i < n) {
            const vmask rest = vf_first(n - i);
            vf_store_first_bf16(dx + i, rest,
                                vf_act_grad(vf_load_first_bf16(dy + i, rest), vf_load_first_bf16(x + i, rest), slope));
        }
    }
}

static void run(const void *args)
{
    const struct bm_relu_bf16 *a = args;
    const size_t elements = a->N * a->C;
    if (a->threads <= 1 || elements < SMALL) {
        gradient(a, 0, elements);
        return;
    }
#pragma omp parallel num_threads(a->threads)
    {
        const struct bm_range mine = bm_share(elements, BLOCK, omp_get_thread_num(), omp_get_num_threads());
        gradient(a, mine.begin, mine.end);
    }
}

BM_KERNEL(.idea = "the sign of x as a mask on dy, 16 lanes; elements shared in blocks of 64",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "below 65536 elements, where it runs on one thread",
          .run = run);
