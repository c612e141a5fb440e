/* SPDX-License-Identifier: MIT */
/*
 * softmax_xent_naive_omp - softmax, its loss and gradient by plain loops, vectorisation off, on several threads.
 *     p = softmax(z_n), loss_n = -log p[label_n], dz = scale * (p - onehot(label_n)); hit_n: training.h.
 *
 * Source:  Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
 * Shapes:  all; C >= 1.
 * Traffic: 4 B read and 4 B written an element while a row stays in L1; three passes otherwise.
 * Idea:    three loops a row with libm's expf and logf; vectorisation off; rows shared.
 * Error:   softmax_xent.c; nothing overflows, as z - max z <= 0. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to the vector kernels; below 8192 elements it runs on one thread.
 */
#include <math.h>

#include "kernel.h"
#include "training.h"
#include "team.h"

/* Below this many elements one thread does it all: a team takes 1 to 2 us to wake, and AVX-512 some 5 us to be done,
 * with an exponential each. */
enum { SMALL = 8192 };

/* Rows [begin, end). Not inlined: one copy of the code serves every team, so that not even a NaN's sign depends on
 * it. */
static __attribute__((noinline)) void softmax(const struct bm_softmax_xent *a, size_t begin, size_t end)
{
    for (size_t n = begin; n < end; n++) {
        const float *z = a->z + n * a->ldz;
        float *dz = a->dz + n * a->lddz;
        size_t label = (size_t)a->label[n], first = 0;
        for (size_t c = 1; c < a->C; c++)
            if (z[c] > z[first])
                first = c;
        const float max = z[first];
        float sum = 0;
        for (size_t c = 0; c < a->C; c++) {
            dz[c] = expf(z[c] - max);
            sum += dz[c];
        }
        const float factor = a->scale / sum;
        for (size_t c = 0; c < a->C; c++)
            dz[c] *= factor;
        dz[label] -= a->scale;
        a->loss[n] = logf(sum) - (z[label] - max);
        a->hit[n] = label == first;
    }
}

static void run(const void *args)
{
    const struct bm_softmax_xent *a = args;
    if (a->threads <= 1 || a->N * a->C < SMALL) {
        softmax(a, 0, a->N);
        return;
    }
#pragma omp parallel num_threads(a->threads)
    {
        const struct bm_range mine = bm_share(a->N, 1, omp_get_thread_num(), omp_get_num_threads());
        softmax(a, mine.begin, mine.end);
    }
}

BM_KERNEL(.idea = "three loops a row with libm's expf and logf; vectorisation off; rows shared",
          .source = "Bridle, \"Probabilistic interpretation of feedforward classification network outputs\", 1990",
          .loses = "always, to the vector kernels; below 8192 elements it runs on one thread",
          .run = run);
