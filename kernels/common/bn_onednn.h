/* SPDX-License-Identifier: MIT */
/*
 * bn_onednn.h - what the kernels of bn by oneDNN share: which calls they refuse, how a call becomes a primitive of the
 * library, and the primitives made so far.
 *
 * Source: oneDNN Developer Guide, "Batch Normalization" and "Transition from v2.x to v3.x".
 *
 * A primitive belongs to sizes, strides, eps and a number of threads. It is made, which compiles machine code, when
 * such a call is first asked about, and kept with the memory objects of its arguments, as a program that trains would
 * do; from then on a call sets the addresses that have changed and executes. The primitives of an op are used by one
 * call at a time.
 *
 * The library chooses its implementation by the layout, of which it has none for a matrix (the format nc ends in plain
 * loops, ten to forty times slower than its images). Channels-last is therefore described as images with channels last,
 * nhwc, for which statistics over rows and over pixels are the same: one image of N pixels, or N images of one pixel,
 * whichever oneDNN 2.6 was faster with here. Rows further apart than they are long, and channels-first, get plain
 * loops.
 */
#ifndef BATCHMARK_BN_ONEDNN_H
#define BATCHMARK_BN_ONEDNN_H

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "bn.h"
#include "kernel.h"
#include "peer_calls.h"

enum bn_onednn_kind { BN_ONEDNN_FORWARD, BN_ONEDNN_FORWARD_RELU, BN_ONEDNN_INFERENCE, BN_ONEDNN_BACKWARD };

/* The library's numbers. */
enum {
    DNNL_CPU = 1,
    DNNL_IN_ORDER = 1, /* a stream's default flags */
    DNNL_F32 = 3,
    DNNL_FORWARD_TRAINING = 64,
    DNNL_FORWARD_INFERENCE = 96,
    DNNL_BACKWARD = 128,
    DNNL_WORKSPACE_MD = 135,
    DNNL_SRC = 1,
    DNNL_DST = 17,
    DNNL_MEAN = 49,
    DNNL_VARIANCE = 50,
    DNNL_SCALE = 51,
    DNNL_SHIFT = 52,
    DNNL_WORKSPACE = 64,
    DNNL_DIFF_SRC = 129,
    DNNL_DIFF_DST = 145,
    DNNL_DIFF_SCALE = 255,
    DNNL_DIFF_SHIFT = 256
};

/* Flags of batch normalisation, with which the numbers of version 3 moved. */
static inline unsigned bn_onednn_flags(enum bn_onednn_kind kind)
{
    const bool v2 = bm_onednn.version == 2;
    const unsigned global_stats = 1, scale = v2 ? 8 : 2, shift = v2 ? 16 : 4, fuse_relu = v2 ? 4 : 8;
    return scale | shift | (kind == BN_ONEDNN_INFERENCE ? global_stats : 0) |
           (kind == BN_ONEDNN_FORWARD_RELU ? fuse_relu : 0);
}

/* A memory descriptor: what it points at is the library's in version 3. */
struct bn_onednn_desc {
    void *md;
    _Alignas(64) char room[1024]; /* dnnl_memory_desc_t has 696 bytes in 2.6 */
};

static inline bool bn_onednn_describe(struct bn_onednn_desc *desc, int ndims, const int64_t *dims,
                                      const int64_t *strides)
{
    desc->md = desc->room;
    return bm_onednn.version == 2
               ? bm_onednn.v2.memory_desc_init_by_strides(desc->md, ndims, dims, DNNL_F32, strides) == 0
               : bm_onednn.v3.memory_desc_create_with_strides(&desc->md, ndims, dims, DNNL_F32, strides) == 0;
}

static inline void bn_onednn_forget(struct bn_onednn_desc *desc)
{
    if (bm_onednn.version == 3)
        bm_onednn.v3.memory_desc_destroy(desc->md);
}

/* size_t and double only, so that there is no padding and memcmp() compares. */
struct bn_onednn_key {
    size_t N, C, S, ld, ld_diff, threads;
    double eps;
};

enum { BN_ONEDNN_ARGS = 9, BN_ONEDNN_KEPT = 64 };

struct bn_onednn_made {
    struct bn_onednn_key key;
    void *primitive; /* NULL: the library has none for the key */
    int count;
    const void *data[BN_ONEDNN_ARGS];
    struct bm_onednn_arg arg[BN_ONEDNN_ARGS];
};

/* Of one op: every kernel's file has its own. */
static struct {
    void *engine, *stream;
    size_t used, next; /* entries, and the one that gives way to a new one when all are used */
    struct bn_onednn_made made[BN_ONEDNN_KEPT];
} bn_onednn;
/* Over the primitives, which have state. (A named critical section would be one more symbol of the object.) */
static pthread_mutex_t bn_onednn_lock = PTHREAD_MUTEX_INITIALIZER;

/* An array of a call, and what describes it; the workspace is the library's own. */
struct bn_onednn_array {
    int which;
    enum { BN_ONEDNN_X, BN_ONEDNN_DIFF, BN_ONEDNN_CHANNELS, BN_ONEDNN_WORKSPACE } desc;
    const void *data;
};

/* Lists the arrays of a call; returns their number. The variance comes out where rstd belongs, and goes into backward
 * from the scratch. */
static inline int bn_onednn_arrays(enum bn_onednn_kind kind, const struct bm_bn *bn, struct bn_onednn_array array[])
{
    const bool inference = kind == BN_ONEDNN_INFERENCE, backward = kind == BN_ONEDNN_BACKWARD;
    const void *variance = inference ? bn->running_var : backward ? bn->scratch : bn->rstd;
    int n = 0;
    array[n++] = (struct bn_onednn_array){ DNNL_SRC, BN_ONEDNN_X, bn->x };
    array[n++] = (struct bn_onednn_array){ DNNL_MEAN, BN_ONEDNN_CHANNELS, inference ? bn->running_mean : bn->mean };
    array[n++] = (struct bn_onednn_array){ DNNL_VARIANCE, BN_ONEDNN_CHANNELS, variance };
    array[n++] = (struct bn_onednn_array){ DNNL_SCALE, BN_ONEDNN_CHANNELS, bn->gamma };
    if (backward) {
        array[n++] = (struct bn_onednn_array){ DNNL_DIFF_DST, BN_ONEDNN_DIFF, bn->dy };
        array[n++] = (struct bn_onednn_array){ DNNL_DIFF_SRC, BN_ONEDNN_DIFF, bn->dx };
        array[n++] = (struct bn_onednn_array){ DNNL_DIFF_SCALE, BN_ONEDNN_CHANNELS, bn->dgamma };
        array[n++] = (struct bn_onednn_array){ DNNL_DIFF_SHIFT, BN_ONEDNN_CHANNELS, bn->dbeta };
        /* 2.6 does nothing without a shift, of which backward reads nothing: any array will do. */
        array[n++] = (struct bn_onednn_array){ DNNL_SHIFT, BN_ONEDNN_CHANNELS, bn->gamma };
        return n;
    }
    array[n++] = (struct bn_onednn_array){ DNNL_SHIFT, BN_ONEDNN_CHANNELS, bn->beta };
    array[n++] = (struct bn_onednn_array){ DNNL_DST, BN_ONEDNN_X, bn->y };
    if (kind == BN_ONEDNN_FORWARD_RELU) /* the mask, for a backward pass by the library */
        array[n++] = (struct bn_onednn_array){ DNNL_WORKSPACE, BN_ONEDNN_WORKSPACE, NULL };
    return n;
}

static inline struct bn_onednn_key bn_onednn_key(enum bn_onednn_kind kind, const struct bm_bn *bn)
{
    const bool backward = kind == BN_ONEDNN_BACKWARD;
    return (struct bn_onednn_key){ .N = bn->N,
                                   .C = bn->C,
                                   .S = bn->S,
                                   .ld = bn->ldx,
                                   .ld_diff = backward ? bn->lddx : bn->ldx,
                                   .threads = (size_t)bn->threads,
                                   .eps = backward ? 0 : bn->eps }; /* backward's is in the variance */
}

/* An x-like array with rows ld apart. S = 1 is channels-last in either layout: one image is up to 1.5 times faster
 * while the array is in a cache, above all with threads; images of one pixel up to twice where it is not and rows are
 * long. */
static inline bool bn_onednn_describe_rows(struct bn_onednn_desc *desc, const struct bn_onednn_key *key, size_t rows_ld)
{
    const int64_t N = (int64_t)key->N, C = (int64_t)key->C, S = (int64_t)key->S, ld = (int64_t)rows_ld;
    if (S > 1)
        return bn_onednn_describe(desc, 4, (const int64_t[]){ N, C, S, 1 }, (const int64_t[]){ ld, S, 1, 1 });
    const int64_t images = N * C > 1 << 20 && C >= 128 ? N : 1, pixels = N / images;
    return bn_onednn_describe(desc, 4, (const int64_t[]){ images, C, pixels, 1 },
                              (const int64_t[]){ pixels * ld, 1, ld, ld });
}

static inline bool bn_onednn_forward_desc(void **primitive_desc, int prop, const void *md, float eps, unsigned flags)
{
    if (bm_onednn.version == 3)
        return bm_onednn.v3.bn_forward_primitive_desc_create(primitive_desc, bn_onednn.engine, prop, md, md, eps, flags,
                                                             NULL) == 0;
    _Alignas(64) char desc[8192]; /* dnnl_batch_normalization_desc_t has 3,496 bytes in 2.6 */
    return bm_onednn.v2.bn_forward_desc_init(desc, prop, md, eps, flags) == 0 &&
           bm_onednn.v2.primitive_desc_create(primitive_desc, desc, NULL, bn_onednn.engine, NULL) == 0;
}

static inline bool bn_onednn_backward_desc(void **primitive_desc, const void *diff_md, const void *md, float eps,
                                           unsigned flags, const void *forward)
{
    if (bm_onednn.version == 3)
        return bm_onednn.v3.bn_backward_primitive_desc_create(primitive_desc, bn_onednn.engine, DNNL_BACKWARD, diff_md,
                                                              diff_md, md, eps, flags, forward, NULL) == 0;
    _Alignas(64) char desc[8192];
    return bm_onednn.v2.bn_backward_desc_init(desc, DNNL_BACKWARD, diff_md, md, eps, flags) == 0 &&
           bm_onednn.v2.primitive_desc_create(primitive_desc, desc, NULL, bn_onednn.engine, forward) == 0;
}

/* The primitive of a key and its memory objects, which point nowhere yet but the workspace's, which the library
 * allocates. */
static inline bool bn_onednn_make_primitive(struct bn_onednn_made *m, enum bn_onednn_kind kind,
                                            const struct bn_onednn_desc desc[], const struct bn_onednn_array array[],
                                            int arrays)
{
    const int prop = kind == BN_ONEDNN_INFERENCE ? DNNL_FORWARD_INFERENCE : DNNL_FORWARD_TRAINING;
    const unsigned flags = bn_onednn_flags(kind);
    const float eps = (float)m->key.eps;
    void *forward = NULL, *backward = NULL, *const allocate = (void *)UINTPTR_MAX; /* DNNL_MEMORY_ALLOCATE */
    bool ok = bn_onednn_forward_desc(&forward, prop, desc[BN_ONEDNN_X].md, eps, flags);
    if (ok && kind == BN_ONEDNN_BACKWARD)
        ok = bn_onednn_backward_desc(&backward, desc[BN_ONEDNN_DIFF].md, desc[BN_ONEDNN_X].md, eps, flags, forward);
    ok = ok && bm_onednn.primitive_create(&m->primitive, backward ? backward : forward) == 0;
    for (int i = 0; i < arrays && ok; i++) {
        const bool workspace = array[i].desc == BN_ONEDNN_WORKSPACE;
        const void *md =
            workspace ? bm_onednn.primitive_desc_query_md(forward, DNNL_WORKSPACE_MD, 0) : desc[array[i].desc].md;
        m->arg[i].which = array[i].which;
        ok = bm_onednn.memory_create(&m->arg[i].memory, md, bn_onednn.engine, workspace ? allocate : NULL) == 0;
        m->count += ok;
    }
    if (backward)
        bm_onednn.primitive_desc_destroy(backward);
    if (forward)
        bm_onednn.primitive_desc_destroy(forward);
    return ok;
}

static inline void bn_onednn_drop(struct bn_onednn_made *m)
{
    for (int i = 0; i < m->count; i++)
        bm_onednn.memory_destroy(m->arg[i].memory);
    if (m->primitive)
        bm_onednn.primitive_destroy(m->primitive);
    memset(m, 0, sizeof *m);
}

static inline void bn_onednn_make(struct bn_onednn_made *m, enum bn_onednn_kind kind,
                                  const struct bn_onednn_array array[], int arrays)
{
    const int64_t channels = (int64_t)m->key.C, one = 1;
    struct bn_onednn_desc desc[3];
    if (!bn_onednn.stream && (bm_onednn.engine_create(&bn_onednn.engine, DNNL_CPU, 0) != 0 ||
                              bm_onednn.stream_create(&bn_onednn.stream, bn_onednn.engine, DNNL_IN_ORDER) != 0))
        return;
    if (!bn_onednn_describe_rows(&desc[BN_ONEDNN_X], &m->key, m->key.ld))
        return;
    if (bn_onednn_describe_rows(&desc[BN_ONEDNN_DIFF], &m->key, m->key.ld_diff)) {
        if (bn_onednn_describe(&desc[BN_ONEDNN_CHANNELS], 1, &channels, &one)) {
            if (!bn_onednn_make_primitive(m, kind, desc, array, arrays)) {
                const struct bn_onednn_key key = m->key;
                bn_onednn_drop(m);
                m->key = key;
            }
            bn_onednn_forget(&desc[BN_ONEDNN_CHANNELS]);
        }
        bn_onednn_forget(&desc[BN_ONEDNN_DIFF]);
    }
    bn_onednn_forget(&desc[BN_ONEDNN_X]);
}

/* What was made for the sizes of a call, or is made now: with its number of threads set, which the library looks at. */
static inline struct bn_onednn_made *bn_onednn_find(enum bn_onednn_kind kind, const struct bm_bn *bn,
                                                    const struct bn_onednn_array array[], int arrays)
{
    const struct bn_onednn_key key = bn_onednn_key(kind, bn);
    for (size_t i = 0; i < bn_onednn.used; i++)
        if (memcmp(&bn_onednn.made[i].key, &key, sizeof key) == 0)
            return &bn_onednn.made[i];
    struct bn_onednn_made *m = &bn_onednn.made[bn_onednn.next];
    bn_onednn.next = (bn_onednn.next + 1) % BN_ONEDNN_KEPT;
    if (bn_onednn.used < BN_ONEDNN_KEPT)
        bn_onednn.used++;
    bn_onednn_drop(m);
    m->key = key;
    bn_onednn_make(m, kind, array, arrays);
    return m;
}

static inline const char *bn_onednn_refuses(enum bn_onednn_kind kind, const void *args)
{
    const struct bm_bn *bn = args;
    const bool backward = kind == BN_ONEDNN_BACKWARD;
    if (!bm_onednn.version)
        return "this build of the library has no batch normalisation by the interface of version 2 or 3";
    if (bn->N == 0 || bn->C == 0 || bn->S == 0)
        return "the library makes no primitive for an empty array";
    if (backward ? bn->lddx != bn->lddy : bn->ldx != bn->ldy)
        return "the library wants the result in the strides of what it is made of";
    if ((kind == BN_ONEDNN_FORWARD || kind == BN_ONEDNN_FORWARD_RELU) && bn->given_mean)
        return "in training the library makes the statistics itself";
    if (kind == BN_ONEDNN_FORWARD_RELU && bn->slope != 0)
        return "the library fuses ReLU only, not a slope";
    if (kind == BN_ONEDNN_FORWARD_RELU && bn->ldx != bn->C * bn->S) /* seen in 2.6, with gaps between rows */
        return "the library writes past the end of its own mask";
    struct bn_onednn_array array[BN_ONEDNN_ARGS];
    const int arrays = bn_onednn_arrays(kind, bn, array);
    bool made;
    pthread_mutex_lock(&bn_onednn_lock);
    const int before = bm_peer_set_omp(bn->threads);
    made = bn_onednn_find(kind, bn, array, arrays)->primitive;
    bm_peer_set_omp(before);
    pthread_mutex_unlock(&bn_onednn_lock);
    return made ? NULL : "the library has no implementation for these sizes and strides";
}

/* A status other than success leaves the results as they were, which verification shows. */
static inline void bn_onednn_run(enum bn_onednn_kind kind, const struct bm_bn *bn)
{
    struct bn_onednn_array array[BN_ONEDNN_ARGS];
    const int arrays = bn_onednn_arrays(kind, bn, array);
    pthread_mutex_lock(&bn_onednn_lock);
    const int before = bm_peer_set_omp(bn->threads);
    struct bn_onednn_made *m = bn_onednn_find(kind, bn, array, arrays);
    for (int i = 0; i < m->count; i++)
        if (array[i].data != m->data[i] && bm_onednn.memory_set_data_handle(m->arg[i].memory, array[i].data) == 0)
            m->data[i] = array[i].data;
    if (m->primitive && bm_onednn.primitive_execute(m->primitive, bn_onednn.stream, m->count, m->arg) == 0)
        bm_onednn.stream_wait(bn_onednn.stream);
    bm_peer_set_omp(before);
    pthread_mutex_unlock(&bn_onednn_lock);
}

/* Forward, with what the library leaves to its caller: rstd and the running statistics. In vectors, since a few
 * hundred scalar roots would show beside the library's own time for a small batch. */
static inline void bn_onednn_forward(enum bn_onednn_kind kind, const struct bm_bn *bn)
{
    bn_onednn_run(kind, bn);
    const float n = (float)(bn->N * bn->S), share = bn->unbiased ? n / (n - 1) : 1, momentum = bn->momentum;
    const float *mean = bn->mean;
    float *rstd = bn->rstd, *running_mean = bn->running_mean, *running_var = bn->running_var;
    if (running_mean) {
#pragma omp simd
        for (size_t c = 0; c < bn->C; c++) {
            running_mean[c] += momentum * (mean[c] - running_mean[c]);
            running_var[c] += momentum * (share * rstd[c] - running_var[c]);
        }
    }
#pragma omp simd
    for (size_t c = 0; c < bn->C; c++)
        rstd[c] = 1 / sqrtf(rstd[c] + bn->eps);
}

#endif
