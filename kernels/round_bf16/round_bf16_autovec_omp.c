/* SPDX-License-Identifier: MIT */
/*
 * round_bf16_autovec_omp - f32 to bf16 by the plain loop, left to the compiler, on several threads.
 *     y = x, rounded to the nearest bf16, ties to even.
 *
 * Source:  Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019.
 * Shapes:  all.
 * Traffic: 4 B read and 2 B written an element.
 * Idea:    one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises what it can;
 *          elements shared in blocks of 64.
 * Error:   one rounding, 2^-8 |x| at most; exact where x is a bf16. The same bits for every number of threads.
 * Tail:    the compiler's.
 * Loses:   below 131072 elements, where it runs on one thread.
 */
#include "bf16.h"
#include "kernel.h"
#include "team.h"
#include "training_bf16.h"

/* Below this many elements one thread does it all: a team takes 1 to 2 us to wake, and AVX-512 some 5 us to be done.
 * Threads take blocks of 128 bytes of bf16: no two write one cache line but at a block's ends. */
enum { SMALL = 131072, BLOCK = 64 };

/* Elements [begin, end) of the matrix, row after row. Not inlined: one copy of the code serves every team, so that not
 * even a NaN's sign depends on it. */
static __attribute__((noinline)) void rounded(const struct bm_round_bf16 *a, size_t begin, size_t end)
{
    if (begin == end)
        return;
    const bool dense = a->ldx == a->C && a->ldy == a->C; /* then all rows are one */
    const size_t cols = dense ? a->N * a->C : a->C;
    size_t row = begin / cols, col = begin % cols;
    for (size_t left = end - begin, n; left; left -= n, row++, col = 0) {
        n = left < cols - col ? left : cols - col;
        const float *x = a->x + row * a->ldx + col;
        uint16_t *y = a->y + row * a->ldy + col;
        for (size_t i = 0; i < n; i++)
            y[i] = bm_bf16_round(x[i]);
    }
}

static void run(const void *args)
{
    const struct bm_round_bf16 *a = args;
    const size_t elements = a->N * a->C;
    if (a->threads <= 1 || elements < SMALL) {
        rounded(a, 0, elements);
        return;
    }
#pragma omp parallel num_threads(a->threads)
    {
        const struct bm_range mine = bm_share(elements, BLOCK, omp_get_thread_num(), omp_get_num_threads());
        rounded(a, mine.begin, mine.end);
    }
}

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises what "
                  "it can; elements shared in blocks of 64",
          .source = "Kalamkar et al., A Study of BFLOAT16 for Deep Learning Training, 2019",
          .loses = "below 131072 elements, where it runs on one thread",
          .run = run);
