/* SPDX-License-Identifier: MIT */
/*
 * gemm_onednn - the product by oneDNN, found at run time.
 *
 * C = alpha op(A) op(B) + beta C
 *
 * Source:  oneDNN's Developer Guide, "Matrix Multiplication"; kernels compiled at run time after Heinecke et al.,
 *          "LIBXSMM: Accelerating Small Matrix Multiplications by Runtime Code Generation", SC16.
 * Shapes:  no epilogue (that is another interface of the library).
 * Traffic: A and B are copied into packed panels unless a heuristic finds that the copy does not pay.
 * Idea:    dnnl_sgemm, row-major itself; machine code made for this CPU at the first call. Frameworks call the matmul
 *          primitive instead: gemm_onednn_matmul.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj| in any order of summation; the order depends on the number of threads
 *          (K may be shared).
 * Tail:    masks.
 * Loses:   at the first call of a process, which compiles, and on tiny products, by the cost of its heuristics.
 */
#include <math.h>

#include "gemm_peer.h"

static void run(const void *args)
{
    const struct bm_gemm *g = args;
    if (gemm_peer_no_product(g))
        return;
    int before = bm_peer_set_omp(g->threads);
    if (!bm_peer_did(bm_onednn.sgemm(g->ta ? 'T' : 'N', g->tb ? 'T' : 'N', (int64_t)g->M, (int64_t)g->N, (int64_t)g->K,
                                     g->alpha, g->A, (int64_t)g->lda, g->B, (int64_t)g->ldb, g->beta, g->C,
                                     (int64_t)g->ldc),
                     "dnnl_sgemm"))
        g->C[0] = NAN;
    bm_peer_set_omp(before);
}

BM_KERNEL(.peer = "onednn", .idea = "the peer oneDNN: dnnl_sgemm with the same threads and pinning",
          .source = "oneDNN Developer Guide, Matrix Multiplication",
          .loses = "at the first call, which compiles, on tiny products, and wherever an epilogue needs its own pass",
          .refuses = gemm_peer_refuses, .run = run);
