/* SPDX-License-Identifier: MIT */
/*
 * bn_element.h - the elements of the matrices of the batch normalisation engine: f32 or, in a file that defines BN_BF16,
 * bf16. In registers all are f32. The matrices of a struct bm_bn may point to either (bn_bf16_as_bn.h).
 */
#ifndef BATCHMARK_BN_ELEMENT_H
#define BATCHMARK_BN_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>

#define BN_ELEMENT static inline __attribute__((always_inline))

#ifdef BN_BF16
#include "bf16.h"
#include "simd_bf16.h"

typedef uint16_t bn_element;

BN_ELEMENT float bn_value(bn_element e) { return bm_bf16_value(e); }
BN_ELEMENT vf bn_get(const bn_element *p) { return vf_load_bf16(p); }
BN_ELEMENT vf bn_get_first(const bn_element *p, vmask m) { return vf_load_first_bf16(p, m); }
BN_ELEMENT void bn_put(bn_element *p, vf v) { vf_store_bf16(p, v); }
BN_ELEMENT void bn_put_first(bn_element *p, vmask m, vf v) { vf_store_first_bf16(p, m, v); }
BN_ELEMENT void bn_put_two(bn_element *p, vf a, vf b, bool stream)
{
    if (stream)
        vf_stream_two_bf16(p, a, b);
    else
        vf_store_two_bf16(p, a, b);
}
BN_ELEMENT void bn_stream(bn_element *to, const bn_element *from) { vf_stream_line_bf16(to, from); }
enum { BN_STREAMED = 2 * VF }; /* elements of a store past the caches */

#else
#include "simd.h"

typedef float bn_element;

BN_ELEMENT float bn_value(bn_element e) { return e; }
BN_ELEMENT vf bn_get(const bn_element *p) { return vf_load(p); }
BN_ELEMENT vf bn_get_first(const bn_element *p, vmask m) { return vf_load_first(p, m); }
BN_ELEMENT void bn_put(bn_element *p, vf v) { vf_store(p, v); }
BN_ELEMENT void bn_put_first(bn_element *p, vmask m, vf v) { vf_store_first(p, m, v); }
BN_ELEMENT void bn_stream(bn_element *to, const bn_element *from) { vf_stream(to, vf_load(from)); }
enum { BN_STREAMED = VF };
#endif

enum {
    BN_LINE = 64 / (int)sizeof(bn_element),                   /* elements of a cache line */
    BN_PER_FLOAT = (int)(sizeof(float) / sizeof(bn_element)) /* elements in the room of a float */
};

/* A matrix of the arguments. */
BN_ELEMENT const bn_element *bn_from(const float *matrix) { return (const bn_element *)(const void *)matrix; }
BN_ELEMENT bn_element *bn_to(float *matrix) { return (bn_element *)(void *)matrix; }

#endif
