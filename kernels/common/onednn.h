/* SPDX-License-Identifier: MIT */
/*
 * onednn.h - what kernels by oneDNN's primitives share: the library's numbers, its memory descriptors, the primitives
 * made so far, and what is done with the status of each call.
 *
 * Source: oneDNN Developer Guide, "Basic Concepts" and "Transition from v2.x to v3.x".
 *
 * A primitive belongs to sizes, strides, constants and a number of threads. It is made, which compiles machine code,
 * when such a call is first asked about, and kept with the memory objects of its arguments, as a program that trains
 * would do; from then on a call sets the addresses that have changed and executes. The primitives of an op are used by
 * one call at a time. Every status is looked at (bm_peer_did).
 */
#ifndef BATCHMARK_ONEDNN_H
#define BATCHMARK_ONEDNN_H

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "kernel.h"
#include "peer_calls.h"

/* The library's numbers, the same in versions 2 and 3. */
enum {
    DNNL_UNIMPLEMENTED = 3,
    DNNL_CPU = 1,
    DNNL_IN_ORDER = 1, /* a stream's default flags */
    DNNL_BF16 = 2,
    DNNL_F32 = 3,
    DNNL_S8 = 5,
    DNNL_U8 = 6,
    DNNL_IMPL_INFO_STR = 8,
    DNNL_SRC = 1,
    DNNL_DST = 17,
    DNNL_WEIGHTS = 33,
    DNNL_BIAS = 41,
    DNNL_ANY = 1,           /* a tag: the layout is the library's choice */
    DNNL_WEIGHTS_MD = 131   /* what it chose */
};

/* A memory descriptor: what it points at is the library's in version 3. */
struct onednn_desc {
    void *md;                     /* NULL: none */
    _Alignas(64) char room[1024]; /* dnnl_memory_desc_t has 696 bytes in 2.6 */
};

static inline bool onednn_describe_as(struct onednn_desc *desc, int type, int ndims, const int64_t *dims, const int64_t *strides)
{
    desc->md = desc->room;
    const bool did =
        bm_onednn.version == 2
            ? bm_peer_did(bm_onednn.v2.memory_desc_init_by_strides(desc->md, ndims, dims, type, strides),
                          "dnnl_memory_desc_init_by_strides")
            : bm_peer_did(bm_onednn.v3.memory_desc_create_with_strides(&desc->md, ndims, dims, type, strides),
                          "dnnl_memory_desc_create_with_strides");
    if (!did)
        desc->md = NULL;
    return did;
}

static inline bool onednn_describe(struct onednn_desc *desc, int ndims, const int64_t *dims, const int64_t *strides)
{
    return onednn_describe_as(desc, DNNL_F32, ndims, dims, strides);
}

/* By the tag of a layout that strides cannot describe. */
static inline bool onednn_describe_layout(struct onednn_desc *desc, int ndims, const int64_t *dims, int tag)
{
    desc->md = desc->room;
    const bool did = bm_onednn.version == 2
                         ? bm_peer_did(bm_onednn.v2.memory_desc_init_by_tag(desc->md, ndims, dims, DNNL_F32, tag),
                                       "dnnl_memory_desc_init_by_tag")
                         : bm_peer_did(bm_onednn.v3.memory_desc_create_with_tag(&desc->md, ndims, dims, DNNL_F32, tag),
                                       "dnnl_memory_desc_create_with_tag");
    if (!did)
        desc->md = NULL;
    return did;
}

static inline void onednn_forget(struct onednn_desc *desc)
{
    if (bm_onednn.version == 3 && desc->md)
        bm_peer_did(bm_onednn.v3.memory_desc_destroy(desc->md), "dnnl_memory_desc_destroy");
}

/* Whole numbers and double only, so that there is no padding and memcmp() compares. */
struct onednn_key {
    size_t size[8], threads;
    double constant[2];
};

enum { ONEDNN_ARGS = 9, ONEDNN_KEPT = 64 };

struct onednn_made {
    struct onednn_key key;
    void *primitive;               /* NULL: the library made none for the key */
    bool unimplemented;            /* since it has none */
    struct bm_peer_failure failed; /* or since this call failed */
    char implementation[64];       /* the library's name of it */
    int count;
    const void *data[ONEDNN_ARGS];
    struct bm_onednn_arg arg[ONEDNN_ARGS];
    struct { /* of an argument that is kept in the library's own layout; primitive NULL: none */
        void *primitive, *plain;
        size_t bytes;
    } pack;
};

/* Of one op: every kernel's file has its own. */
static struct {
    void *engine, *stream;
    size_t used, next; /* entries, and the one that gives way to a new one when all are used */
    struct onednn_made made[ONEDNN_KEPT];
} onednn;
/* Over the primitives, which have state. (A named critical section would be one more symbol of the object.) */
static pthread_mutex_t onednn_lock = PTHREAD_MUTEX_INITIALIZER;

static inline void onednn_drop(struct onednn_made *m)
{
    for (int i = 0; i < m->count; i++)
        bm_peer_did(bm_onednn.memory_destroy(m->arg[i].memory), "dnnl_memory_destroy");
    if (m->pack.plain)
        bm_peer_did(bm_onednn.memory_destroy(m->pack.plain), "dnnl_memory_destroy");
    if (m->pack.primitive)
        bm_peer_did(bm_onednn.primitive_destroy(m->pack.primitive), "dnnl_primitive_destroy");
    if (m->primitive)
        bm_peer_did(bm_onednn.primitive_destroy(m->primitive), "dnnl_primitive_destroy");
    memset(m, 0, sizeof *m);
}

static inline bool onednn_started(void)
{
    return onednn.stream ||
           ((onednn.engine ||
             bm_peer_did(bm_onednn.engine_create(&onednn.engine, DNNL_CPU, 0), "dnnl_engine_create")) &&
            bm_peer_did(bm_onednn.stream_create(&onednn.stream, onednn.engine, DNNL_IN_ORDER), "dnnl_stream_create"));
}

/* Whether the library has an implementation is an answer, and no failure: noted in what is being made. */
static inline bool onednn_has(struct onednn_made *m, int status, const char *call)
{
    m->unimplemented = status == DNNL_UNIMPLEMENTED;
    return !m->unimplemented && bm_peer_did(status, call);
}

static inline bool onednn_create(struct onednn_made *m, const void *primitive_desc)
{
    const char *name = "";
    const bool did =
        onednn_has(m, bm_onednn.primitive_create(&m->primitive, primitive_desc), "dnnl_primitive_create") &&
        bm_peer_did(bm_onednn.primitive_desc_query(primitive_desc, DNNL_IMPL_INFO_STR, 0, &name),
                    "dnnl_primitive_desc_query");
    strncpy(m->implementation, name, sizeof m->implementation - 1);
    return did;
}

/* One more argument, at data (NULL: set by each call). */
static inline bool onednn_add(struct onednn_made *m, int which, const void *md, void *data)
{
    m->arg[m->count].which = which;
    const bool did =
        bm_peer_did(bm_onednn.memory_create(&m->arg[m->count].memory, md, onednn.engine, data), "dnnl_memory_create");
    m->count += did;
    return did;
}

static inline void onednn_destroy_desc(void *primitive_desc)
{
    if (primitive_desc)
        bm_peer_did(bm_onednn.primitive_desc_destroy(primitive_desc), "dnnl_primitive_desc_destroy");
}

/* What is kept for a key; NULL: nothing yet. */
static inline struct onednn_made *onednn_kept(const struct onednn_key *key)
{
    for (size_t i = 0; i < onednn.used; i++)
        if (memcmp(&onednn.made[i].key, key, sizeof *key) == 0)
            return &onednn.made[i];
    return NULL;
}

/* Room for a key's primitive, in place of the oldest when all is used. */
static inline struct onednn_made *onednn_room(const struct onednn_key *key)
{
    struct onednn_made *m = &onednn.made[onednn.next];
    onednn.next = (onednn.next + 1) % ONEDNN_KEPT;
    if (onednn.used < ONEDNN_KEPT)
        onednn.used++;
    onednn_drop(m);
    m->key = *key;
    return m;
}

/* What could not be made whole is nothing; the key and the reason stay, so that it is not tried again. */
static inline void onednn_give_up(struct onednn_made *m)
{
    const struct onednn_made why = { .key = m->key, .unimplemented = m->unimplemented, .failed = bm_peer_failure };
    onednn_drop(m);
    *m = why;
}

/* A kernel's answer when it is asked about a call, with what was made for it. */
static inline const char *onednn_answer(const struct onednn_made *m)
{
    bm_peer_implementation = m->primitive ? m->implementation : NULL;
    return m->unimplemented ? "the library has no implementation for these sizes and strides" : NULL;
}

/* Executes on the addresses of a call, in the order of the arguments. False: a call failed. */
static inline bool onednn_execute(struct onednn_made *m, const void *const data[])
{
    if (!m->primitive)
        bm_peer_failure = m->failed;
    for (int i = 0; i < m->count; i++)
        if (data[i] != m->data[i]) {
            if (!bm_peer_did(bm_onednn.memory_set_data_handle(m->arg[i].memory, data[i]),
                             "dnnl_memory_set_data_handle"))
                return false;
            m->data[i] = data[i];
        }
    return m->primitive &&
           bm_peer_did(bm_onednn.primitive_execute(m->primitive, onednn.stream, m->count, m->arg),
                       "dnnl_primitive_execute") &&
           bm_peer_did(bm_onednn.stream_wait(onednn.stream), "dnnl_stream_wait");
}

#endif
