/* SPDX-License-Identifier: MIT */
/*
 * gemm_onednn_matmul_packed - the product by oneDNN's matmul primitive with weights that were packed before; found at run
 * time.
 *
 * C = act(op(A) op(B) + beta C + bias)
 *
 * Source:  oneDNN's Developer Guide, "Matrix Multiplication", and "Memory Format Propagation": the tag `any`.
 * Shapes:  as gemm_onednn_matmul.
 * Traffic: B in the layout that the library chose, into which prepare() brought it; A and C in plain rows.
 * Idea:    what a framework does in inference: weights stay, so they are packed once, and no call pays for it. That is less
 *          work than a product: no kernel that has B as it lies is set against it (`bench --versus`).
 * Error:   (K + 4) u sum_k |a_ik b_kj| in any order of summation; ReLU makes 0 of NaN in some implementations.
 * Tail:    the layout is padded with zeros.
 * Loses:   where B changes from call to call, as in training.
 */
#include "onednn_gemm.h"

static const char *refuses(const void *args) { return onednn_gemm_refuses(args, true); }

static size_t scratch_bytes(const void *args)
{
    const struct bm_gemm *g = args;
    if (onednn_gemm_no_product(g))
        return 0;
    const int before = onednn_gemm_begin(g);
    const size_t bytes = onednn_gemm_find(g, true)->pack.bytes;
    onednn_gemm_end(before);
    return bytes;
}

static void prepare(const void *args)
{
    const struct bm_gemm *g = args;
    if (onednn_gemm_no_product(g))
        return;
    const int before = onednn_gemm_begin(g);
    struct onednn_made *m = onednn_gemm_find(g, true);
    const struct bm_onednn_arg arg[] = { { DNNL_SRC, m->pack.plain }, { DNNL_DST, m->arg[ONEDNN_B].memory } };
    m->data[ONEDNN_B] = g->scratch;
    if (bm_peer_did(bm_onednn.memory_set_data_handle(m->pack.plain, g->B), "dnnl_memory_set_data_handle") &&
        bm_peer_did(bm_onednn.memory_set_data_handle(m->arg[ONEDNN_B].memory, g->scratch), "dnnl_memory_set_data_handle") &&
        bm_peer_did(bm_onednn.primitive_execute(m->pack.primitive, onednn.stream, 2, arg), "dnnl_primitive_execute"))
        bm_peer_did(bm_onednn.stream_wait(onednn.stream), "dnnl_stream_wait");
    onednn_gemm_end(before);
}

static void run(const void *args)
{
    const struct bm_gemm *g = args;
    onednn_gemm_run(g, g->scratch, true);
}

BM_KERNEL(.peer = "onednn",
          .idea = "the peer oneDNN: its matmul primitive with B in its own layout, which no call pays for: inference",
          .source = "oneDNN Developer Guide, Memory Format Propagation",
          .loses = "where B changes from call to call, as in training", .refuses = refuses, .scratch_bytes = scratch_bytes,
          .prepare = prepare, .run = run);
