/* SPDX-License-Identifier: MIT */
/*
 * adam_eps_inside_root - adam with eps in the wrong place.
 *
 * Defect: w -= lr * m / sqrt(v + eps), which matters where v is not far above eps.
 * Caught by: w in the exact and tiny fills.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_optimizer *a = args;
    for (size_t i = 0; i < a->N; i++) {
        const float g = a->g[i];
        a->m[i] += (1 - a->beta1) * (g - a->m[i]);
        a->v[i] += (1 - a->beta2) * (g * g - a->v[i]);
        a->w[i] -= a->lr * a->m[i] / sqrtf(a->v[i] + a->eps);
    }
}

BM_MUTANT(.run = run);
