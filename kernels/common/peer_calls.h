/* SPDX-License-Identifier: MIT */
/*
 * peer_calls.h - what the peers' kernels (gemm_openblas.c and the like) call: functions of libraries that are not
 * linked but found at run time, by kernels/library/peer.c. They are NULL until bm_runnable() has said yes to a kernel of that
 * peer.
 */
#ifndef BATCHMARK_PEER_CALLS_H
#define BATCHMARK_PEER_CALLS_H

#include <omp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CBLAS with 32-bit integers; CBLAS_ORDER and CBLAS_TRANSPOSE are passed as the integers that all builds agree on. */
enum { BM_CBLAS_ROW_MAJOR = 101, BM_CBLAS_NO_TRANS = 111, BM_CBLAS_TRANS = 112 };
typedef void bm_cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a,
                            int lda, const float *b, int ldb, float beta, float *c, int ldc);

extern struct bm_openblas {
    bm_cblas_sgemm *sgemm;
    void (*set_num_threads)(int n);
    int (*get_num_threads)(void);
} bm_openblas;

/* BLIS' dim_t is 64 bits wide in every 64-bit build unless it was configured otherwise: the upper half is not trusted.
 */
extern struct bm_blis {
    bm_cblas_sgemm *sgemm;
    void (*set_num_threads)(int64_t n);
    int64_t (*get_num_threads)(void);
} bm_blis;

/* libxsmm multiplies column-major; a product that it makes no code for is NULL. Integers are 32 bits wide in Debian's build. */
typedef void bm_libxsmm_product(const float *a, const float *b, float *c, ...);
extern struct bm_libxsmm {
    bm_libxsmm_product *(*smmdispatch)(int m, int n, int k, const int *lda, const int *ldb, const int *ldc,
                                       const float *alpha, const float *beta, const int *flags, const int *prefetch);
    const char *(*target)(void);
} bm_libxsmm;

/* The first call of this thread that a library answered with an error since this was cleared, and its status; call NULL:
 * none. A kernel whose library fails leaves a NaN in its result besides, so that nobody takes that for one. */
struct bm_peer_failure {
    const char *call;
    int status;
};
extern _Thread_local struct bm_peer_failure bm_peer_failure;

/* What a library that has several calls its own kernel for the shape that refuses() of this thread was last asked about:
 * "jit:avx2". NULL: it does not say. It stays until then. */
extern _Thread_local const char *bm_peer_implementation;

/* Takes the status of a call that answers 0 when it did what it was asked to. */
static inline bool bm_peer_did(int status, const char *call)
{
    if (status != 0 && !bm_peer_failure.call)
        bm_peer_failure = (struct bm_peer_failure){ call, status };
    return status == 0;
}

/* One argument of a oneDNN primitive: which one, and the memory object that holds it (dnnl_exec_arg_t). */
struct bm_onednn_arg {
    int which;
    void *memory;
};

/* All return a dnnl_status_t, 0 for success, but primitive_desc_query_md. Objects are pointers to structures that only
 * the library knows, enumerations are the integers that it gives them. What it calls a memory descriptor is such an
 * object in version 3, and in version 2 a structure that the caller makes room for and passes the address of. */
extern struct bm_onednn {
    /* Row-major. The same in oneDNN 1, 2 and 3. */
    int (*sgemm)(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                 const float *b, int64_t ldb, float beta, float *c, int64_t ldc);
    int version; /* 2 or 3: the interface of primitives that all of what follows is there for; 0: none */
    int (*engine_create)(void **engine, int kind, size_t index);
    int (*stream_create)(void **stream, void *engine, unsigned flags);
    int (*stream_wait)(void *stream);
    int (*memory_create)(void **memory, const void *desc, void *engine, void *data);
    int (*memory_set_data_handle)(void *memory, const void *data);
    int (*memory_destroy)(void *memory);
    size_t (*memory_desc_get_size)(const void *desc);
    int (*reorder_primitive_desc_create)(void **primitive_desc, const void *from, void *from_engine, const void *to,
                                         void *to_engine, const void *attributes);
    const void *(*primitive_desc_query_md)(const void *primitive_desc, int what, int index);
    int (*primitive_desc_query)(const void *primitive_desc, int what, int index, void *result);
    int (*primitive_desc_destroy)(void *primitive_desc);
    int (*primitive_create)(void **primitive, const void *primitive_desc);
    int (*primitive_execute)(const void *primitive, void *stream, int count, const struct bm_onednn_arg *args);
    int (*primitive_destroy)(void *primitive);
    int (*primitive_attr_create)(void **attributes);
    int (*primitive_attr_set_post_ops)(void *attributes, const void *post_ops);
    int (*primitive_attr_destroy)(void *attributes);
    int (*post_ops_create)(void **post_ops);
    int (*post_ops_destroy)(void *post_ops);
    struct { /* of version 2 */
        int (*memory_desc_init_by_strides)(void *desc, int ndims, const int64_t *dims, int type,
                                           const int64_t *strides);
        int (*memory_desc_init_by_tag)(void *desc, int ndims, const int64_t *dims, int type, int tag);
        int (*bn_forward_desc_init)(void *bn_desc, int prop, const void *desc, float eps, unsigned flags);
        int (*bn_backward_desc_init)(void *bn_desc, int prop, const void *diff_desc, const void *desc, float eps,
                                     unsigned flags);
        int (*norm_forward_desc_init)(void *norm_desc, int prop, const void *desc, const void *stat_desc, float eps,
                                      unsigned flags);
        int (*norm_backward_desc_init)(void *norm_desc, int prop, const void *diff_desc, const void *desc,
                                       const void *stat_desc, float eps, unsigned flags);
        int (*matmul_desc_init)(void *matmul_desc, const void *src, const void *weights, const void *bias,
                                const void *dst);
        int (*primitive_desc_create)(void **primitive_desc, const void *desc, const void *attributes, void *engine,
                                     const void *hint);
        int (*post_ops_append_sum)(void *post_ops, float scale);
        int (*post_ops_append_eltwise)(void *post_ops, float scale, int algorithm, float alpha, float beta);
        int (*post_ops_append_binary)(void *post_ops, int algorithm, const void *desc);
        int (*primitive_attr_set_output_scales)(void *attributes, int64_t count, int mask, const float *scales);
    } v2;
    struct { /* of version 3 */
        int (*memory_desc_create_with_strides)(void **desc, int ndims, const int64_t *dims, int type,
                                               const int64_t *strides);
        int (*memory_desc_create_with_tag)(void **desc, int ndims, const int64_t *dims, int type, int tag);
        int (*memory_desc_destroy)(void *desc);
        int (*bn_forward_primitive_desc_create)(void **primitive_desc, void *engine, int prop, const void *src,
                                                const void *dst, float eps, unsigned flags, const void *attributes);
        int (*bn_backward_primitive_desc_create)(void **primitive_desc, void *engine, int prop, const void *diff_src,
                                                 const void *diff_dst, const void *src, float eps, unsigned flags,
                                                 const void *hint, const void *attributes);
        int (*norm_forward_primitive_desc_create)(void **primitive_desc, void *engine, int prop, const void *src,
                                                  const void *dst, const void *stat, float eps, unsigned flags,
                                                  const void *attributes);
        int (*norm_backward_primitive_desc_create)(void **primitive_desc, void *engine, int prop, const void *diff_src,
                                                   const void *diff_dst, const void *src, const void *stat, float eps,
                                                   unsigned flags, const void *hint, const void *attributes);
        int (*matmul_primitive_desc_create)(void **primitive_desc, void *engine, const void *src, const void *weights,
                                            const void *bias, const void *dst, const void *attributes);
        int (*post_ops_append_sum)(void *post_ops, float scale, int32_t zero_point, int type);
        int (*post_ops_append_eltwise)(void *post_ops, int algorithm, float alpha, float beta);
        int (*primitive_attr_set_scales_mask)(void *attributes, int argument, int mask);
    } v3;
} bm_onednn;

/* OpenMP builds read the number of threads from OpenMP's own variable. Returns what to set again after the call. */
static inline int bm_peer_set_omp(int threads)
{
    int before = omp_get_max_threads();
    if (before != threads)
        omp_set_num_threads(threads);
    return before;
}

#endif
