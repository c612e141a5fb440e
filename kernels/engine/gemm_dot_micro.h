/* SPDX-License-Identifier: MIT */
/*
 * gemm_dot_micro.h - the microkernels: mr x nv vectors of sums are kept in registers while k runs, GEMM_DOT_K of them a step: a
 * step loads nv vectors of 16 groups of packed B, broadcasts mr groups of A and adds the dot product of each two to a lane
 * (gemm_dot_pack.h has the layout; the scheme is that of gemm_micro.h). A is packed, or row-major in place, where the groups of
 * a row lie side by side already.
 *
 * There is one for every mr up to GEMM_MR, so that no row is computed in vain.
 *
 * What differs between types is in the header that is included before, gemm_dot_bf16.h or gemm_dot_s8.h:
 *   gemm_dot_args, gemm_dot_as_gemm(), gemm_dot_depth()   the arguments; K, or 0 without a product
 *   gemm_dot_most_steps()                                 of k in a block
 *   gemm_dot_element, GEMM_DOT_K                          of A and B; how many are 32 bits
 *   gemm_dot_sum, gemm_dot_zero(), gemm_dot_add()         16 sums, and a step of them
 *   gemm_dot_interleave()                                 a step of B, as it lies, for a panel
 *   struct gemm_dot_after, gemm_dot_after(), GEMM_DOT_FINISH   what becomes of the sums of a tile
 *   GEMM_DOT_ROUNDS, gemm_dot_rounds(), gemm_dot_c16()    whether C may be bf16, whether it is, and then C
 *   gemm_dot_stats_bytes(), gemm_dot_after_at(), gemm_dot_end()   BN statistics: bytes of the scratch, from its beginning;
 *                                                         a tile's place in them; what follows the last tile of some columns
 */
#ifndef BATCHMARK_GEMM_DOT_MICRO_H
#define BATCHMARK_GEMM_DOT_MICRO_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "gemm_dot_pack.h"
#include "gemm_registers.h"
#include "simd.h"

/* One call of a microkernel: mr x cols of C. */
struct gemm_dot_tile {
    size_t k;           /* elements; no multiple of GEMM_DOT_K only in the last block */
    const uint32_t *ap; /* packed: mr groups a step; or */
    const gemm_dot_element *a; /* in place, rows lda apart */
    size_t lda;
    const uint32_t *b; /* packed: nv vectors of groups a step */
    float *c; /* C, or the sums so far where C is bf16; NULL: there are none, and this is all of K */
    uint16_t *c16; /* C as bf16, with the last of K; else NULL */
    size_t ldc, ldc16, cols;
    struct gemm_dot_after after;
};

static inline __m512i gemm_dot_group(const void *p)
{
    int32_t group;
    memcpy(&group, p, sizeof group);
    return _mm512_set1_epi32(group);
}

/* Brings the lines of C near before they are written. */
static inline __attribute__((always_inline)) void gemm_dot_fetch(const struct gemm_dot_tile *t, size_t mr, size_t nv)
{
    const bool rounds = GEMM_DOT_ROUNDS && t->c16;
    const char *line = rounds ? (const char *)t->c16 : (const char *)t->c;
    const size_t bytes = rounds ? sizeof *t->c16 : sizeof *t->c, apart = bytes * (rounds ? t->ldc16 : t->ldc);
    for (size_t i = 0; i < mr; i++, line += apart) {
        _mm_prefetch(line, _MM_HINT_T0);
        if (nv > 1)
            _mm_prefetch(line + (nv - 1) * VF * bytes, _MM_HINT_T0);
    }
}

#define GEMM_DOT_IF(i, v) if (i < mr && v < nv)

#define GEMM_DOT_ZERO(i, v) gemm_dot_sum c##i##_##v = gemm_dot_zero();
#define GEMM_DOT_LOAD_B(v) if (v < nv) b##v = _mm512_loadu_si512(b + v * VF);
#define GEMM_DOT_VECTOR(i, v) if (v < nv) c##i##_##v = gemm_dot_add(c##i##_##v, group, b##v);
#define GEMM_DOT_ROW(i, base, m)                                                                                    \
    if (i < mr) {                                                                                                   \
        const __m512i group = gemm_dot_group(rows ? (const void *)(base + m * lda) : ap + i);                       \
        GEMM_IN_ROW(GEMM_DOT_VECTOR, i)                                                                             \
    }
#define GEMM_DOT_LAST(i, base, m)                                                                                   \
    if (i < mr) {                                                                                                   \
        const __m512i group = _mm512_broadcastd_epi32(_mm_maskz_loadu_epi8(left, base + m * lda));                  \
        GEMM_IN_ROW(GEMM_DOT_VECTOR, i)                                                                             \
    }
#define GEMM_DOT_MASK(v) mask##v = vf_first(t->cols <= v * VF ? 0 : t->cols >= (v + 1) * VF ? VF : t->cols - v * VF);

/* The template: mr, nv and rows are constants of each instance. */
static inline __attribute__((always_inline)) void gemm_dot_micro(const struct gemm_dot_tile *t, const size_t mr,
                                                                  const size_t nv, const bool rows)
{
    const size_t lda = t->lda, ldc = t->ldc;
    const uint32_t *ap = t->ap, *b = t->b;
    const gemm_dot_element *a0 = t->a, *a3 = rows && mr > 3 ? a0 + 3 * lda : a0, *a6 = rows && mr > 6 ? a0 + 6 * lda : a0;
    const gemm_dot_element *a9 = rows && mr > 9 ? a0 + 9 * lda : a0, *a12 = rows && mr > 12 ? a0 + 12 * lda : a0;
    __m512i b0 = _mm512_setzero_si512(), b1 = b0, b2 = b0, b3 = b0;
    GEMM_EACH_SUM(GEMM_DOT_ZERO)
    gemm_dot_fetch(t, mr, nv);
    for (size_t steps = rows ? t->k / GEMM_DOT_K : (t->k + GEMM_DOT_K - 1) / GEMM_DOT_K; steps > 0; steps--) {
        GEMM_EACH_VECTOR(GEMM_DOT_LOAD_B)
        GEMM_EACH_ROW(GEMM_DOT_ROW)
        b += nv * VF;
        if (rows)
            a0 += GEMM_DOT_K, a3 += GEMM_DOT_K, a6 += GEMM_DOT_K, a9 += GEMM_DOT_K, a12 += GEMM_DOT_K;
        else
            ap += mr;
    }
    if (rows && t->k % GEMM_DOT_K) { /* beside the last elements lies nothing of the row */
        const __mmask16 left = (__mmask16)gemm_dot_bytes(t->k % GEMM_DOT_K * sizeof *a0);
        GEMM_EACH_VECTOR(GEMM_DOT_LOAD_B)
        GEMM_EACH_ROW(GEMM_DOT_LAST)
    }
    const bool masked = t->cols < nv * VF;
    vmask mask0, mask1, mask2, mask3;
    GEMM_EACH_VECTOR(GEMM_DOT_MASK)
    GEMM_DOT_FINISH
}

typedef void gemm_dot_micro_fn(const struct gemm_dot_tile *t);

#define GEMM_DOT_DEFINE(mr, nv)                                                                                     \
    static void gemm_dot_rows_##mr##_##nv(const struct gemm_dot_tile *t) { gemm_dot_micro(t, mr, nv, true); }       \
    static void gemm_dot_packed_##mr##_##nv(const struct gemm_dot_tile *t) { gemm_dot_micro(t, mr, nv, false); }
GEMM_EACH_MR(GEMM_DOT_DEFINE, 1)
GEMM_EACH_MR(GEMM_DOT_DEFINE, 2)
GEMM_EACH_WIDE_MR(GEMM_DOT_DEFINE, 4)
#define GEMM_DOT_ROWS_ENTRY(mr, nv) [mr] = gemm_dot_rows_##mr##_##nv,
#define GEMM_DOT_PACKED_ENTRY(mr, nv) [mr] = gemm_dot_packed_##mr##_##nv,

/* [A in place][nv][mr] */
static gemm_dot_micro_fn *const gemm_dot_micros[2][5][GEMM_MR + 1] = {
    { [1] = { GEMM_EACH_MR(GEMM_DOT_PACKED_ENTRY, 1) }, [2] = { GEMM_EACH_MR(GEMM_DOT_PACKED_ENTRY, 2) },
      [4] = { GEMM_EACH_WIDE_MR(GEMM_DOT_PACKED_ENTRY, 4) } },
    { [1] = { GEMM_EACH_MR(GEMM_DOT_ROWS_ENTRY, 1) }, [2] = { GEMM_EACH_MR(GEMM_DOT_ROWS_ENTRY, 2) },
      [4] = { GEMM_EACH_WIDE_MR(GEMM_DOT_ROWS_ENTRY, 4) } },
};

#endif
