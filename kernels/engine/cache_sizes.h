/* SPDX-License-Identifier: MIT */
/*
 * cache_sizes.h - the sizes of blocks and the thresholds that follow from the caches of a call (kernel.h). What is not
 * known is as on a Zen 4: 32 KiB of 8 ways, 1 MiB, and 32 MiB that 8 cores share. None of them decides a bit of a
 * result: that is left to the shape alone, so that every machine computes the same.
 *
 *   GEMM  rows of A in a block          block of A = 7/8 of L2, up to 448 KiB; 16 to 448 rows
 *         columns of B in a block       block of B = half of a thread's share of the last level, 256 to 1024 columns
 *         threads that share B's copy   the cores of one instance of the last level, if it is larger than a quarter of L2
 *         columns of a strip of B       without copies: B in one strip if it fits into half of L2
 *         rows of A that collide        their distance is a multiple of half a way of L1
 *   BN    channels of a group           channels-first: their matrix = a quarter of L2
 *         far                           a matrix as large as L2 is fetched ahead
 *         streamed                      matrices as large as half of the last level that the team reaches, or as measured
 */
#ifndef BATCHMARK_CACHE_SIZES_H
#define BATCHMARK_CACHE_SIZES_H

#include "kernel.h"

/* Bytes of a level that one of `threads` threads has: they fill one instance after the other. */
static inline size_t bm_cache_share(const struct bm_cache_level *level, int threads)
{
    if (level->cores <= 1 || threads <= 1) /* a division would show in a small call */
        return level->bytes;
    return level->bytes / (level->cores < (unsigned)threads ? level->cores : (unsigned)threads);
}

static inline size_t bm_l2_bytes(const struct bm_caches *c, int threads)
{
    return c && c->l2.bytes ? bm_cache_share(&c->l2, threads) : (size_t)1 << 20;
}

/* Instances of the last level that all threads reach together. */
static inline size_t bm_last_caches(const struct bm_caches *c, int threads)
{
    const size_t cores = c && c->l3.cores ? c->l3.cores : 8, team = threads > 1 ? (size_t)threads : 1;
    return (team + cores - 1) / cores;
}

static inline size_t bm_within(size_t least, size_t n, size_t most) { return n < least ? least : n > most ? most : n; }

/* Steps of K in a block, at most: the same on every machine, because they decide bits. */
enum { GEMM_STEPS = 1024 };

/* Of a block with `bytes` bytes a row, or a column; `usual`: where the caches are not known. */
static inline size_t gemm_block_rows(const struct bm_caches *c, int threads, size_t bytes, size_t usual)
{
    const size_t most = 448 << 10; /* B is read again so seldom that larger blocks bring nothing */
    return c && c->l2.bytes ? bm_within(16, bm_within(0, bm_cache_share(&c->l2, threads) / 8 * 7, most) / bytes, 448) : usual;
}
static inline size_t gemm_block_columns(const struct bm_caches *c, int threads, size_t bytes)
{
    return c && c->l3.bytes ? bm_within(256, bm_cache_share(&c->l3, threads) / 2 / bytes / 64 * 64, 1024) : 1024;
}
/* Threads that may share a copy of B: the cores of one instance of the last level. */
static inline int gemm_sharers(const struct bm_caches *c)
{
    return c && c->l3.cores ? (int)c->l3.cores : 8;
}
/* Floats of B from which they do: a smaller copy is made sooner than waited for. */
static inline size_t gemm_worth_sharing(const struct bm_caches *c, int threads)
{
    return bm_l2_bytes(c, threads) / (4 * sizeof(float));
}
static inline size_t gemm_strip_floats(const struct bm_caches *c, int threads)
{
    return bm_l2_bytes(c, threads) / (2 * sizeof(float));
}
static inline bool gemm_rows_collide(const struct bm_caches *c, size_t lda_bytes)
{
    const size_t way = c && c->l1.bytes && c->l1.ways ? c->l1.bytes / c->l1.ways : 4096;
    return lda_bytes % (way / 2) == 0;
}

static inline size_t bn_group_elements(const struct bm_caches *c, int threads)
{
    return bm_l2_bytes(c, threads) / (4 * sizeof(float));
}
static inline size_t bn_far_elements(const struct bm_caches *c, int threads)
{
    return bm_l2_bytes(c, threads) / sizeof(float);
}
/* Of each instance of the last level, built in: half of it. */
static inline size_t bn_stream_bytes(const struct bm_caches *c)
{
    return (c && c->l3.bytes ? c->l3.bytes : (size_t)32 << 20) / 2;
}
static inline size_t bn_stream_elements(const struct bm_caches *c, int threads)
{
    const size_t measured = c ? c->thresholds.stream_bytes : 0;
    return (measured ? measured : bn_stream_bytes(c)) * bm_last_caches(c, threads) / sizeof(float);
}

#endif
