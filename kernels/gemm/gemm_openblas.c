/* SPDX-License-Identifier: MIT */
/*
 * gemm_openblas - the product by OpenBLAS, found at run time.
 *
 * C = alpha op(A) op(B) + beta C
 *
 * Source:  Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008; Xianyi,
 *          Qian & Yunquan, "Model-driven Level 3 BLAS Performance Optimization on Loongson 3A Processor", ICPADS 2012.
 * Shapes:  no epilogue; sizes and leading dimensions below 2^31.
 * Traffic: A and B are copied into packed panels but for small products, which SkylakeX kernels take as they are.
 * Idea:    what most programs call. The OpenMP build takes part in our team: same threads, same pinning.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj| in any order of summation; the order may depend on the number of threads.
 * Tail:    the library's.
 * Loses:   on skinny products, where packing costs as much as the product, and wherever bias, activation or statistics
 *          need a pass of their own. Calls from several threads at once share one setting of the number of threads.
 */
#include "gemm_peer.h"

static void run(const void *args)
{
    const struct bm_gemm *g = args;
    if (gemm_peer_no_product(g))
        return;
    int before = bm_peer_set_omp(g->threads);
    if (bm_openblas.get_num_threads() != g->threads)
        bm_openblas.set_num_threads(g->threads);
    gemm_peer_cblas(bm_openblas.sgemm, g);
    bm_peer_set_omp(before);
}

BM_KERNEL(.peer = "openblas", .idea = "the peer OpenBLAS: cblas_sgemm with the same threads and pinning",
          .source = "Goto & van de Geijn, Anatomy of High-Performance Matrix Multiplication, TOMS 34(3)",
          .loses = "on skinny products, and wherever an epilogue needs a pass of its own",
          .refuses = gemm_cblas_refuses, .run = run);
