/* SPDX-License-Identifier: MIT */
/* gemm_s8_as_gemm.h - a product of integers seen as a struct bm_gemm, for what gemm has already: its rules and its grid of
 * threads. Its A and B point to elements of 8 bits. */
#ifndef BATCHMARK_GEMM_S8_AS_GEMM_H
#define BATCHMARK_GEMM_S8_AS_GEMM_H

#include "gemm_s8.h"
#include "kernel.h"

static inline struct bm_gemm gemm_s8_as_gemm(const struct bm_gemm_s8 *g)
{
    return (struct bm_gemm){ .threads = g->threads, .M = g->M, .N = g->N, .K = g->K, .ta = g->ta, .tb = g->tb, .alpha = 1,
                             .A = (const float *)(const void *)g->A, .lda = g->lda,
                             .B = (const float *)(const void *)g->B, .ldb = g->ldb, .C = g->C, .ldc = g->ldc };
}

#endif
