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
 *          AVX2 it is dnnl_sgemm in version 2. A program that multiplies by the same B again and again would let the
 *          library choose its layout: then B is converted once, and here in no call.
 */
#include "gemm_peer.h"
#include "onednn_matmul.h"

static struct onednn_key key_of(const struct bm_gemm *g)
{
    return (struct onednn_key){ .size = { g->M, g->N, g->K, g->lda, g->ldb, g->ldc, (size_t)(g->ta + 2 * g->tb),
                                          (size_t)g->epilogue },
                                .threads = (size_t)g->threads,
                                .constant = { g->beta, g->epilogue == BM_EPILOGUE_BIAS_RELU ? g->slope : 0 } };
}

/* What follows the product; the bias does not count. */
static bool append(void *ops, const struct bm_gemm *g)
{
    const bool v2 = bm_onednn.version == 2;
    if (g->beta != 0 && !bm_peer_did(v2 ? bm_onednn.v2.post_ops_append_sum(ops, g->beta)
                                        : bm_onednn.v3.post_ops_append_sum(ops, g->beta, 0, DNNL_F32),
                                     "dnnl_post_ops_append_sum"))
        return false;
    return g->epilogue != BM_EPILOGUE_BIAS_RELU || onednn_append_relu(ops, g->slope);
}

static bool attributes_of(const struct bm_gemm *g, void **attributes)
{
    void *ops = NULL;
    const bool did =
        bm_peer_did(bm_onednn.primitive_attr_create(attributes), "dnnl_primitive_attr_create") &&
        bm_peer_did(bm_onednn.post_ops_create(&ops), "dnnl_post_ops_create") && append(ops, g) &&
        bm_peer_did(bm_onednn.primitive_attr_set_post_ops(*attributes, ops), "dnnl_primitive_attr_set_post_ops");
    if (ops)
        bm_peer_did(bm_onednn.post_ops_destroy(ops), "dnnl_post_ops_destroy");
    return did;
}

enum { A, B, C, BIAS, ARRAYS };

static void make(struct onednn_made *m, const struct bm_gemm *g)
{
    static const int which[ARRAYS] = { DNNL_SRC, DNNL_WEIGHTS, DNNL_DST, DNNL_BIAS };
    struct onednn_desc desc[ARRAYS] = { { .md = NULL } };
    void *attributes = NULL, *pd = NULL;
    const bool bias = bm_epilogue_bias(g->epilogue);
    bool ok = onednn_started() && onednn_matrix(&desc[A], DNNL_F32, g->M, g->K, g->lda, g->ta) &&
              onednn_matrix(&desc[B], DNNL_F32, g->K, g->N, g->ldb, g->tb) &&
              onednn_matrix(&desc[C], DNNL_F32, g->M, g->N, g->ldc, false) &&
              (!bias || onednn_matrix(&desc[BIAS], DNNL_F32, 1, g->N, g->N, false)) && attributes_of(g, &attributes) &&
              onednn_matmul_desc(m, &desc[A], &desc[B], &desc[BIAS], &desc[C], attributes, &pd) && onednn_create(m, pd);
    for (int i = 0; i < (bias ? ARRAYS : BIAS) && ok; i++)
        ok = onednn_add(m, which[i], desc[i].md, NULL);
    if (!ok)
        onednn_give_up(m);
    onednn_destroy_desc(pd);
    if (attributes)
        bm_peer_did(bm_onednn.primitive_attr_destroy(attributes), "dnnl_primitive_attr_destroy");
    for (int i = 0; i < ARRAYS; i++)
        onednn_forget(&desc[i]);
}

static struct onednn_made *find(const struct bm_gemm *g)
{
    const struct onednn_key key = key_of(g);
    struct onednn_made *m = onednn_kept(&key);
    if (!m) {
        m = onednn_room(&key);
        make(m, g);
    }
    return m;
}

static bool no_product(const struct bm_gemm *g) { return g->M == 0 || g->N == 0 || g->K == 0; }

static const char *refuses(const void *args)
{
    const struct bm_gemm *g = args;
    if (!bm_onednn.version)
        return "this build of the library has no matmul by the interface of version 2 or 3";
    if (g->alpha != 1)
        return "the library's matmul has no alpha";
    if (bm_epilogue_stats(g->epilogue))
        return "the library makes no statistics";
    if (no_product(g))
        return g->epilogue == BM_EPILOGUE_NONE ? NULL : "the library makes no primitive for an empty product";
    pthread_mutex_lock(&onednn_lock);
    const int before = bm_peer_set_omp(g->threads);
    const char *why = onednn_answer(find(g));
    bm_peer_set_omp(before);
    pthread_mutex_unlock(&onednn_lock);
    return why;
}

static void run(const void *args)
{
    const struct bm_gemm *g = args;
    if (gemm_peer_no_product(g))
        return;
    pthread_mutex_lock(&onednn_lock);
    const int before = bm_peer_set_omp(g->threads);
    if (!onednn_execute(find(g), (const void *const[]){ g->A, g->B, g->C, g->bias }))
        g->C[0] = NAN;
    bm_peer_set_omp(before);
    pthread_mutex_unlock(&onednn_lock);
}

BM_KERNEL(.peer = "onednn",
          .idea = "the peer oneDNN: its matmul primitive, made once a shape, with bias and ReLU in it",
          .source = "oneDNN Developer Guide, Matrix Multiplication",
          .loses = "at the first call of a shape, which compiles, and on tiny products", .refuses = refuses,
          .run = run);
