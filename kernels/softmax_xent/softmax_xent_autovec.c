/* SPDX-License-Identifier: MIT */
/*
 * softmax_xent_autovec - softmax, its loss and gradient by plain loops, left to the compiler.
 *     p = softmax(z_n), loss_n = -log p[label_n], dz = scale * (p - onehot(label_n)); hit_n: training.h.
 *
 * Source:  Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
 * Shapes:  all; C >= 1.
 * Traffic: 4 B read and 4 B written an element while a row stays in L1; three passes otherwise.
 * Idea:    three loops a row with libm's expf and logf; the compiler vectorises what it can.
 * Error:   softmax_xent.c; nothing overflows, as z - max z <= 0.
 * Tail:    the compiler's.
 * Loses:   to intrinsics: the calls of expf stay scalar and the maximum is a chain of comparisons.
 */
#include <math.h>

#include "kernel.h"
#include "training.h"

static void run(const void *args)
{
    const struct bm_softmax_xent *a = args;
    for (size_t n = 0; n < a->N; n++) {
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

BM_KERNEL(.idea = "three loops a row with libm's expf and logf; the compiler vectorises what it can",
          .source = "Bridle, \"Probabilistic interpretation of feedforward classification network outputs\", 1990",
          .loses = "to intrinsics: the calls of expf stay scalar and the maximum is a chain of comparisons",
          .run = run);
