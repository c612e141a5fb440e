/* SPDX-License-Identifier: MIT */
/* onednn_matmul.h - what the kernels by oneDNN's matmul primitive share: its matrices, its activation and its descriptor. */
#ifndef BATCHMARK_ONEDNN_MATMUL_H
#define BATCHMARK_ONEDNN_MATMUL_H

#include "onednn.h"

enum { DNNL_ELTWISE_RELU_V2 = 0x1f, DNNL_ELTWISE_RELU_V3 = 0x20 };

static inline bool onednn_matrix(struct onednn_desc *desc, int type, size_t rows, size_t cols, size_t ld, bool transposed)
{
    const int64_t one = 1, stride = (int64_t)ld;
    return onednn_describe_as(desc, type, 2, (const int64_t[]){ (int64_t)rows, (int64_t)cols },
                              transposed ? (const int64_t[]){ one, stride } : (const int64_t[]){ stride, one });
}

/* act(v) = v > 0 ? v : slope * v as one more operation after the product. */
static inline bool onednn_append_relu(void *ops, float slope)
{
    return bm_peer_did(bm_onednn.version == 2
                           ? bm_onednn.v2.post_ops_append_eltwise(ops, 1, DNNL_ELTWISE_RELU_V2, slope, 0)
                           : bm_onednn.v3.post_ops_append_eltwise(ops, DNNL_ELTWISE_RELU_V3, slope, 0),
                       "dnnl_post_ops_append_eltwise");
}

/* bias may be none. */
static inline bool onednn_matmul_desc(struct onednn_made *m, const struct onednn_desc *a, const struct onednn_desc *b,
                                      const struct onednn_desc *bias, const struct onednn_desc *c, const void *attributes,
                                      void **pd)
{
    if (bm_onednn.version == 3)
        return onednn_has(m,
                          bm_onednn.v3.matmul_primitive_desc_create(pd, onednn.engine, a->md, b->md, bias->md, c->md,
                                                                    attributes),
                          "dnnl_matmul_primitive_desc_create");
    _Alignas(64) char room[8192]; /* dnnl_matmul_desc_t has 2,800 bytes in 2.6 */
    return bm_peer_did(bm_onednn.v2.matmul_desc_init(room, a->md, b->md, bias->md, c->md), "dnnl_matmul_desc_init") &&
           onednn_has(m, bm_onednn.v2.primitive_desc_create(pd, room, attributes, onednn.engine, NULL),
                      "dnnl_primitive_desc_create");
}

#endif
