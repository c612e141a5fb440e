/* SPDX-License-Identifier: MIT */
/* simd_dropout.h - dropout_mask.h's draws of VF neighbouring elements at once. */
#ifndef BATCHMARK_SIMD_DROPOUT_H
#define BATCHMARK_SIMD_DROPOUT_H

#include "dropout_mask.h"
#include "simd.h"

/* The lanes that are kept, of elements number, number + 1, ... */
#ifdef __AVX512F__
static inline vmask vf_drawn(uint32_t number, uint32_t key, uint32_t least)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i h = _mm512_xor_si512(_mm512_add_epi32(_mm512_set1_epi32((int)number), lane), _mm512_set1_epi32((int)key));
    h = _mm512_mullo_epi32(_mm512_xor_si512(h, _mm512_srli_epi32(h, 16)), _mm512_set1_epi32((int)0x85ebca6bu));
    h = _mm512_mullo_epi32(_mm512_xor_si512(h, _mm512_srli_epi32(h, 13)), _mm512_set1_epi32((int)0xc2b2ae35u));
    return _mm512_cmpge_epu32_mask(_mm512_xor_si512(h, _mm512_srli_epi32(h, 16)), _mm512_set1_epi32((int)least));
}
#elif defined(__ARM_FEATURE_SVE)
static inline vmask vf_drawn(uint32_t number, uint32_t key, uint32_t least)
{
    svuint32_t h = sveor_n_u32_x(VF_ALL, svindex_u32(number, 1), key);
    h = svmul_n_u32_x(VF_ALL, sveor_u32_x(VF_ALL, h, svlsr_n_u32_x(VF_ALL, h, 16)), 0x85ebca6bu);
    h = svmul_n_u32_x(VF_ALL, sveor_u32_x(VF_ALL, h, svlsr_n_u32_x(VF_ALL, h, 13)), 0xc2b2ae35u);
    return svcmpge_n_u32(VF_ALL, sveor_u32_x(VF_ALL, h, svlsr_n_u32_x(VF_ALL, h, 16)), least);
}
#elif defined(__aarch64__)
static inline vmask vf_drawn(uint32_t number, uint32_t key, uint32_t least)
{
    static const uint32_t lane[VF] = { 0, 1, 2, 3 };
    uint32x4_t h = veorq_u32(vaddq_u32(vdupq_n_u32(number), vld1q_u32(lane)), vdupq_n_u32(key));
    h = vmulq_n_u32(veorq_u32(h, vshrq_n_u32(h, 16)), 0x85ebca6bu);
    h = vmulq_n_u32(veorq_u32(h, vshrq_n_u32(h, 13)), 0xc2b2ae35u);
    return vcgeq_u32(veorq_u32(h, vshrq_n_u32(h, 16)), vdupq_n_u32(least));
}
#else
static inline vmask vf_drawn(uint32_t number, uint32_t key, uint32_t least)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), limit = _mm256_set1_epi32((int)least);
    __m256i h = _mm256_xor_si256(_mm256_add_epi32(_mm256_set1_epi32((int)number), lane), _mm256_set1_epi32((int)key));
    h = _mm256_mullo_epi32(_mm256_xor_si256(h, _mm256_srli_epi32(h, 16)), _mm256_set1_epi32((int)0x85ebca6bu));
    h = _mm256_mullo_epi32(_mm256_xor_si256(h, _mm256_srli_epi32(h, 13)), _mm256_set1_epi32((int)0xc2b2ae35u));
    h = _mm256_xor_si256(h, _mm256_srli_epi32(h, 16));
    return _mm256_cmpeq_epi32(_mm256_max_epu32(h, limit), h); /* there is no unsigned comparison */
}
#endif

#endif
