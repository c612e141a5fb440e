/* SPDX-License-Identifier: MIT */
/* streams.h - the random numbers of training: streams that depend on the seed and on what they are for, and on nothing
 * else, so that shuffling on or off does not change the initial weights. */
#ifndef BATCHMARK_STREAMS_H
#define BATCHMARK_STREAMS_H

#include <math.h>

#include "random.h"

enum bm_stream { BM_STREAM_WEIGHTS, BM_STREAM_SPLIT, BM_STREAM_SHUFFLE, BM_STREAM_SUBSET, BM_STREAM_DROPOUT };

struct bm_random { uint64_t key, count; };

static inline struct bm_random bm_random_start(uint64_t seed, enum bm_stream stream)
{
    return (struct bm_random){ bm_hash(seed, (uint64_t)stream), 0 };
}

static inline uint64_t bm_random_bits(struct bm_random *r) { return bm_hash(r->key, r->count++); }

/* Uniform in [-1, 1), in steps of 2^-53. */
static inline double bm_random_symmetric(struct bm_random *r)
{
    return (double)((int64_t)(bm_random_bits(r) >> 10) - ((int64_t)1 << 53)) * 0x1p-53;
}

/* Standard normal: Marsaglia's polar method (Marsaglia & Bray, SIAM Review 6, 1964). */
static inline double bm_random_normal(struct bm_random *r)
{
    double u, v, s;
    do {
        u = bm_random_symmetric(r);
        v = bm_random_symmetric(r);
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * log(s) / s);
}

/* Below n without bias: numbers from the incomplete last block of the 64-bit range are drawn again. */
static inline size_t bm_random_below(struct bm_random *r, size_t n)
{
    uint64_t bits, incomplete = (UINT64_MAX % n + 1) % n;
    do
        bits = bm_random_bits(r);
    while (bits > UINT64_MAX - incomplete);
    return (size_t)(bits % n);
}

/* Fisher and Yates' shuffle (Durstenfeld, CACM 7, 1964). */
static inline void bm_random_shuffle(struct bm_random *r, uint32_t *item, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = bm_random_below(r, i);
        uint32_t t = item[i - 1];
        item[i - 1] = item[j];
        item[j] = t;
    }
}

#endif
