/* SPDX-License-Identifier: MIT */
/* random.h - random numbers by their place in a stream, the same in whatever order they are asked for. */
#ifndef BATCHMARK_RANDOM_H
#define BATCHMARK_RANDOM_H

#include <stdint.h>

/* Random number i of a stream: the same whatever the order of the calls, so fills are equal on every machine and
 * thread count (splitmix64; Steele, Lea & Flood, OOPSLA 2014). */
static inline uint64_t bm_hash(uint64_t seed, uint64_t i)
{
    uint64_t z = seed * 0xd1342543de82ef95u + (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
/* Uniform in [-1, 1), 24 bits. */
static inline float bm_uniform(uint64_t seed, uint64_t i)
{
    return (float)((int64_t)(bm_hash(seed, i) >> 40) - (1 << 23)) * 0x1p-23f;
}
/* Integer in [lo, hi]. */
static inline int bm_integer(uint64_t seed, uint64_t i, int lo, int hi)
{
    return lo + (int)((bm_hash(seed, i) >> 32) % (uint64_t)(hi - lo + 1));
}

#endif
