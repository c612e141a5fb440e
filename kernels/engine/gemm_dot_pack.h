/* SPDX-License-Identifier: MIT */
/*
 * gemm_dot_pack.h - copies of parts of A and B in the order in which an instruction takes them that adds dot products to lanes: a
 * group is GEMM_DOT_K successive k of one row of op(A) or column of op(B), in 32 bits, the first in the lowest. A panel is a
 * number of steps of `width` groups each; what the last lacks of K is zero. Source rows are read by masks: nothing beyond the
 * arrays is touched. Included by gemm_dot_micro.h.
 */
#ifndef BATCHMARK_GEMM_DOT_PACK_H
#define BATCHMARK_GEMM_DOT_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "gemm_registers.h"
#include "simd.h"

static inline __mmask32 gemm_dot_first(size_t n) { return n < 32 ? (1u << n) - 1 : ~(__mmask32)0; }
static inline __mmask64 gemm_dot_bytes(size_t n) { return n < 64 ? ((__mmask64)1 << n) - 1 : ~(__mmask64)0; }

/* The source walks along its rows as the panel does: k rows of `used` elements, 0 < used; GEMM_DOT_K rows are interleaved. A
 * step is stored as whole vectors: of a panel of less than one, the excess is overwritten by the next step, and the
 * last needs room for VF more. */
static inline void gemm_dot_pack_straight(uint32_t *panel, size_t width, const void *source, size_t ld, size_t used, size_t k)
{
    for (size_t j = 0; j < used; j += 2 * VF) {
        const __mmask32 mask = gemm_dot_first(used - j);
        const bool wide = used - j > VF;
        const gemm_dot_element *from = (const gemm_dot_element *)source + j;
        uint32_t *to = panel + j;
        for (size_t l = k / GEMM_DOT_K; l > 0; l--, from += GEMM_DOT_K * ld, to += width)
            gemm_dot_interleave(to, from, ld, mask, GEMM_DOT_K, wide);
        if (k % GEMM_DOT_K)
            gemm_dot_interleave(to, from, ld, mask, k % GEMM_DOT_K, wide);
    }
}

/* The source's rows are the panel's columns: `used` rows of k elements, whose groups lie side by side and are transposed
 * in registers VF x VF at a time. */
static inline void gemm_dot_pack_transposed(uint32_t *panel, size_t width, const void *source, size_t ld, size_t used, size_t k)
{
    for (size_t i = 0; i < used; i += VF) {
        const size_t rows = used - i;
        for (size_t l = 0; l < k; l += GEMM_DOT_K * VF) {
            const __mmask64 mask = gemm_dot_bytes((k - l) * sizeof(gemm_dot_element));
            const size_t steps = (k - l + GEMM_DOT_K - 1) / GEMM_DOT_K;
            const gemm_dot_element *from = (const gemm_dot_element *)source + i * ld + l;
            uint32_t *to = panel + l / GEMM_DOT_K * width + i;
            vf r[VF];
#define GEMM_DOT_LOAD_ROW(n)                                                                                        \
    r[n] = n < rows ? _mm512_castsi512_ps(_mm512_maskz_loadu_epi8(mask, from + n * ld)) : vf_zero();
#define GEMM_DOT_STORE_STEP(n)                                                                                      \
    if (n < steps)                                                                                                  \
        _mm512_storeu_si512(to + n * width, _mm512_castps_si512(r[n]));
            GEMM_SIXTEEN(GEMM_DOT_LOAD_ROW)
            vf_transpose(r);
            GEMM_SIXTEEN(GEMM_DOT_STORE_STEP)
        }
    }
}

#endif
