/* SPDX-License-Identifier: MIT */
/*
 * bn_onednn.h - what the kernels of bn by oneDNN share: which calls they refuse, and how a call becomes a primitive of
 * the library (onednn.h).
 *
 * Source: oneDNN Developer Guide, "Batch Normalization" and "Transition from v2.x to v3.x".
 *
 * The library chooses its implementation by the layout, of which it has none for a matrix (the format nc ends in plain
 * loops, ten to forty times slower than its images). Channels-last is therefore described as images with channels last,
 * nhwc, for which statistics over rows and over pixels are the same: one image of N pixels, or N images of one pixel,
 * whichever oneDNN 2.6 was faster with here. Rows further apart than they are long, and channels-first, get plain
 * loops. Blocks of channels, nChw16c and nChw8c, are what its kernels were written for; images follow each other without
 * a gap there.
 *
 * A file for matrices in bf16 defines BN_ONEDNN_BF16; its struct bm_bn points to them (bn_bf16_as_bn.h). What belongs to a
 * channel is f32 then, too.
 */
#ifndef BATCHMARK_BN_ONEDNN_H
#define BATCHMARK_BN_ONEDNN_H

#include "bn.h"
#include "onednn.h"

#ifdef BN_ONEDNN_BF16
enum { BN_ONEDNN_TYPE = DNNL_BF16 };
typedef uint16_t bn_onednn_element;
static const bn_onednn_element bn_onednn_nan = 0x7fc0;
#else
enum { BN_ONEDNN_TYPE = DNNL_F32 };
typedef float bn_onednn_element;
static const bn_onednn_element bn_onednn_nan = NAN;
#endif

enum bn_onednn_kind { BN_ONEDNN_FORWARD, BN_ONEDNN_FORWARD_RELU, BN_ONEDNN_INFERENCE, BN_ONEDNN_BACKWARD };

/* The library's numbers. */
enum {
    DNNL_FORWARD_TRAINING = 64,
    DNNL_FORWARD_INFERENCE = 96,
    DNNL_BACKWARD = 128,
    DNNL_WORKSPACE_MD = 135,
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

/* The library's number of a layout of blocks, with which version 3 moved too. */
static inline int bn_onednn_tag(size_t block)
{
    const bool v2 = bm_onednn.version == 2;
    return block == 8 ? (v2 ? 93 : 102) : (v2 ? 69 : 78); /* nChw8c, nChw16c */
}

/* Flags of batch normalisation, with which the numbers of version 3 moved. */
static inline unsigned bn_onednn_flags(enum bn_onednn_kind kind)
{
    const bool v2 = bm_onednn.version == 2;
    const unsigned global_stats = 1, scale = v2 ? 8 : 2, shift = v2 ? 16 : 4, fuse_relu = v2 ? 4 : 8;
    return scale | shift | (kind == BN_ONEDNN_INFERENCE ? global_stats : 0) |
           (kind == BN_ONEDNN_FORWARD_RELU ? fuse_relu : 0);
}

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
        /* Version 2 does nothing without a shift, of which backward reads nothing: any array will do. Version 3 does
         * nothing with one. */
        if (bm_onednn.version == 2)
            array[n++] = (struct bn_onednn_array){ DNNL_SHIFT, BN_ONEDNN_CHANNELS, bn->gamma };
        return n;
    }
    array[n++] = (struct bn_onednn_array){ DNNL_SHIFT, BN_ONEDNN_CHANNELS, bn->beta };
    array[n++] = (struct bn_onednn_array){ DNNL_DST, BN_ONEDNN_X, bn->y };
    if (kind == BN_ONEDNN_FORWARD_RELU) /* the mask, for a backward pass by the library */
        array[n++] = (struct bn_onednn_array){ DNNL_WORKSPACE, BN_ONEDNN_WORKSPACE, NULL };
    return n;
}

static inline struct onednn_key bn_onednn_key(enum bn_onednn_kind kind, const struct bm_bn *bn)
{
    const bool backward = kind == BN_ONEDNN_BACKWARD;
    const size_t block = bn->layout > BM_CHANNELS_FIRST && bn->S > 1 ? bn->layout : 0;
    return (struct onednn_key){ .size = { bn->N, bn->C, bn->S, bn->ldx, backward ? bn->lddx : bn->ldx, block },
                                .threads = (size_t)bn->threads,
                                .constant = { backward ? 0 : bn->eps } }; /* backward's eps is in the variance */
}

/* An x-like array with rows ld apart. S = 1 is channels-last in either layout: one image is up to 1.5 times faster
 * while the array is in a cache, above all with threads; images of one pixel up to twice where it is not and rows are
 * long. */
static inline bool bn_onednn_describe_rows(struct onednn_desc *desc, const struct onednn_key *key, size_t rows_ld)
{
    const int64_t N = (int64_t)key->size[0], C = (int64_t)key->size[1], S = (int64_t)key->size[2],
                  ld = (int64_t)rows_ld;
    if (key->size[5])
        return onednn_describe_layout(desc, 4, (const int64_t[]){ N, C, S, 1 }, bn_onednn_tag(key->size[5]));
    if (S > 1)
        return onednn_describe_as(desc, BN_ONEDNN_TYPE, 4, (const int64_t[]){ N, C, S, 1 }, (const int64_t[]){ ld, S, 1, 1 });
    const int64_t images = N * C > 1 << 20 && C >= 128 ? N : 1, pixels = N / images;
    return onednn_describe_as(desc, BN_ONEDNN_TYPE, 4, (const int64_t[]){ images, C, pixels, 1 },
                              (const int64_t[]){ pixels * ld, 1, ld, ld });
}

/* What the library has for a kind of call; false: nothing, or a call failed. */
static inline bool bn_onednn_forward_desc(struct onednn_made *m, enum bn_onednn_kind kind, const void *md, void **pd)
{
    const int prop = kind == BN_ONEDNN_INFERENCE ? DNNL_FORWARD_INFERENCE : DNNL_FORWARD_TRAINING;
    const unsigned flags = bn_onednn_flags(kind);
    const float eps = (float)m->key.constant[0];
    if (bm_onednn.version == 3)
        return onednn_has(
            m, bm_onednn.v3.bn_forward_primitive_desc_create(pd, onednn.engine, prop, md, md, eps, flags, NULL),
            "dnnl_batch_normalization_forward_primitive_desc_create");
    _Alignas(64) char desc[8192]; /* dnnl_batch_normalization_desc_t has 3,496 bytes in 2.6 */
    return bm_peer_did(bm_onednn.v2.bn_forward_desc_init(desc, prop, md, eps, flags),
                       "dnnl_batch_normalization_forward_desc_init") &&
           onednn_has(m, bm_onednn.v2.primitive_desc_create(pd, desc, NULL, onednn.engine, NULL),
                      "dnnl_primitive_desc_create");
}

static inline bool bn_onednn_backward_desc(struct onednn_made *m, const void *diff_md, const void *md,
                                           const void *forward, void **pd)
{
    const unsigned flags = bn_onednn_flags(BN_ONEDNN_BACKWARD);
    const float eps = (float)m->key.constant[0];
    if (bm_onednn.version == 3)
        return onednn_has(m,
                          bm_onednn.v3.bn_backward_primitive_desc_create(pd, onednn.engine, DNNL_BACKWARD, diff_md,
                                                                         diff_md, md, eps, flags, forward, NULL),
                          "dnnl_batch_normalization_backward_primitive_desc_create");
    _Alignas(64) char desc[8192];
    return bm_peer_did(bm_onednn.v2.bn_backward_desc_init(desc, DNNL_BACKWARD, diff_md, md, eps, flags),
                       "dnnl_batch_normalization_backward_desc_init") &&
           onednn_has(m, bm_onednn.v2.primitive_desc_create(pd, desc, NULL, onednn.engine, forward),
                      "dnnl_primitive_desc_create");
}

/* The primitive of a key and its memory objects, which point nowhere yet but the workspace's, which the library
 * allocates. */
static inline bool bn_onednn_make_primitive(struct onednn_made *m, enum bn_onednn_kind kind,
                                            const struct onednn_desc desc[], const struct bn_onednn_array array[],
                                            int arrays)
{
    void *forward = NULL, *backward = NULL, *const allocate = (void *)UINTPTR_MAX; /* DNNL_MEMORY_ALLOCATE */
    bool ok = bn_onednn_forward_desc(m, kind, desc[BN_ONEDNN_X].md, &forward);
    if (ok && kind == BN_ONEDNN_BACKWARD)
        ok = bn_onednn_backward_desc(m, desc[BN_ONEDNN_DIFF].md, desc[BN_ONEDNN_X].md, forward, &backward);
    ok = ok && onednn_create(m, backward ? backward : forward);
    for (int i = 0; i < arrays && ok; i++) {
        const bool workspace = array[i].desc == BN_ONEDNN_WORKSPACE;
        ok = onednn_add(m, array[i].which,
                        workspace ? bm_onednn.primitive_desc_query_md(forward, DNNL_WORKSPACE_MD, 0)
                                  : desc[array[i].desc].md,
                        workspace ? allocate : NULL);
    }
    onednn_destroy_desc(backward);
    onednn_destroy_desc(forward);
    return ok;
}

static inline void bn_onednn_make(struct onednn_made *m, enum bn_onednn_kind kind, const struct bn_onednn_array array[],
                                  int arrays)
{
    const int64_t channels = (int64_t)m->key.size[1], one = 1;
    struct onednn_desc desc[3] = { { .md = NULL } };
    if (!onednn_started() || !bn_onednn_describe_rows(&desc[BN_ONEDNN_X], &m->key, m->key.size[3]) ||
        !bn_onednn_describe_rows(&desc[BN_ONEDNN_DIFF], &m->key, m->key.size[4]) ||
        !onednn_describe(&desc[BN_ONEDNN_CHANNELS], 1, &channels, &one) ||
        !bn_onednn_make_primitive(m, kind, desc, array, arrays))
        onednn_give_up(m);
    for (int i = 0; i < 3; i++)
        onednn_forget(&desc[i]);
}

/* What was made for the sizes of a call, or is made now: with its number of threads set, which the library looks at. */
static inline struct onednn_made *bn_onednn_find(enum bn_onednn_kind kind, const struct bm_bn *bn,
                                                 const struct bn_onednn_array array[], int arrays)
{
    const struct onednn_key key = bn_onednn_key(kind, bn);
    struct onednn_made *m = onednn_kept(&key);
    if (!m) {
        m = onednn_room(&key);
        bn_onednn_make(m, kind, array, arrays);
    }
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
    if (bn->layout > BM_CHANNELS_FIRST && bn->S > 1 &&
        (bn->ldx != bn->C * bn->S || (backward && bn->lddx != bn->ldx)))
        return "the library's blocks of channels have no gap between images";
    if ((kind == BN_ONEDNN_FORWARD || kind == BN_ONEDNN_FORWARD_RELU) && bn->given_mean)
        return "in training the library makes the statistics itself";
    if (kind == BN_ONEDNN_FORWARD_RELU && bn->slope != 0)
        return "the library fuses ReLU only, not a slope";
    if (kind == BN_ONEDNN_FORWARD_RELU && bn->ldx != bn->C * bn->S) /* seen in 2.6, with gaps between rows */
        return "the library writes past the end of its own mask";
    struct bn_onednn_array array[ONEDNN_ARGS];
    const int arrays = bn_onednn_arrays(kind, bn, array);
    pthread_mutex_lock(&onednn_lock);
    const int before = bm_peer_set_omp(bn->threads);
    const char *why = onednn_answer(bn_onednn_find(kind, bn, array, arrays));
    bm_peer_set_omp(before);
    pthread_mutex_unlock(&onednn_lock);
    return why;
}

static inline void bn_onednn_run(enum bn_onednn_kind kind, const struct bm_bn *bn)
{
    struct bn_onednn_array array[ONEDNN_ARGS];
    const void *data[ONEDNN_ARGS];
    const int arrays = bn_onednn_arrays(kind, bn, array);
    for (int i = 0; i < arrays; i++)
        data[i] = array[i].data;
    pthread_mutex_lock(&onednn_lock);
    const int before = bm_peer_set_omp(bn->threads);
    if (!onednn_execute(bn_onednn_find(kind, bn, array, arrays), data))
        memcpy(kind == BN_ONEDNN_BACKWARD ? bn->dx : bn->y, &bn_onednn_nan, sizeof bn_onednn_nan);
    bm_peer_set_omp(before);
    pthread_mutex_unlock(&onednn_lock);
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
