/* SPDX-License-Identifier: MIT */
/* simd_bf16.h - bf16 numbers in memory, kept as uint16_t, and vf in registers: for the files named for avx512bf16 and
 * neonbf16. Loads are exact; stores round to nearest, ties to even, a NaN stays one, and AVX-512 takes a subnormal f32 for
 * zero. */
#ifndef BATCHMARK_SIMD_BF16_H
#define BATCHMARK_SIMD_BF16_H

#include <stdint.h>

#include "simd.h"

#if defined(__AVX512BF16__)

static inline vf vf_of_bf16(__m256i v)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16));
}
static inline vf vf_load_bf16(const uint16_t *p) { return vf_of_bf16(_mm256_loadu_si256((const __m256i *)p)); }
static inline vf vf_load_first_bf16(const uint16_t *p, vmask m) { return vf_of_bf16(_mm256_maskz_loadu_epi16(m, p)); }
static inline void vf_store_bf16(uint16_t *p, vf v)
{
    _mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh(v)); /* VCVTNEPS2BF16 */
}
static inline void vf_store_first_bf16(uint16_t *p, vmask m, vf v)
{
    _mm256_mask_storeu_epi16(p, m, (__m256i)_mm512_cvtneps_pbh(v));
}
/* Two vectors, a before b: 64 bytes. Past the caches as vf_stream(): p aligned to a line. */
static inline void vf_store_two_bf16(uint16_t *p, vf a, vf b)
{
    _mm512_storeu_si512(p, (__m512i)_mm512_cvtne2ps_pbh(b, a));
}
static inline void vf_stream_two_bf16(uint16_t *p, vf a, vf b)
{
    _mm512_stream_si512((__m512i *)p, (__m512i)_mm512_cvtne2ps_pbh(b, a));
}
static inline void vf_stream_line_bf16(uint16_t *to, const uint16_t *from)
{
    _mm512_stream_si512((__m512i *)to, _mm512_loadu_si512(from));
}

#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)

static inline vf vf_of_bf16(uint16x4_t v) { return vreinterpretq_f32_u32(vshll_n_u16(v, 16)); }
static inline uint16x4_t vf_to_bf16(vf v) { return vreinterpret_u16_bf16(vcvt_bf16_f32(v)); } /* BFCVTN */
static inline vf vf_load_bf16(const uint16_t *p) { return vf_of_bf16(vld1_u16(p)); }
static inline void vf_store_bf16(uint16_t *p, vf v) { vst1_u16(p, vf_to_bf16(v)); }
/* Lane by lane, as there are no masks. */
static inline vf vf_load_first_bf16(const uint16_t *p, vmask m)
{
    const unsigned n = vf_lanes_in(m);
    uint16_t lane[VF] = { 0, 0, 0, 0 };
    for (unsigned i = 0; i < n; i++)
        lane[i] = p[i];
    return vf_load_bf16(lane);
}
static inline void vf_store_first_bf16(uint16_t *p, vmask m, vf v)
{
    const unsigned n = vf_lanes_in(m);
    uint16_t lane[VF];
    vf_store_bf16(lane, v);
    for (unsigned i = 0; i < n; i++)
        p[i] = lane[i];
}

#else
#error "simd_bf16.h needs a file named for avx512bf16 or neonbf16"
#endif

/* vf_get() and vf_put() of bf16 in memory. */
static inline __attribute__((always_inline)) vf vf_get_bf16(const uint16_t *p, size_t n)
{
    return n >= VF ? vf_load_bf16(p) : vf_load_first_bf16(p, vf_first(n));
}
static inline __attribute__((always_inline)) void vf_put_bf16(uint16_t *p, size_t n, vf v)
{
    if (n >= VF)
        vf_store_bf16(p, v);
    else if (n > 0)
        vf_store_first_bf16(p, vf_first(n), v);
}

#endif
