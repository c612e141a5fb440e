/*
 * peer_calls.h - what the peers' variants (gemm_openblas.c and the like) call: functions of libraries that are not
 * linked but found at run time, by harness/peer.c. They are NULL until bm_runnable() has said yes to a variant of that
 * peer.
 */
#ifndef BATCHMARK_PEER_CALLS_H
#define BATCHMARK_PEER_CALLS_H

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

/* Row-major; returns a dnnl_status_t, 0 for success. The same in oneDNN 1, 2 and 3. */
extern struct bm_onednn {
    int (*sgemm)(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                 const float *b, int64_t ldb, float beta, float *c, int64_t ldc);
} bm_onednn;

#endif
