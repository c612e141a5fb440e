/* SPDX-License-Identifier: MIT */
/*
 * gemm_onednn_matmul - the product by oneDNN's matmul primitive, as frameworks call it; found at run time.
 *
 * C = act(op(A) op(B) + beta C + bias)
 *
 * Source:  oneDNN's Developer Guide, "Matrix Multiplication".
 * Shapes:  alpha = 1, which the primitive knows no other of; any transpose, which is a pair of strides to it; a bias,
 *          and an activation after it.
 * Traffic: A and B lie in plain rows, as a step of training has them. The library copies them or not, as it finds.
 * Idea:    a primitive with beta as a sum, and the activation as an operation after the product, made at the first call
 *          of a shape and kept (onednn.h). dnnl_sgemm (gemm_onednn) looks for its way in each call.
 * Error:   (K + 4) u sum_k |a_ik b_kj| in any order of summation; ReLU makes 0 of NaN in some implementations.
 * Tail:    masks.
 * Loses:   at the first call of a shape, which compiles; on tiny products, by the price of calling a primitive; with
 *          AVX2 it is dnnl_sgemm in version 2. A program that multiplies by the same B again and again lets the
 *          library choose its layout: gemm_onednn_matmul_packed.
 */
#include "onednn_gemm.h"

static const char *refuses(const void *args) { return onednn_gemm_refuses(args, false); }

static void run(const void *args)
{
    const struct bm_gemm *g = args;
    onednn_gemm_run(g, g->B, false);
}

BM_KERNEL(.peer = "onednn",
          .idea = "the peer oneDNN: its matmul primitive, made once a shape, with bias and ReLU in it",
          .source = "oneDNN Developer Guide, Matrix Multiplication",
          .loses = "at the first call of a shape, which compiles, and on tiny products", .refuses = refuses,
          .run = run);
