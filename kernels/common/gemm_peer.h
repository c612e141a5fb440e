/* SPDX-License-Identifier: MIT */
/* gemm_peer.h - what the peers' kernels of gemm share: which calls they refuse, and the corners that a BLAS does
 * not define. */
#ifndef BATCHMARK_GEMM_PEER_H
#define BATCHMARK_GEMM_PEER_H

#include <limits.h>

#include "gemm.h"
#include "kernel.h"
#include "peer_calls.h"

static inline const char *gemm_peer_refuses(const void *args)
{
    const struct bm_gemm *g = args;
    return g->epilogue != BM_EPILOGUE_NONE ? "the library has no epilogue" : NULL;
}

/* CBLAS with 32-bit integers. */
static inline const char *gemm_cblas_refuses(const void *args)
{
    const struct bm_gemm *g = args;
    const size_t most = INT_MAX;
    if (g->M > most || g->N > most || g->K > most || g->lda > most || g->ldb > most || g->ldc > most)
        return "the library counts in 32-bit integers";
    return gemm_peer_refuses(args);
}

/* Without a product, C = beta C (0 where beta is 0, whatever C holds). Done here: a BLAS refuses the leading dimension
 * 0 that an empty array may have, and not every build leaves A and B unread. */
static inline bool gemm_peer_no_product(const struct bm_gemm *g)
{
    if (g->M > 0 && g->N > 0 && g->K > 0 && g->alpha != 0)
        return false;
    for (size_t i = 0; i < g->M; i++)
        for (size_t j = 0; j < g->N; j++) {
            float *c = &g->C[i * g->ldc + j];
            *c = g->beta == 0 ? 0 : g->beta * *c;
        }
    return true;
}

static inline void gemm_peer_cblas(bm_cblas_sgemm *sgemm, const struct bm_gemm *g)
{
    sgemm(BM_CBLAS_ROW_MAJOR, g->ta ? BM_CBLAS_TRANS : BM_CBLAS_NO_TRANS, g->tb ? BM_CBLAS_TRANS : BM_CBLAS_NO_TRANS,
          (int)g->M, (int)g->N, (int)g->K, g->alpha, g->A, (int)g->lda, g->B, (int)g->ldb, g->beta, g->C, (int)g->ldc);
}

#endif
