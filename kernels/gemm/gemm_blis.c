/* SPDX-License-Identifier: MIT */
/*
 * gemm_blis - the product by BLIS, found at run time.
 *
 * C = alpha op(A) op(B) + beta C
 *
 * Source:  Van Zee & van de Geijn, "BLIS: A Framework for Rapidly Instantiating BLAS Functionality", ACM TOMS 41(3),
 *          2015.
 * Shapes:  no epilogue; sizes and leading dimensions below 2^31.
 * Traffic: A and B are copied into packed panels, or, below thresholds of the sub-configuration, used as they are.
 * Idea:    five loops around one micro-kernel; the loops to share among threads are chosen from the shape.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj| in any order of summation; the order may depend on the number of threads.
 * Tail:    the library's.
 * Loses:   on CPUs that it knows only by an older sub-configuration (0.9 takes Zen 4 for zen3), on tiny products, where
 *          its object layer costs more than the product, and on epilogues.
 */
#include "gemm_peer.h"

static void run(const void *args)
{
    const struct bm_gemm *g = args;
    if (gemm_peer_no_product(g))
        return;
    int before = bm_peer_set_omp(g->threads); /* AOCL's BLIS asks OpenMP */
    if ((int)bm_blis.get_num_threads() != g->threads)
        bm_blis.set_num_threads(g->threads);
    gemm_peer_cblas(bm_blis.sgemm, g);
    bm_peer_set_omp(before);
}

BM_KERNEL(.peer = "blis", .idea = "the peer BLIS: cblas_sgemm with the same threads and pinning",
          .source =
              "Van Zee & van de Geijn, BLIS: A Framework for Rapidly Instantiating BLAS Functionality, TOMS 41(3)",
          .loses = "on CPUs newer than it is, on tiny products, and wherever an epilogue needs a pass of its own",
          .refuses = gemm_cblas_refuses, .run = run);
