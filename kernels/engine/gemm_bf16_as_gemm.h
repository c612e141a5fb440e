/* SPDX-License-Identifier: MIT */
/* gemm_bf16_as_gemm.h - a bf16 product seen as a struct bm_gemm, for what gemm has already: its rules and its grid of
 * threads. Its A and B point to bf16 elements, and C is NULL where it is bf16. */
#ifndef BATCHMARK_GEMM_BF16_AS_GEMM_H
#define BATCHMARK_GEMM_BF16_AS_GEMM_H

#include "gemm.h"
#include "kernel.h"

static inline struct bm_gemm gemm_bf16_as_gemm(const struct bm_gemm_bf16 *g)
{
    return (struct bm_gemm){ .threads = g->threads, .M = g->M, .N = g->N, .K = g->K, .ta = g->ta, .tb = g->tb,
                             .alpha = g->alpha, .beta = g->beta, .A = (const float *)(const void *)g->A, .lda = g->lda,
                             .B = (const float *)(const void *)g->B, .ldb = g->ldb, .C = g->C, .ldc = g->ldc,
                             .epilogue = g->epilogue, .bias = g->bias, .slope = g->slope, .mean = g->mean, .var = g->var };
}

#endif
