/* SPDX-License-Identifier: MIT */
/* gemm_bf16_plain.h - what plain kernels of gemm_bf16 share beside the product: a C in f32, which statistics are taken of and
 * which is rounded where C is to be bf16. */
#ifndef BATCHMARK_GEMM_BF16_PLAIN_H
#define BATCHMARK_GEMM_BF16_PLAIN_H

#include "bf16.h"
#include "gemm_bf16_as_gemm.h"
#include "gemm_plain.h"

/* Bytes of the scratch that C takes in f32 where it is to be bf16, a multiple of a cache line. */
static inline size_t gemm_bf16_c_bytes(const struct bm_gemm_bf16 *g)
{
    return g->result == BM_RESULT_BF16 ? (g->M * g->N * sizeof(float) + 63) / 64 * 64 : 0;
}

/* The call with a C in f32: its own, or what lies at the beginning of the scratch. */
static inline struct bm_gemm_bf16 gemm_bf16_with_c(const struct bm_gemm_bf16 *g)
{
    struct bm_gemm_bf16 f = *g;
    if (g->result == BM_RESULT_BF16) {
        f.C = g->scratch;
        f.ldc = g->N;
    }
    return f;
}

/* If the epilogue has them: mean and variance of columns [begin, end) of the C in f32. */
static inline void gemm_bf16_statistics(const struct bm_gemm_bf16 *f, size_t begin, size_t end)
{
    const struct bm_gemm g = gemm_bf16_as_gemm(f);
    gemm_statistics(&g, begin, end);
}

/* If C is to be bf16: row i of it, from the C in f32. */
static inline void gemm_bf16_round_row(const struct bm_gemm_bf16 *g, const struct bm_gemm_bf16 *f, size_t i)
{
    if (g->result != BM_RESULT_BF16)
        return;
    const float *restrict c = f->C + i * f->ldc;
    uint16_t *restrict to = g->C16 + i * g->ldc;
    for (size_t j = 0; j < g->N; j++)
        to[j] = bm_bf16_round(c[j]);
}

#endif
