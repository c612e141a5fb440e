/* SPDX-License-Identifier: MIT */
/*
 * activation_backward_avx2_omp - the gradient of sigmoid or tanh in AVX2 vectors of 8 floats, on several threads.
 *     dx = dy y (1 - y) of y = sigmoid x, or dx = dy (1 - y) (1 + y) of y = tanh x.
 *
 * Source:  Rumelhart, Hinton & Williams, Nature 323, 1986.
 * Shapes:  all; dx may be dy.
 * Traffic: 8 B read and 4 B written an element.
 * Idea:    two products an element, without x: y is what the forward pass left, 8 lanes; elements shared in blocks of
 *          64.
 * Error:   kernels/activation_backward/activation_backward.c. The same bits for every number of threads.
 * Tail:    one masked vector.
 * Loses:   below 65536 elements, where it runs on one thread.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"
#include "team.h"

/* Below this many elements one thread does it all: a team takes 1 to 2 us to wake. Threads take blocks of 256 bytes: no
 * two write one cache line but at a block's ends. */
enum { SMALL = 65536, BLOCK = 64 };

/* Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends on it. */
static __attribute__((noinline)) void sigmoid_of(const float *y, const float *dy, float *dx, size_t n)
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

static __attribute__((noinline)) void tanh_of(const float *y, const float *dy, float *dx, size_t n)
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

/* Elements [begin, end) of the matrix, row after row. */
static void activation(const struct bm_activation *a, size_t begin, size_t end)
{
    if (begin == end)
        return;
    const bool dense = a->ldy == a->C && a->lddy == a->C && a->lddx == a->C; /* then all rows are one */
    const size_t cols = dense ? a->N * a->C : a->C;
    size_t row = begin / cols, col = begin % cols;
    for (size_t left = end - begin, n; left; left -= n, row++, col = 0) {
        n = left < cols - col ? left : cols - col;
        if (a->act == BM_SIGMOID)
            sigmoid_of(a->y + row * a->ldy + col, a->dy + row * a->lddy + col, a->dx + row * a->lddx + col, n);
        else
            tanh_of(a->y + row * a->ldy + col, a->dy + row * a->lddy + col, a->dx + row * a->lddx + col, n);
    }
}

static void run(const void *args)
{
    const struct bm_activation *a = args;
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

BM_KERNEL(.idea = "two products an element, without x: y is what the forward pass left, 8 lanes; elements shared in "
                  "blocks of 64",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986",
          .loses = "below 65536 elements, where it runs on one thread",
          .run = run);
