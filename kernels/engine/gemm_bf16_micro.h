/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_micro.h - the microkernels: mr x nv vectors of C are kept in registers while k runs, two k a step: a step
 * loads nv vectors of 16 pairs of packed B, broadcasts mr pairs of A and adds both products of each pair by VDPBF16PS
 * (gemm_bf16_pack.h has the layout; the scheme is that of gemm/gemm_micro.h). A is packed, or row-major in place, where
 * the pairs of a row lie side by side already.
 *
 * There is one for every mr up to GEMM_MR, so that no row is computed in vain.
 */
#ifndef BATCHMARK_GEMM_BF16_MICRO_H
#define BATCHMARK_GEMM_BF16_MICRO_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "gemm_registers.h"
#include "simd.h"

/* One call of a microkernel: C[mr x cols] = alpha A B + beta C. */
struct gemm_bf16_tile {
    size_t k;           /* not pairs; odd only in the last block */
    const uint32_t *ap; /* packed: mr pairs a step; or */
    const uint16_t *a;  /* in place, rows lda apart */
    size_t lda;
    const uint32_t *b; /* packed: nv vectors of pairs a step */
    float *c;
    size_t ldc, cols;
    float alpha, beta; /* beta = 0: C is not read */
};

static inline __m512bh gemm_bf16_pair(const void *p)
{
    int32_t pair;
    memcpy(&pair, p, sizeof pair);
    return (__m512bh)_mm512_set1_epi32(pair);
}

#define GEMM_BF16_IF(i, v) if (i < mr && v < nv)

#define GEMM_BF16_ZERO(i, v) vf c##i##_##v = vf_zero();
#define GEMM_BF16_LOAD_B(v) if (v < nv) b##v = (__m512bh)_mm512_loadu_si512(b + v * VF);
#define GEMM_BF16_DOT_VECTOR(i, v) if (v < nv) c##i##_##v = _mm512_dpbf16_ps(c##i##_##v, pair, b##v);
#define GEMM_BF16_DOT(i, base, m)                                                                                   \
    if (i < mr) {                                                                                                   \
        const __m512bh pair = gemm_bf16_pair(rows ? (const void *)(base + m * lda) : ap + i);                       \
        GEMM_IN_ROW(GEMM_BF16_DOT_VECTOR, i)                                                                        \
    }
#define GEMM_BF16_DOT_LAST(i, base, m)                                                                              \
    if (i < mr) {                                                                                                   \
        const __m512bh pair = (__m512bh)_mm512_set1_epi32(*(base + m * lda));                                       \
        GEMM_IN_ROW(GEMM_BF16_DOT_VECTOR, i)                                                                        \
    }
#define GEMM_BF16_SCALE(i, v) GEMM_BF16_IF(i, v) c##i##_##v = vf_mul(alpha, c##i##_##v);
#define GEMM_BF16_MASK(v) mask##v = vf_first(t->cols <= v * VF ? 0 : t->cols >= (v + 1) * VF ? VF : t->cols - v * VF);
#define GEMM_BF16_LOAD_C(i, v)                                                                                      \
    (masked ? vf_load_first(t->c + i * ldc + v * VF, mask##v) : vf_load(t->c + i * ldc + v * VF))
#define GEMM_BF16_ADD_C(i, v) GEMM_BF16_IF(i, v) c##i##_##v = vf_fma(beta, GEMM_BF16_LOAD_C(i, v), c##i##_##v);
#define GEMM_BF16_STORE(i, v) GEMM_BF16_IF(i, v) vf_store(t->c + i * ldc + v * VF, c##i##_##v);
#define GEMM_BF16_STORE_MASKED(i, v)                                                                                \
    GEMM_BF16_IF(i, v) vf_store_first(t->c + i * ldc + v * VF, mask##v, c##i##_##v);

/* The template: mr, nv and rows are constants of each instance. */
static inline __attribute__((always_inline)) void gemm_bf16_micro(const struct gemm_bf16_tile *t, const size_t mr,
                                                                  const size_t nv, const bool rows)
{
    const size_t lda = t->lda, ldc = t->ldc;
    const uint32_t *ap = t->ap, *b = t->b;
    const uint16_t *a0 = t->a, *a3 = rows && mr > 3 ? a0 + 3 * lda : a0, *a6 = rows && mr > 6 ? a0 + 6 * lda : a0;
    const uint16_t *a9 = rows && mr > 9 ? a0 + 9 * lda : a0, *a12 = rows && mr > 12 ? a0 + 12 * lda : a0;
    __m512bh b0 = (__m512bh)_mm512_setzero_si512(), b1 = b0, b2 = b0, b3 = b0;
    GEMM_EACH_SUM(GEMM_BF16_ZERO)
    for (const float *c = t->c, *end = c + mr * ldc; c != end; c += ldc) {
        _mm_prefetch((const char *)c, _MM_HINT_T0);
        if (nv > 1)
            _mm_prefetch((const char *)(c + (nv - 1) * VF), _MM_HINT_T0);
    }
    for (size_t steps = rows ? t->k / 2 : (t->k + 1) / 2; steps > 0; steps--) {
        GEMM_EACH_VECTOR(GEMM_BF16_LOAD_B)
        GEMM_EACH_ROW(GEMM_BF16_DOT)
        b += nv * VF;
        if (rows)
            a0 += 2, a3 += 2, a6 += 2, a9 += 2, a12 += 2;
        else
            ap += mr;
    }
    if (rows && t->k % 2) { /* nothing lies beside the last element */
        GEMM_EACH_VECTOR(GEMM_BF16_LOAD_B)
        GEMM_EACH_ROW(GEMM_BF16_DOT_LAST)
    }
    if (t->alpha != 1) {
        const vf alpha = vf_set1(t->alpha);
        GEMM_EACH_SUM(GEMM_BF16_SCALE)
    }
    const bool masked = t->cols < nv * VF;
    vmask mask0, mask1, mask2, mask3;
    GEMM_EACH_VECTOR(GEMM_BF16_MASK)
    if (t->beta != 0) {
        const vf beta = vf_set1(t->beta);
        GEMM_EACH_SUM(GEMM_BF16_ADD_C)
    }
    if (masked) {
        GEMM_EACH_SUM(GEMM_BF16_STORE_MASKED)
    } else {
        GEMM_EACH_SUM(GEMM_BF16_STORE)
    }
}

typedef void gemm_bf16_micro_fn(const struct gemm_bf16_tile *t);

#define GEMM_BF16_DEFINE(mr, nv)                                                                                    \
    static void gemm_bf16_rows_##mr##_##nv(const struct gemm_bf16_tile *t) { gemm_bf16_micro(t, mr, nv, true); }    \
    static void gemm_bf16_packed_##mr##_##nv(const struct gemm_bf16_tile *t) { gemm_bf16_micro(t, mr, nv, false); }
GEMM_EACH_MR(GEMM_BF16_DEFINE, 1)
GEMM_EACH_MR(GEMM_BF16_DEFINE, 2)
GEMM_EACH_WIDE_MR(GEMM_BF16_DEFINE, 4)
#define GEMM_BF16_ROWS_ENTRY(mr, nv) [mr] = gemm_bf16_rows_##mr##_##nv,
#define GEMM_BF16_PACKED_ENTRY(mr, nv) [mr] = gemm_bf16_packed_##mr##_##nv,

/* [A in place][nv][mr] */
static gemm_bf16_micro_fn *const gemm_bf16_micros[2][5][GEMM_MR + 1] = {
    { [1] = { GEMM_EACH_MR(GEMM_BF16_PACKED_ENTRY, 1) }, [2] = { GEMM_EACH_MR(GEMM_BF16_PACKED_ENTRY, 2) },
      [4] = { GEMM_EACH_WIDE_MR(GEMM_BF16_PACKED_ENTRY, 4) } },
    { [1] = { GEMM_EACH_MR(GEMM_BF16_ROWS_ENTRY, 1) }, [2] = { GEMM_EACH_MR(GEMM_BF16_ROWS_ENTRY, 2) },
      [4] = { GEMM_EACH_WIDE_MR(GEMM_BF16_ROWS_ENTRY, 4) } },
};

#endif
