/* SPDX-License-Identifier: MIT */
/*
 * relu_forward_autovec_omp - the activation by the plain loop, left to the compiler, on several threads.
 *     y = x > 0 ? x : slope * x.
 *
 * Source:  Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop.
 * Shapes:  all; y may be x.
 * Traffic: 4 B read and 4 B written an element.
 * Idea:    one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises what it can;
 *          elements shared in blocks of 64.
 * Error:   a positive x and ReLU's zero are exact, slope * x is rounded once. The same bits for every number of
 *          threads.
 * Tail:    the compiler's.
 * Loses:   below 65536 elements, where it runs on one thread.
 */
#include "kernel.h"
#include "training.h"
#include "bn_act.h"
#include "team.h"

/* Below this many elements one thread does it all: a team takes 1 to 2 us to wake, and AVX-512 some 5 us to be done.
 * Threads take blocks of 256 bytes: no two write one cache line but at a block's ends. */
enum { SMALL = 65536, BLOCK = 64 };

/* Elements [begin, end) of the matrix, row after row. Not inlined: one copy of the code serves every team, so that not
 * even a NaN's sign depends on it. */
static __attribute__((noinline)) void activation(const struct bm_relu *a, size_t begin, size_t end)
{
    if (begin == end)
        return;
    const float slope = a->slope;
    const bool dense = a->ldx == a->C && a->ldy == a->C; /* then all rows are one */
    const size_t cols = dense ? a->N * a->C : a->C;
    size_t row = begin / cols, col = begin % cols;
    for (size_t left = end - begin, n; left; left -= n, row++, col = 0) {
        n = left < cols - col ? left : cols - col;
        const float *x = a->x + row * a->ldx + col;
        float *y = a->y + row * a->ldy + col;
        for (size_t i = 0; i < n; i++)
            y[i] = bn_act(x[i], slope);
    }
}

static void run(const void *args)
{
    const struct bm_relu *a = args;
    const size_t elements = a->N * a->C;
    if (a->threads <= 1 || elements < SMALL) {
        activation(a, 0, elements);
        return;
    }
#pragma omp parallel num_threads(a->threads)
    {
        const struct bm_range mine = bm_share(elements, BLOCK, omp_get_thread_num(), omp_get_num_threads());
        activation(a, mine.begin, mine.end);
    }
}

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises "
                  "what it can; elements shared in blocks of 64",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "below 65536 elements, where it runs on one thread",
          .run = run);
