/* SPDX-License-Identifier: MIT */
/*
 * norm_onednn.h - what layer_norm_forward_onednn and layer_norm_backward_onednn share: how a call becomes a primitive of the
 * library (onednn.h).
 *
 * Source: oneDNN Developer Guide, "Layer Normalization" and "Transition from v2.x to v3.x".
 *
 * A matrix goes in as N x C, and mean and variance as vectors of N. Rows further apart than they are long are refused: version
 * 2.6 takes them, and reads the gaps.
 */
#ifndef BATCHMARK_NORM_ONEDNN_H
#define BATCHMARK_NORM_ONEDNN_H

#include "norm.h"
#include "onednn.h"

/* The library's numbers. */
enum {
    DNNL_FORWARD_TRAINING = 64,
    DNNL_BACKWARD = 128,
    DNNL_MEAN = 49,
    DNNL_VARIANCE = 50,
    DNNL_SCALE = 51,
    DNNL_SHIFT = 52,
    DNNL_DIFF_SRC = 129,
    DNNL_DIFF_DST = 145,
    DNNL_DIFF_SCALE = 255,
    DNNL_DIFF_SHIFT = 256
};

/* Scale and shift, with which the numbers of version 3 moved. */
static inline unsigned norm_onednn_flags(void) { return bm_onednn.version == 2 ? 8 | 16 : 2 | 4; }

/* An array of a call, and what describes it. */
enum { NORM_ONEDNN_X, NORM_ONEDNN_CHANNELS, NORM_ONEDNN_ROWS, NORM_ONEDNN_DESCS };
struct norm_onednn_array {
    int which, desc;
    const void *data;
};

/* Lists the arrays of a call; returns their number. The variance comes out where rstd belongs, and goes into backward from
 * the scratch. */
static inline int norm_onednn_arrays(bool backward, const struct bm_layer_norm *a, struct norm_onednn_array array[])
{
    int n = 0;
    array[n++] = (struct norm_onednn_array){ DNNL_SRC, NORM_ONEDNN_X, a->x };
    array[n++] = (struct norm_onednn_array){ DNNL_MEAN, NORM_ONEDNN_ROWS, a->mean };
    array[n++] = (struct norm_onednn_array){ DNNL_VARIANCE, NORM_ONEDNN_ROWS, backward ? a->scratch : a->rstd };
    array[n++] = (struct norm_onednn_array){ DNNL_SCALE, NORM_ONEDNN_CHANNELS, a->gamma };
    if (!backward) {
        array[n++] = (struct norm_onednn_array){ DNNL_SHIFT, NORM_ONEDNN_CHANNELS, a->beta };
        array[n++] = (struct norm_onednn_array){ DNNL_DST, NORM_ONEDNN_X, a->y };
        return n;
    }
    array[n++] = (struct norm_onednn_array){ DNNL_DIFF_DST, NORM_ONEDNN_X, a->dy };
    array[n++] = (struct norm_onednn_array){ DNNL_DIFF_SRC, NORM_ONEDNN_X, a->dx };
    array[n++] = (struct norm_onednn_array){ DNNL_DIFF_SCALE, NORM_ONEDNN_CHANNELS, a->dgamma };
    array[n++] = (struct norm_onednn_array){ DNNL_DIFF_SHIFT, NORM_ONEDNN_CHANNELS, a->dbeta };
    if (bm_onednn.version == 2) /* does nothing without a shift, as in bn_onednn.h */
        array[n++] = (struct norm_onednn_array){ DNNL_SHIFT, NORM_ONEDNN_CHANNELS, a->gamma };
    return n;
}

static inline struct onednn_key norm_onednn_key(bool backward, const struct bm_layer_norm *a)
{
    return (struct onednn_key){ .size = { a->N, a->C },
                                .threads = (size_t)a->threads,
                                .constant = { backward ? 0 : a->eps } }; /* backward's eps is in the variance */
}

/* What the library has for a kind of call; false: nothing, or a call failed. */
static inline bool norm_onednn_forward_desc(struct onednn_made *m, const struct onednn_desc desc[], void **pd)
{
    const void *x = desc[NORM_ONEDNN_X].md, *rows = desc[NORM_ONEDNN_ROWS].md;
    const unsigned flags = norm_onednn_flags();
    const float eps = (float)m->key.constant[0];
    if (bm_onednn.version == 3)
        return onednn_has(m,
                          bm_onednn.v3.norm_forward_primitive_desc_create(pd, onednn.engine, DNNL_FORWARD_TRAINING, x, x, rows,
                                                                          eps, flags, NULL),
                          "dnnl_layer_normalization_forward_primitive_desc_create");
    _Alignas(64) char of[8192]; /* dnnl_layer_normalization_desc_t has about five memory descriptors in 2.6 */
    return bm_peer_did(bm_onednn.v2.norm_forward_desc_init(of, DNNL_FORWARD_TRAINING, x, rows, eps, flags),
                       "dnnl_layer_normalization_forward_desc_init") &&
           onednn_has(m, bm_onednn.v2.primitive_desc_create(pd, of, NULL, onednn.engine, NULL), "dnnl_primitive_desc_create");
}

static inline bool norm_onednn_backward_desc(struct onednn_made *m, const struct onednn_desc desc[], const void *forward,
                                             void **pd)
{
    const void *x = desc[NORM_ONEDNN_X].md, *rows = desc[NORM_ONEDNN_ROWS].md;
    const unsigned flags = norm_onednn_flags();
    const float eps = (float)m->key.constant[0];
    if (bm_onednn.version == 3)
        return onednn_has(m,
                          bm_onednn.v3.norm_backward_primitive_desc_create(pd, onednn.engine, DNNL_BACKWARD, x, x, x, rows,
                                                                           eps, flags, forward, NULL),
                          "dnnl_layer_normalization_backward_primitive_desc_create");
    _Alignas(64) char of[8192];
    return bm_peer_did(bm_onednn.v2.norm_backward_desc_init(of, DNNL_BACKWARD, x, x, rows, eps, flags),
                       "dnnl_layer_normalization_backward_desc_init") &&
           onednn_has(m, bm_onednn.v2.primitive_desc_create(pd, of, NULL, onednn.engine, forward),
                      "dnnl_primitive_desc_create");
}

/* The primitive of a key and its memory objects, which point nowhere yet. */
static inline bool norm_onednn_make_primitive(struct onednn_made *m, bool backward, const struct onednn_desc desc[],
                                              const struct norm_onednn_array array[], int arrays)
{
    void *forward_desc = NULL, *backward_desc = NULL;
    bool ok = norm_onednn_forward_desc(m, desc, &forward_desc);
    if (ok && backward)
        ok = norm_onednn_backward_desc(m, desc, forward_desc, &backward_desc);
    ok = ok && onednn_create(m, backward ? backward_desc : forward_desc);
    for (int i = 0; i < arrays && ok; i++)
        ok = onednn_add(m, array[i].which, desc[array[i].desc].md, NULL);
    onednn_destroy_desc(backward_desc);
    onednn_destroy_desc(forward_desc);
    return ok;
}

static inline void norm_onednn_make(struct onednn_made *m, bool backward, const struct norm_onednn_array array[], int arrays)
{
    const int64_t N = (int64_t)m->key.size[0], C = (int64_t)m->key.size[1], one = 1;
    const int64_t matrix[] = { N, C }, strides[] = { C, 1 };
    struct onednn_desc desc[NORM_ONEDNN_DESCS] = { { .md = NULL } };
    if (!onednn_started() || !onednn_describe(&desc[NORM_ONEDNN_X], 2, matrix, strides) ||
        !onednn_describe(&desc[NORM_ONEDNN_CHANNELS], 1, &C, &one) || !onednn_describe(&desc[NORM_ONEDNN_ROWS], 1, &N, &one) ||
        !norm_onednn_make_primitive(m, backward, desc, array, arrays))
        onednn_give_up(m);
    for (int i = 0; i < NORM_ONEDNN_DESCS; i++)
        onednn_forget(&desc[i]);
}

/* What was made for the sizes of a call, or is made now: with its number of threads set, which the library looks at. */
static inline struct onednn_made *norm_onednn_find(bool backward, const struct bm_layer_norm *a,
                                                   const struct norm_onednn_array array[], int arrays)
{
    const struct onednn_key key = norm_onednn_key(backward, a);
    struct onednn_made *m = onednn_kept(&key);
    if (!m) {
        m = onednn_room(&key);
        norm_onednn_make(m, backward, array, arrays);
    }
    return m;
}

static inline const char *norm_onednn_refuses(bool backward, const void *args)
{
    const struct bm_layer_norm *a = args;
    if (!bm_onednn.version)
        return "this build of the library has no layer normalisation by the interface of version 2 or 3";
    if (a->N == 0 || a->C == 0)
        return "the library makes no primitive for an empty array";
    if (a->ldx != a->C || (backward ? a->lddx != a->C || a->lddy != a->C : a->ldy != a->C))
        return "the library takes no notice of gaps between rows";
    struct norm_onednn_array array[ONEDNN_ARGS];
    const int arrays = norm_onednn_arrays(backward, a, array);
    pthread_mutex_lock(&onednn_lock);
    const int before = bm_peer_set_omp(a->threads);
    const char *why = onednn_answer(norm_onednn_find(backward, a, array, arrays));
    bm_peer_set_omp(before);
    pthread_mutex_unlock(&onednn_lock);
    return why;
}

static inline void norm_onednn_run(bool backward, const struct bm_layer_norm *a)
{
    struct norm_onednn_array array[ONEDNN_ARGS];
    const void *data[ONEDNN_ARGS];
    const int arrays = norm_onednn_arrays(backward, a, array);
    for (int i = 0; i < arrays; i++)
        data[i] = array[i].data;
    pthread_mutex_lock(&onednn_lock);
    const int before = bm_peer_set_omp(a->threads);
    if (!onednn_execute(norm_onednn_find(backward, a, array, arrays), data))
        *(backward ? a->dx : a->y) = NAN;
    bm_peer_set_omp(before);
    pthread_mutex_unlock(&onednn_lock);
}

#endif
