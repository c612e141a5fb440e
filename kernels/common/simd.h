/* SPDX-License-Identifier: MIT */
/* simd.h - one vocabulary over the vector header of the ISA that this file is compiled for, so that an algorithm
 * is written once and its avx2, avx512 and neon files differ in their tuning only. */
#ifndef BATCHMARK_SIMD_H
#define BATCHMARK_SIMD_H

#if defined(__AVX512F__)
#include "simd_avx512.h"
#elif defined(__AVX2__)
#include "simd_avx2.h"
#elif defined(__ARM_FEATURE_SVE)
#include "simd_sve.h"
#elif defined(__aarch64__)
#include "simd_neon.h"
#else
#error "simd.h needs a file named for avx2, avx512, neon or sve"
#endif

/* Fetches the cache line at p ahead of its use, to the first or to the second level. p may lie anywhere. */
static inline __attribute__((always_inline)) void vf_fetch1(const void *p) { __builtin_prefetch(p, 0, 3); }
static inline __attribute__((always_inline)) void vf_fetch2(const void *p) { __builtin_prefetch(p, 0, 2); }

/* The first n floats at p, or a vector of them if there are more; lanes beyond load as 0. */
static inline __attribute__((always_inline)) vf vf_get(const float *p, size_t n)
{
    return n >= VF ? vf_load(p) : vf_load_first(p, vf_first(n));
}
static inline __attribute__((always_inline)) void vf_put(float *p, size_t n, vf v)
{
    if (n >= VF)
        vf_store(p, v);
    else if (n > 0)
        vf_store_first(p, vf_first(n), v);
}

/* act(v) = v > 0 ? v : slope * v. ReLU is apart because 0 * -Inf is NaN; max(0, v) in this operand order keeps a NaN in
 * v. */
static inline vf vf_act(vf v, float slope)
{
    return slope == 0 ? vf_max(vf_zero(), v) : vf_select(vf_gt0(v), v, vf_mul(vf_set1(slope), v));
}

/* act'(v) applied to a gradient d. */
static inline vf vf_act_grad(vf d, vf v, float slope)
{
    return slope == 0 ? vf_keep(vf_gt0(v), d) : vf_select(vf_gt0(v), d, vf_mul(vf_set1(slope), d));
}

#endif
