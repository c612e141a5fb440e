/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8_onednn_matmul - the product of integers by oneDNN's matmul primitive, as frameworks call it; found at run time.
 *
 * C = act(scale (op(A) op(B)) + bias)
 *
 * Source:  oneDNN's Developer Guide, "Matrix Multiplication", "Primitive Attributes: Quantization" (of versions 2 and 3).
 * Shapes:  any transpose, which is a pair of strides to it; no empty product.
 * Traffic: A and B lie in plain rows. The library copies them or not, as it finds.
 * Idea:    a primitive with a scale a column, given at each call, and the activation as an operation after the product, made at
 *          the first call of a shape and kept (onednn.h). Version 3 scales the weights and adds the bias then. Version 2 scales
 *          what it makes, its own bias included: there the bias is an addition after that.
 * Error:   that of the epilogue, if the library uses VNNI or widens to 16 bits; without VNNI it may saturate pairs of products.
 *          ReLU makes 0 of NaN in some implementations.
 * Tail:    masks.
 * Loses:   at the first call of a shape, which compiles; on tiny products, by the price of calling a primitive. A program that
 *          keeps its weights would let the library choose their layout: then B is converted once, and here in each call.
 */
#include "gemm_s8.h"
#include "onednn_matmul.h"

enum { OUTPUT_SCALES_V2 = 513, SCALES_V3 = 4096, FIRST_POST_OP_V2 = 16384, SRC_1_V2 = 2, BINARY_ADD_V2 = 0x1fff0 };
enum { OF_COLUMNS = 1 << 1 }; /* the mask of scales */
enum { A, B, C, SCALE, BIAS, ARRAYS };

static struct onednn_key key_of(const struct bm_gemm_s8 *g)
{
    return (struct onednn_key){ .size = { g->M, g->N, g->K, g->lda, g->ldb, g->ldc, (size_t)(g->ta + 2 * g->tb),
                                          (size_t)g->epilogue },
                                .threads = (size_t)g->threads,
                                .constant = { g->epilogue == BM_EPILOGUE_BIAS_RELU ? g->slope : 0, 0 } };
}

static bool set_scales(void *attributes)
{
    /* Version 2's "given at each call": a NaN of these bits. */
    const uint32_t bits = 0x7fc000d0;
    float later;
    memcpy(&later, &bits, sizeof later);
    return bm_onednn.version == 2
               ? bm_peer_did(bm_onednn.v2.primitive_attr_set_output_scales(attributes, 1, OF_COLUMNS, &later),
                             "dnnl_primitive_attr_set_output_scales")
               : bm_peer_did(bm_onednn.v3.primitive_attr_set_scales_mask(attributes, DNNL_WEIGHTS, OF_COLUMNS),
                             "dnnl_primitive_attr_set_scales_mask");
}

/* What follows the product; the bias of version 3 does not count. */
static bool append(void *ops, const struct bm_gemm_s8 *g, const struct onednn_desc *bias)
{
    if (bm_onednn.version == 2 && bias->md &&
        !bm_peer_did(bm_onednn.v2.post_ops_append_binary(ops, BINARY_ADD_V2, bias->md), "dnnl_post_ops_append_binary"))
        return false;
    return g->epilogue != BM_EPILOGUE_BIAS_RELU || onednn_append_relu(ops, g->slope);
}

static bool attributes_of(const struct bm_gemm_s8 *g, const struct onednn_desc *bias, void **attributes)
{
    void *ops = NULL;
    const bool did =
        bm_peer_did(bm_onednn.primitive_attr_create(attributes), "dnnl_primitive_attr_create") && set_scales(*attributes) &&
        bm_peer_did(bm_onednn.post_ops_create(&ops), "dnnl_post_ops_create") && append(ops, g, bias) &&
        bm_peer_did(bm_onednn.primitive_attr_set_post_ops(*attributes, ops), "dnnl_primitive_attr_set_post_ops");
    if (ops)
        bm_peer_did(bm_onednn.post_ops_destroy(ops), "dnnl_post_ops_destroy");
    return did;
}

static void make(struct onednn_made *m, const struct bm_gemm_s8 *g)
{
    const bool v2 = bm_onednn.version == 2, bias = bm_epilogue_bias(g->epilogue);
    const int which[ARRAYS] = { DNNL_SRC, DNNL_WEIGHTS, DNNL_DST, v2 ? OUTPUT_SCALES_V2 : SCALES_V3 | DNNL_WEIGHTS,
                                v2 ? FIRST_POST_OP_V2 | SRC_1_V2 : DNNL_BIAS };
    const struct onednn_desc none = { .md = NULL };
    const int64_t columns = (int64_t)g->N, one = 1;
    struct onednn_desc desc[ARRAYS] = { { .md = NULL } };
    void *attributes = NULL, *pd = NULL;
    bool ok = onednn_started() && onednn_matrix(&desc[A], DNNL_U8, g->M, g->K, g->lda, g->ta) &&
              onednn_matrix(&desc[B], DNNL_S8, g->K, g->N, g->ldb, g->tb) &&
              onednn_matrix(&desc[C], DNNL_F32, g->M, g->N, g->ldc, false) && onednn_describe(&desc[SCALE], 1, &columns, &one) &&
              (!bias || onednn_matrix(&desc[BIAS], DNNL_F32, 1, g->N, g->N, false)) &&
              attributes_of(g, &desc[BIAS], &attributes) &&
              onednn_matmul_desc(m, &desc[A], &desc[B], v2 ? &none : &desc[BIAS], &desc[C], attributes, &pd) &&
              onednn_create(m, pd);
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

static struct onednn_made *find(const struct bm_gemm_s8 *g)
{
    const struct onednn_key key = key_of(g);
    struct onednn_made *m = onednn_kept(&key);
    if (!m) {
        m = onednn_room(&key);
        make(m, g);
    }
    return m;
}

static const char *refuses(const void *args)
{
    const struct bm_gemm_s8 *g = args;
    if (!bm_onednn.version)
        return "this build of the library has no matmul by the interface of version 2 or 3";
    if (g->M == 0 || g->N == 0 || g->K == 0)
        return "the library makes no primitive for an empty product";
    pthread_mutex_lock(&onednn_lock);
    const int before = bm_peer_set_omp(g->threads);
    const char *why = onednn_answer(find(g));
    bm_peer_set_omp(before);
    pthread_mutex_unlock(&onednn_lock);
    return why;
}

static void run(const void *args)
{
    const struct bm_gemm_s8 *g = args;
    pthread_mutex_lock(&onednn_lock);
    const int before = bm_peer_set_omp(g->threads);
    if (!onednn_execute(find(g), (const void *const[]){ g->A, g->B, g->C, g->scale, g->bias }))
        g->C[0] = NAN;
    bm_peer_set_omp(before);
    pthread_mutex_unlock(&onednn_lock);
}

BM_KERNEL(.peer = "onednn",
          .idea = "the peer oneDNN: its matmul primitive of u8 by s8, made once a shape, with scales, bias and ReLU in it",
          .source = "oneDNN Developer Guide, Matrix Multiplication",
          .loses = "at the first call of a shape, which compiles, and on tiny products", .refuses = refuses,
          .run = run);
