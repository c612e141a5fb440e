/* SPDX-License-Identifier: MIT */
/* norm_threads.h - how many threads a normalisation of rows or groups is worth: asked by the _omp kernels, and by the _auto
 * ones, which pick a serial kernel where the answer is one. */
#ifndef BATCHMARK_NORM_THREADS_H
#define BATCHMARK_NORM_THREADS_H

#include "kernel.h"
#include "norm.h"

/* Elements below which waking a team costs about what it saves: in vectors, unless it was measured (for BN), and in the
 * textbook loop, where it is fixed, since it decides bits of the _auto kernels of backward ops. */
enum { NORM_SMALL = 50000, NORM_LOOP_SMALL = 16384 };

static inline bool norm_large(size_t elements, size_t small, const struct bm_caches *caches)
{
    const size_t measured = caches ? caches->thresholds.bn_elements : 0;
    return elements >= (small == NORM_SMALL && measured ? measured : small);
}

static inline int norm_threads(const struct bm_layer_norm *a, size_t small)
{
    return norm_large(a->N * a->C, small, a->caches) ? a->threads : 1;
}
static inline int norm_group_threads(const struct bm_group_norm *a, size_t small)
{
    return norm_large(a->N * a->C * a->S, small, a->caches) ? a->threads : 1;
}

#endif
