/* SPDX-License-Identifier: MIT */
/* bn_threads.h - how many threads a batch normalisation is worth: asked by the _omp kernels, and by bn_*_auto, which
 * picks a serial kernel where the answer is one. */
#ifndef BATCHMARK_BN_THREADS_H
#define BATCHMARK_BN_THREADS_H

#include "bn.h"
#include "kernel.h"

/* Elements below which waking a team costs about what it saves: in vectors, unless it was measured, and in the textbook
 * loop, where it is fixed, since it decides bits of bn_*_auto (bn_auto.h). */
enum { BN_SMALL = 50000, BN_LOOP_SMALL = 16384 };

static inline bool bn_large(const struct bm_bn *bn, size_t small)
{
    const size_t measured = bn->caches ? bn->caches->thresholds.bn_elements : 0;
    return bn->N * bn->C * bn->S >= (small == BN_SMALL && measured ? measured : small);
}
static inline int bn_threads(const struct bm_bn *bn, size_t small) { return bn_large(bn, small) ? bn->threads : 1; }

#endif
