/* SPDX-License-Identifier: MIT */
/*
 * gemm_pack.h - copies of parts of A and B in the order in which the microkernel reads them. A panel is k steps of
 * `width` elements each. Source rows are read by masks, so nothing beyond the arrays is touched.
 */
#ifndef BATCHMARK_GEMM_PACK_H
#define BATCHMARK_GEMM_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "gemm_registers.h"
#include "simd.h"

/* The source walks along its rows as the panels do: k rows of `used` elements go to panels of `width` <= VF elements a
 * step, k steps each. A row of the source is read whole, since rows may lie a page apart. A step is stored as a whole
 * vector: what exceeds `width` is overwritten by the next step, but the last step must not reach the next panel. */
static inline void gemm_pack_straight(float *panels, size_t width, const float *source, size_t ld, size_t used,
                                      size_t k)
{
    for (size_t l = 0; l < k; l++, source += ld)
        for (size_t i = 0; i < used; i += width) {
            const size_t n = used - i < width ? used - i : width;
            float *to = panels + i * k + l * n;
            const vf v = vf_load_first(source + i, vf_first(n));
            if (l + 1 < k)
                vf_store(to, v);
            else
                vf_store_first(to, vf_first(n), v);
        }
}

/* The source's rows are the panel's columns: `used` rows of k elements, transposed in registers VF x VF at a time. Of a step
 * that takes several vectors the last one must not reach the next step, whose first columns are there already. */
static inline void gemm_pack_transposed(float *panel, size_t width, const float *source, size_t ld, size_t used,
                                        size_t k)
{
    for (size_t i = 0; i < used; i += VF) {
        const size_t rows = used - i;
        const bool part = i > 0 && i + VF > width;
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
    if (n < VF && n < steps) {                                                                                      \
        if (part)                                                                                                   \
            vf_store_first(to + n * width, vf_first(width - i), r[n]);                                              \
        else                                                                                                        \
            vf_store(to + n * width, r[n]);                                                                         \
    }
            GEMM_SIXTEEN(GEMM_LOAD_ROW)
            vf_transpose(r);
            GEMM_SIXTEEN(GEMM_STORE_STEP)
        }
    }
}

#endif
