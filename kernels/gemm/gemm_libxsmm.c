/* SPDX-License-Identifier: MIT */
/*
 * gemm_libxsmm - small products by libxsmm, found at run time.
 *
 * C = op(A) B + beta C with beta 0 or 1
 *
 * Source:  Heinecke, Henry, Hutchinson & Pabst, "LIBXSMM: Accelerating Small Matrix Multiplications by Runtime Code
 *          Generation", SC16.
 * Shapes:  M N K up to 64^3, for which the library is made: it hands larger ones to a BLAS. No epilogue, B not transposed,
 *          alpha 1. One thread, however many are given: `bench` counts them, and times it on one only.
 * Traffic: A, B and C as they lie.
 * Idea:    machine code for this very product, made at its first call and then looked up.
 * Error:   (K + 4) u sum_k |a_ik b_kj| in any order of summation.
 * Tail:    masks.
 * Loses:   at the first call of a shape, which compiles, and on products beyond the first-level cache.
 */
#include <math.h>

#include "gemm_peer.h"

enum { MOST = 64 * 64 * 64, TRANS_A = 1, TRANS_B = 2 };

/* Row-major C = A B is column-major C^T = B^T A^T: B comes first, M and N change places, and what is transposed is A. */
static bm_libxsmm_product *product(const struct bm_gemm *g)
{
    const int lda = (int)g->lda, ldb = (int)g->ldb, ldc = (int)g->ldc;
    const int flags = (g->tb ? TRANS_A : 0) | (g->ta ? TRANS_B : 0);
    return bm_libxsmm.smmdispatch((int)g->N, (int)g->M, (int)g->K, &ldb, &lda, &ldc, &g->alpha, &g->beta, &flags, NULL);
}

static const char *refuses(const void *args)
{
    const struct bm_gemm *g = args;
    const char *why = gemm_cblas_refuses(args);
    if (why)
        return why;
    if (g->M == 0 || g->N == 0 || g->K == 0)
        return NULL;
    if (g->alpha != 1 || (g->beta != 0 && g->beta != 1))
        return "the library's code is for alpha 1 and beta 0 or 1";
    if ((double)g->M * (double)g->N * (double)g->K > MOST)
        return "the library's code is for small products, M N K up to 64^3";
    return product(g) ? NULL : "the library makes no code for this product (none with B transposed)";
}

static void run(const void *args)
{
    const struct bm_gemm *g = args;
    if (gemm_peer_no_product(g))
        return;
    bm_libxsmm_product *code = product(g);
    if (code)
        code(g->B, g->A, g->C);
    else
        g->C[0] = NAN;
}

BM_KERNEL(.peer = "libxsmm", .idea = "the peer libxsmm: machine code made for the one small product",
          .source = "Heinecke et al., LIBXSMM: Accelerating Small Matrix Multiplications by Runtime Code Generation, SC16",
          .loses = "at the first call of a shape, which compiles, and on products beyond the first-level cache",
          .refuses = refuses, .run = run);
