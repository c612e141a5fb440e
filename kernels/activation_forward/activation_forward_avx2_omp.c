/* SPDX-License-Identifier: MIT */
/*
 * activation_forward_avx2_omp - sigmoid or tanh in AVX2 vectors of 8 floats, on several threads.
 *     y = 1 / (1 + e^-x), or y = tanh x.
 *
 * Source:  Rumelhart, Hinton & Williams, Nature 323, 1986; exp: Cody & Waite 1980, tanh: Moshier's Cephes (simd_math.h).
 * Shapes:  all; y may be x.
 * Traffic: 4 B read and 4 B written an element.
 * Idea:    e^-|x| by a polynomial, which cannot overflow, and a division; tanh by a polynomial near 0, 8 lanes; elements
 *          shared in blocks of 64.
 * Error:   kernels/activation_forward/activation_forward.c. The same bits for every number of threads.
 * Tail:    one masked vector.
 * Loses:   below 65536 elements, where it runs on one thread.
 */
#include "kernel.h"
#include "training.h"
#include "simd_math.h"
#include "team.h"

/* Below this many elements one thread does it all: a team takes 1 to 2 us to wake. Threads take blocks of 256 bytes: no
 * two write one cache line but at a block's ends. */
enum { SMALL = 65536, BLOCK = 64 };

/* Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends on it. */
static __attribute__((noinline)) void sigmoid_of(const float *x, float *y, size_t n)
{
    size_t i = 0;
    for (; n - i >= VF; i += VF)
        vf_store(y + i, vf_sigmoid(vf_load(x + i)));
    if (i < n) {
        const vmask rest = vf_first(n - i);
        vf_store_first(y + i, rest, vf_sigmoid(vf_load_first(x + i, rest)));
    }
}

static __attribute__((noinline)) void tanh_of(const float *x, float *y, size_t n)
{
    size_t i = 0;
    for (; n - i >= VF; i += VF)
        vf_store(y + i, vf_tanh(vf_load(x + i)));
    if (i < n) {
        const vmask rest = vf_first(n - i);
        vf_store_first(y + i, rest, vf_tanh(vf_load_first(x + i, rest)));
    }
}

/* Elements [begin, end) of the matrix, row after row. */
static void activation(const struct bm_activation *a, size_t begin, size_t end)
{
    if (begin == end)
        return;
    const bool dense = a->ldx == a->C && a->ldy == a->C; /* then all rows are one */
    const size_t cols = dense ? a->N * a->C : a->C;
    size_t row = begin / cols, col = begin % cols;
    for (size_t left = end - begin, n; left; left -= n, row++, col = 0) {
        n = left < cols - col ? left : cols - col;
        if (a->act == BM_SIGMOID)
            sigmoid_of(a->x + row * a->ldx + col, a->y + row * a->ldy + col, n);
        else
            tanh_of(a->x + row * a->ldx + col, a->y + row * a->ldy + col, n);
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

BM_KERNEL(.idea = "e^-|x| by a polynomial, which cannot overflow, and a division; tanh by a polynomial near 0, 8 "
                  "lanes; elements shared in blocks of 64",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986; exp: Cody & Waite 1980, tanh: Moshier's Cephes "
                    "(simd_math.h)",
          .loses = "below 65536 elements, where it runs on one thread",
          .run = run);
