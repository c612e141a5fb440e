/*
 * gemm_pack.h - copies of parts of A and B in the order in which the microkernel reads them. A panel is k steps of
 * `width` elements each. Source rows are read by masks, so nothing beyond the arrays is touched.
 */
#ifndef BATCHMARK_GEMM_PACK_H
#define BATCHMARK_GEMM_PACK_H

#include "simd.h"

/* The source walks along its rows as the panel does: k rows of `used` elements, 0 < used <= vectors * VF. A step is
 * stored as whole vectors: what exceeds `width` is overwritten by the next step; the last needs room for VF more. */
static inline void gemm_pack_straight(float *panel, size_t width, const float *source, size_t ld, size_t used, size_t k)
{
    for (; k > 0; k--, panel += width, source += ld)
        for (size_t j = 0; j < used; j += VF)
            vf_store(panel + j, vf_load_first(source + j, vf_first(used - j < VF ? used - j : VF)));
}

/* The source's rows are the panel's columns: `used` rows of k elements, transposed in registers VF x VF at a time. */
static inline void gemm_pack_transposed(float *panel, size_t width, const float *source, size_t ld, size_t used,
                                        size_t k)
{
    for (size_t i = 0; i < used; i += VF) {
        const size_t rows = used - i;
        for (size_t l = 0; l < k; l += VF) {
            const size_t steps = k - l < VF ? k - l : VF;
            const vmask mask = vf_first(steps);
            const float *from = source + i * ld + l;
            float *to = panel + l * width + i;
            vf r[VF];
#define GEMM_LOAD_ROW(n)                                                                                            \
    if (n < VF)                                                                                                     \
        r[n] = n < rows ? vf_load_first(from + n * ld, mask) : vf_zero();
#define GEMM_STORE_STEP(n)                                                                                          \
    if (n < VF && n < steps)                                                                                        \
        vf_store(to + n * width, r[n]);
#define GEMM_SIXTEEN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
            GEMM_SIXTEEN(GEMM_LOAD_ROW)
            vf_transpose(r);
            GEMM_SIXTEEN(GEMM_STORE_STEP)
        }
    }
}

#endif
