/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_pack.h - copies of parts of A and B in the order in which VDPBF16PS takes them: a pair is two successive k
 * of one row of op(A) or column of op(B), in 32 bits, the first in the lower half. A panel is a number of steps of
 * `width` pairs each; an odd last k is paired with zero. Source rows are read by masks: nothing beyond the arrays is
 * touched.
 */
#ifndef BATCHMARK_GEMM_BF16_PACK_H
#define BATCHMARK_GEMM_BF16_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "gemm_registers.h"
#include "simd.h"

static inline __mmask32 gemm_bf16_first(size_t n) { return n < 32 ? (1u << n) - 1 : ~(__mmask32)0; }

/* One step of 32 columns, or of 16 if not `wide`: the two rows interleaved. */
static inline void gemm_bf16_pack_step(uint32_t *panel, __m512i even, __m512i odd, bool wide)
{
    const __m512i low = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37,
                                         5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
    _mm512_storeu_si512(panel, _mm512_permutex2var_epi16(even, low, odd));
    if (wide)
        _mm512_storeu_si512(panel + VF, _mm512_permutex2var_epi16(even, high, odd));
}

/* The source walks along its rows as the panel does: k rows of `used` elements, 0 < used; two rows are interleaved. A
 * step is stored as whole vectors: of a panel of less than one, the excess is overwritten by the next step, and the
 * last needs room for VF more. */
static inline void gemm_bf16_pack_straight(uint32_t *panel, size_t width, const uint16_t *source, size_t ld,
                                           size_t used, size_t k)
{
    for (size_t j = 0; j < used; j += 2 * VF) {
        const __mmask32 mask = gemm_bf16_first(used - j);
        const bool wide = used - j > VF;
        const uint16_t *from = source + j;
        uint32_t *to = panel + j;
        for (size_t l = k / 2; l > 0; l--, from += 2 * ld, to += width)
            gemm_bf16_pack_step(to, _mm512_maskz_loadu_epi16(mask, from), _mm512_maskz_loadu_epi16(mask, from + ld),
                                wide);
        if (k % 2)
            gemm_bf16_pack_step(to, _mm512_maskz_loadu_epi16(mask, from), _mm512_setzero_si512(), wide);
    }
}

/* The source's rows are the panel's columns: `used` rows of k elements, whose pairs lie side by side and are transposed
 * in registers VF x VF at a time. */
static inline void gemm_bf16_pack_transposed(uint32_t *panel, size_t width, const uint16_t *source, size_t ld,
                                             size_t used, size_t k)
{
    for (size_t i = 0; i < used; i += VF) {
        const size_t rows = used - i;
        for (size_t l = 0; l < k; l += 2 * VF) {
            const __mmask32 mask = gemm_bf16_first(k - l);
            const size_t steps = (k - l + 1) / 2;
            const uint16_t *from = source + i * ld + l;
            uint32_t *to = panel + l / 2 * width + i;
            vf r[VF];
#define GEMM_BF16_LOAD_ROW(n)                                                                                       \
    r[n] = n < rows ? _mm512_castsi512_ps(_mm512_maskz_loadu_epi16(mask, from + n * ld)) : vf_zero();
#define GEMM_BF16_STORE_STEP(n)                                                                                     \
    if (n < steps)                                                                                                  \
        _mm512_storeu_si512(to + n * width, _mm512_castps_si512(r[n]));
            GEMM_SIXTEEN(GEMM_BF16_LOAD_ROW)
            vf_transpose(r);
            GEMM_SIXTEEN(GEMM_BF16_STORE_STEP)
        }
    }
}

#endif
