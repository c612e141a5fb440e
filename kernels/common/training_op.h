/* SPDX-License-Identifier: MIT */
/* training_op.h - shared by the <op>.c files of training.h: fills, constants, bounds. Never timed. */
#ifndef BATCHMARK_TRAINING_OP_H
#define BATCHMARK_TRAINING_OP_H

#include "oracle.h"
#include "training.h"
#include "training_keys.h"

/* Constants of the optimisers in verification and benchmarks: near the usual 0.01, 0.9, 0.999 and 1e-7, and powers of
 * two or one less such, so that an exact fill exists. */
#define BM_LR 0x1p-7f
#define BM_BETA1 0.875f
#define BM_BETA2 0.9990234375f
#define BM_EPS 0x1p-24f

/* Element i of most fills. `constant` needs the channel's number in i; values of `extreme` are below 2^top. */
static inline float bm_fill_value(enum bm_fill fill, uint64_t seed, uint64_t i, int top)
{
    switch (fill) {
    case BM_EXACT: return (float)bm_integer(seed, i, -8, 8);
    case BM_OFFSET: return 1e4f + 1.7320508f * bm_uniform(seed, i); /* deviation 1 */
    case BM_SPECIAL: {
        int k = bm_integer(~seed, i, 0, 63);
        return k == 0 ? NAN : k == 1 ? INFINITY : k == 2 ? -INFINITY : bm_uniform(seed, i);
    }
    case BM_EXTREME: return bm_extreme(seed, i, top);
    default: return bm_fill_scale(fill) * bm_uniform(seed, i);
    }
}
static inline void bm_fill_matrix(enum bm_fill fill, uint64_t seed, int top, float *x, size_t rows, size_t cols, size_t ld)
{
    for (size_t n = 0; n < rows; n++)
        for (size_t c = 0; c < cols; c++)
            x[n * ld + c] = bm_fill_value(fill, seed, fill == BM_CONSTANT ? c : n * cols + c, top);
}

/* The pointers and constants of an optimiser; m and v may be NULL. */
static inline void bm_bind_optimizer(const struct bm_shape *shape, float *w, const float *g, float *m, float *v,
    struct bm_optimizer *a)
{
    a->N = shape->N;
    a->w = w, a->g = g, a->m = m, a->v = v;
    a->lr = BM_LR, a->beta1 = BM_BETA1, a->beta2 = BM_BETA2, a->eps = BM_EPS;
}

#endif
