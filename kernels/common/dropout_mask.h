/* SPDX-License-Identifier: MIT */
/*
 * dropout_mask.h - which elements dropout keeps: a hash of an element's number and a key, so that every kernel, thread
 * count and pass over the same elements has the same answer, and nothing is stored.
 *
 * Source: Appleby, MurmurHash3, 2011: its last steps, which are one to one on 32 bits.
 */
#ifndef BATCHMARK_DROPOUT_MASK_H
#define BATCHMARK_DROPOUT_MASK_H

#include "training.h"

/* 0 to 2^32 - 1. */
static inline uint32_t bm_dropout_draw(uint32_t number, uint32_t key)
{
    uint32_t h = number ^ key;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}

/* The number of the first element of row n. */
static inline uint32_t bm_dropout_number(const struct bm_dropout *a, size_t n) { return (uint32_t)(n * a->C); }

/* An element is kept if its draw is at least this. */
static inline uint32_t bm_dropout_least(float rate) { return (uint32_t)((double)rate * 0x1p32); }

#endif
