/* SPDX-License-Identifier: MIT */
/*
 * simd_math.h - exp, log, sigmoid and tanh of a vector, and the lane operations that softmax needs.
 *
 * Range reduction: Cody & Waite, "Software Manual for the Elementary Functions", 1980; polynomials: Moshier's Cephes
 * (expf.c, logf.c, tanhf.c). Largest errors measured over the floats of the range: vf_exp 1.01 ulp, vf_log 0.81 ulp.
 */
#ifndef BATCHMARK_SIMD_MATH_H
#define BATCHMARK_SIMD_MATH_H

#include "simd.h"

#ifdef __AVX512F__
/* To the nearest integer, ties to even. */
static inline vf vf_round(vf v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/* v 2^n, n an integer in [-252, 254]; subnormal results are rounded once. */
static inline vf vf_ldexp(vf v, vf n) { return _mm512_scalef_ps(v, n); }
/* v = mantissa 2^exponent, mantissa in [sqrt(1/2), sqrt(2)), for a normal v > 0. */
static inline vf vf_frexp(vf v, vf *exponent)
{
    __m512i e = _mm512_srai_epi32(_mm512_sub_epi32(_mm512_castps_si512(v), _mm512_set1_epi32(0x3f3504f3)), 23);
    *exponent = _mm512_cvtepi32_ps(e);
    return _mm512_castsi512_ps(_mm512_sub_epi32(_mm512_castps_si512(v), _mm512_slli_epi32(e, 23)));
}
/* Lane number n alone. */
static inline vmask vf_lane(size_t n) { return (vmask)(1u << n); }
/* Bit i: lane i of a equals lane i of b. */
static inline unsigned vf_equal_bits(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
/* The largest lane, in every lane; NaN or not if a lane is NaN. */
static inline vf vf_max_all(vf v)
{
    v = vf_max(v, _mm512_shuffle_f32x4(v, v, 0x4e));
    v = vf_max(v, _mm512_shuffle_f32x4(v, v, 0xb1));
    v = vf_max(v, _mm512_permute_ps(v, 0x4e));
    return vf_max(v, _mm512_permute_ps(v, 0xb1));
}
static inline float vf_lane0(vf v) { return _mm512_cvtss_f32(v); }
#elif defined(__ARM_FEATURE_SVE)
static inline vf vf_round(vf v) { return svrintn_f32_x(VF_ALL, v); }
static inline vf vf_ldexp(vf v, vf n) { return svscale_f32_x(VF_ALL, v, svcvt_s32_f32_x(VF_ALL, n)); }
static inline vf vf_frexp(vf v, vf *exponent)
{
    const svint32_t bits = svreinterpret_s32_f32(v), e = svasr_n_s32_x(VF_ALL, svsub_n_s32_x(VF_ALL, bits, 0x3f3504f3), 23);
    *exponent = svcvt_f32_s32_x(VF_ALL, e);
    return svreinterpret_f32_s32(svsub_s32_x(VF_ALL, bits, svlsl_n_s32_x(VF_ALL, e, 23)));
}
static inline vmask vf_lane(size_t n) { return svcmpeq_n_u32(VF_ALL, svindex_u32(0, 1), (uint32_t)n); }
static inline vf vf_max_all(vf v) { return svdup_f32(svmaxv_f32(VF_ALL, v)); }
static inline float vf_lane0(vf v) { return svlastb_f32(svptrue_pat_b32(SV_VL1), v); }
#elif defined(__aarch64__)
static inline vf vf_round(vf v) { return vrndnq_f32(v); }
static inline vf vf_ldexp(vf v, vf n) /* in two halves: 2^n itself may not be normal */
{
    const int32x4_t k = vcvtnq_s32_f32(n), half = vshrq_n_s32(k, 1), rest = vsubq_s32(k, half), one = vdupq_n_s32(127);
    v = vf_mul(v, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(half, one), 23)));
    return vf_mul(v, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(rest, one), 23)));
}
static inline vf vf_frexp(vf v, vf *exponent)
{
    const int32x4_t bits = vreinterpretq_s32_f32(v), e = vshrq_n_s32(vsubq_s32(bits, vdupq_n_s32(0x3f3504f3)), 23);
    *exponent = vcvtq_f32_s32(e);
    return vreinterpretq_f32_s32(vsubq_s32(bits, vshlq_n_s32(e, 23)));
}
static inline vmask vf_lane(size_t n)
{
    static const uint32_t lane[VF] = { 0, 1, 2, 3 };
    return vceqq_u32(vld1q_u32(lane), vdupq_n_u32((uint32_t)n));
}
static inline unsigned vf_equal_bits(vf a, vf b)
{
    static const uint32_t bit[VF] = { 1, 2, 4, 8 };
    return vaddvq_u32(vandq_u32(vceqq_f32(a, b), vld1q_u32(bit)));
}
static inline vf vf_max_all(vf v) { return vdupq_n_f32(vmaxvq_f32(v)); }
static inline float vf_lane0(vf v) { return vgetq_lane_f32(v, 0); }
#else
static inline vf vf_round(vf v) { return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline vf vf_ldexp(vf v, vf n) /* in two halves: 2^n itself may not be normal */
{
    __m256i k = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(k, 1), rest = _mm256_sub_epi32(k, half);
    __m256i one = _mm256_set1_epi32(127);
    v = vf_mul(v, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, one), 23)));
    return vf_mul(v, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, one), 23)));
}
static inline vf vf_frexp(vf v, vf *exponent)
{
    __m256i e = _mm256_srai_epi32(_mm256_sub_epi32(_mm256_castps_si256(v), _mm256_set1_epi32(0x3f3504f3)), 23);
    *exponent = _mm256_cvtepi32_ps(e);
    return _mm256_castsi256_ps(_mm256_sub_epi32(_mm256_castps_si256(v), _mm256_slli_epi32(e, 23)));
}
static inline vmask vf_lane(size_t n)
{
    return _mm256_cmpeq_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static inline unsigned vf_equal_bits(vf a, vf b)
{
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_EQ_OQ));
}
static inline vf vf_max_all(vf v)
{
    v = vf_max(v, _mm256_permute2f128_ps(v, v, 0x01));
    v = vf_max(v, _mm256_permute_ps(v, 0x4e));
    return vf_max(v, _mm256_permute_ps(v, 0xb1));
}
static inline float vf_lane0(vf v) { return _mm256_cvtss_f32(v); }
#endif

/* e^x for x <= 0: exactly 1 at 0, exactly 0 below -104 and at -Inf, rounded to subnormals between, NaN for NaN. */
static inline vf vf_exp(vf x)
{
    x = vf_max(vf_set1(-104), x); /* this order keeps a NaN */
    vf n = vf_round(vf_mul(x, vf_set1(1.44269504f)));
    vf r = vf_fnma(n, vf_set1(0.693359375f), x); /* n ln 2 in two parts: the first product is exact */
    r = vf_fnma(n, vf_set1(-2.12194440e-4f), r);
    vf p = vf_fma(vf_set1(1.9875691500e-4f), r, vf_set1(1.3981999507e-3f));
    p = vf_fma(p, r, vf_set1(8.3334519073e-3f));
    p = vf_fma(p, r, vf_set1(4.1665795894e-2f));
    p = vf_fma(p, r, vf_set1(1.6666665459e-1f));
    p = vf_fma(p, r, vf_set1(5.0000001201e-1f));
    p = vf_fma(p, vf_mul(r, r), r);
    return vf_ldexp(vf_add(p, vf_set1(1)), n);
}

/* log x for a normal x > 0: exactly 0 at 1, NaN for NaN and +Inf. */
static inline vf vf_log(vf x)
{
    vf e, f = vf_sub(vf_frexp(x, &e), vf_set1(1)), f2 = vf_mul(f, f);
    vf p = vf_fma(vf_set1(7.0376836292e-2f), f, vf_set1(-1.1514610310e-1f));
    p = vf_fma(p, f, vf_set1(1.1676998740e-1f));
    p = vf_fma(p, f, vf_set1(-1.2420140846e-1f));
    p = vf_fma(p, f, vf_set1(1.4249322787e-1f));
    p = vf_fma(p, f, vf_set1(-1.6668057665e-1f));
    p = vf_fma(p, f, vf_set1(2.0000714765e-1f));
    p = vf_fma(p, f, vf_set1(-2.4999993993e-1f));
    p = vf_fma(p, f, vf_set1(3.3333331174e-1f));
    p = vf_mul(p, vf_mul(f, f2));
    p = vf_fma(e, vf_set1(-2.12194440e-4f), p);
    p = vf_fnma(vf_set1(0.5f), f2, p);
    p = vf_fma(e, vf_set1(0.693359375f), vf_add(f, p));
    return vf_add(p, vf_sub(x, x)); /* the integer steps above would lose a NaN */
}

/* -|x|; NaN for NaN. */
static inline vf vf_below_zero(vf x) { return vf_select(vf_gt0(x), vf_sub(vf_zero(), x), x); }

/* 1 / (1 + e^-x), from e^-|x|, so that nothing overflows. */
static inline vf vf_sigmoid(vf x)
{
    const vf one = vf_set1(1), e = vf_exp(vf_below_zero(x)), y = vf_div(one, vf_add(one, e));
    return vf_select(vf_gt0(x), y, vf_mul(e, y));
}

/* An odd polynomial below 0.625, where 1 - e^-2|x| would cancel. */
static inline vf vf_tanh(vf x)
{
    const vf one = vf_set1(1), below = vf_below_zero(x), e = vf_exp(vf_add(below, below)), z = vf_mul(x, x);
    const vf far = vf_div(vf_sub(one, e), vf_add(one, e));
    vf p = vf_fma(vf_set1(-5.70498872745e-3f), z, vf_set1(2.06390887954e-2f));
    p = vf_fma(p, z, vf_set1(-5.37397155531e-2f));
    p = vf_fma(p, z, vf_set1(1.33314422036e-1f));
    p = vf_fma(p, z, vf_set1(-3.33332819422e-1f));
    const vf near = vf_fma(vf_mul(p, z), x, x);
    return vf_select(vf_gt0(vf_add(below, vf_set1(0.625f))), near, vf_select(vf_gt0(x), far, vf_sub(vf_zero(), far)));
}

#endif
