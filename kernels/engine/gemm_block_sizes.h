/* SPDX-License-Identifier: MIT */
/* gemm_block_sizes.h - the sizes of the parts that a product is cut into. */
#ifndef BATCHMARK_GEMM_BLOCK_SIZES_H
#define BATCHMARK_GEMM_BLOCK_SIZES_H

#include <stddef.h>

static inline size_t gemm_min(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t gemm_ceil(size_t a, size_t b) { return (a + b - 1) / b; }

/* The size of equal parts of n, at most `most` each; 0 < n. */
static inline size_t gemm_even(size_t n, size_t most)
{
    return n <= most ? n : gemm_ceil(n, gemm_ceil(n, most));
}

#endif
