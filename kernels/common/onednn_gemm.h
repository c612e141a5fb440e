/* SPDX-License-Identifier: MIT */
/* onednn_gemm.h - what the two kernels by oneDNN's matmul primitive in f32 share: how a primitive is made and found for a
 * product, and which products are refused. They differ in B alone: as it lies, or in the library's layout. */
#ifndef BATCHMARK_ONEDNN_GEMM_H
#define BATCHMARK_ONEDNN_GEMM_H

#include "gemm_peer.h"
#include "onednn_matmul.h"

static inline struct onednn_key onednn_gemm_key(const struct bm_gemm *g)
{
    return (struct onednn_key){ .size = { g->M, g->N, g->K, g->lda, g->ldb, g->ldc, (size_t)(g->ta + 2 * g->tb),
                                          (size_t)g->epilogue },
                                .threads = (size_t)g->threads,
                                .constant = { g->beta, g->epilogue == BM_EPILOGUE_BIAS_RELU ? g->slope : 0 } };
}

/* What follows the product; the bias does not count. */
static inline bool onednn_gemm_append(void *ops, const struct bm_gemm *g)
{
    const bool v2 = bm_onednn.version == 2;
    if (g->beta != 0 && !bm_peer_did(v2 ? bm_onednn.v2.post_ops_append_sum(ops, g->beta)
                                        : bm_onednn.v3.post_ops_append_sum(ops, g->beta, 0, DNNL_F32),
                                     "dnnl_post_ops_append_sum"))
        return false;
    return g->epilogue != BM_EPILOGUE_BIAS_RELU || onednn_append_relu(ops, g->slope);
}

static inline bool onednn_gemm_attributes(const struct bm_gemm *g, void **attributes)
{
    void *ops = NULL;
    const bool did =
        bm_peer_did(bm_onednn.primitive_attr_create(attributes), "dnnl_primitive_attr_create") &&
        bm_peer_did(bm_onednn.post_ops_create(&ops), "dnnl_post_ops_create") &&
        onednn_gemm_append(ops, g) &&
        bm_peer_did(bm_onednn.primitive_attr_set_post_ops(*attributes, ops), "dnnl_primitive_attr_set_post_ops");
    if (ops)
        bm_peer_did(bm_onednn.post_ops_destroy(ops), "dnnl_post_ops_destroy");
    return did;
}

enum { ONEDNN_A, ONEDNN_B, ONEDNN_C, ONEDNN_GEMM_BIAS, ONEDNN_GEMM_ARRAYS };

/* B as it lies, or, where packed, in the layout that the library chooses. */
static inline bool onednn_gemm_b(struct onednn_desc *desc, const struct bm_gemm *g, bool packed)
{
    return packed ? onednn_describe_layout(desc, 2, (const int64_t[]){ (int64_t)g->K, (int64_t)g->N }, DNNL_ANY)
                  : onednn_matrix(desc, DNNL_F32, g->K, g->N, g->ldb, g->tb);
}

/* What brings B into that layout. */
static inline bool onednn_gemm_packing(struct onednn_made *m, const struct bm_gemm *g, const void *layout)
{
    struct onednn_desc plain = { .md = NULL };
    void *pd = NULL;
    m->pack.bytes = bm_onednn.memory_desc_get_size(layout);
    const bool ok =
        onednn_matrix(&plain, DNNL_F32, g->K, g->N, g->ldb, g->tb) &&
        onednn_has(m, bm_onednn.reorder_primitive_desc_create(&pd, plain.md, onednn.engine, layout, onednn.engine, NULL),
                   "dnnl_reorder_primitive_desc_create") &&
        onednn_has(m, bm_onednn.primitive_create(&m->pack.primitive, pd), "dnnl_primitive_create") &&
        bm_peer_did(bm_onednn.memory_create(&m->pack.plain, plain.md, onednn.engine, NULL), "dnnl_memory_create");
    onednn_destroy_desc(pd);
    onednn_forget(&plain);
    return ok;
}

static inline void onednn_gemm_make(struct onednn_made *m, const struct bm_gemm *g, bool packed)
{
    static const int which[ONEDNN_GEMM_ARRAYS] = { DNNL_SRC, DNNL_WEIGHTS, DNNL_DST, DNNL_BIAS };
    struct onednn_desc desc[ONEDNN_GEMM_ARRAYS] = { { .md = NULL } }, *const bias = &desc[ONEDNN_GEMM_BIAS];
    void *attributes = NULL, *pd = NULL;
    const bool has_bias = bm_epilogue_bias(g->epilogue);
    bool ok = onednn_started() && onednn_matrix(&desc[ONEDNN_A], DNNL_F32, g->M, g->K, g->lda, g->ta) &&
              onednn_gemm_b(&desc[ONEDNN_B], g, packed) &&
              onednn_matrix(&desc[ONEDNN_C], DNNL_F32, g->M, g->N, g->ldc, false) &&
              (!has_bias || onednn_matrix(bias, DNNL_F32, 1, g->N, g->N, false)) && onednn_gemm_attributes(g, &attributes) &&
              onednn_matmul_desc(m, &desc[ONEDNN_A], &desc[ONEDNN_B], bias, &desc[ONEDNN_C], attributes, &pd) &&
              onednn_create(m, pd);
    const void *layout = ok && packed ? bm_onednn.primitive_desc_query_md(pd, DNNL_WEIGHTS_MD, 0) : NULL;
    for (int i = 0; i < (has_bias ? ONEDNN_GEMM_ARRAYS : ONEDNN_GEMM_BIAS) && ok; i++)
        ok = onednn_add(m, which[i], i == ONEDNN_B && packed ? layout : desc[i].md, NULL);
    if (!ok || (packed && !onednn_gemm_packing(m, g, layout)))
        onednn_give_up(m);
    onednn_destroy_desc(pd);
    if (attributes)
        bm_peer_did(bm_onednn.primitive_attr_destroy(attributes), "dnnl_primitive_attr_destroy");
    for (int i = 0; i < ONEDNN_GEMM_ARRAYS; i++)
        onednn_forget(&desc[i]);
}

/* To be called with onednn_lock, which onednn_gemm_begin() takes. */
static inline struct onednn_made *onednn_gemm_find(const struct bm_gemm *g, bool packed)
{
    const struct onednn_key key = onednn_gemm_key(g);
    struct onednn_made *m = onednn_kept(&key);
    if (!m) {
        m = onednn_room(&key);
        onednn_gemm_make(m, g, packed);
    }
    return m;
}

/* Around all that is done with a primitive; returns what the end needs. */
static inline int onednn_gemm_begin(const struct bm_gemm *g)
{
    pthread_mutex_lock(&onednn_lock);
    return bm_peer_set_omp(g->threads);
}
static inline void onednn_gemm_end(int threads_before)
{
    bm_peer_set_omp(threads_before);
    pthread_mutex_unlock(&onednn_lock);
}

static inline bool onednn_gemm_no_product(const struct bm_gemm *g) { return g->M == 0 || g->N == 0 || g->K == 0; }

static inline const char *onednn_gemm_refuses(const struct bm_gemm *g, bool packed)
{
    if (!bm_onednn.version)
        return "this build of the library has no matmul by the interface of version 2 or 3";
    if (g->alpha != 1)
        return "the library's matmul has no alpha";
    if (bm_epilogue_stats(g->epilogue))
        return "the library makes no statistics";
    if (onednn_gemm_no_product(g))
        return g->epilogue == BM_EPILOGUE_NONE ? NULL : "the library makes no primitive for an empty product";
    const int before = onednn_gemm_begin(g);
    const char *why = onednn_answer(onednn_gemm_find(g, packed));
    onednn_gemm_end(before);
    return why;
}

/* B: as it lies, or packed. */
static inline void onednn_gemm_run(const struct bm_gemm *g, const void *b, bool packed)
{
    if (gemm_peer_no_product(g))
        return;
    const int before = onednn_gemm_begin(g);
    if (!onednn_execute(onednn_gemm_find(g, packed), (const void *const[]){ g->A, b, g->C, g->bias }))
        g->C[0] = NAN;
    onednn_gemm_end(before);
}

#endif
