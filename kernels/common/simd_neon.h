/* SPDX-License-Identifier: MIT */
/* simd_neon.h - 4 floats a vector with FMA. There are no masked loads and stores: tails are taken by the lane. */
#ifndef BATCHMARK_SIMD_NEON_H
#define BATCHMARK_SIMD_NEON_H

#include <arm_neon.h>
#include <stddef.h>

typedef float32x4_t vf;
typedef uint32x4_t vmask;
enum { VF = 4 };

static inline vf vf_zero(void) { return vdupq_n_f32(0); }
static inline vf vf_set1(float a) { return vdupq_n_f32(a); }
static inline vf vf_load(const float *p) { return vld1q_f32(p); }
static inline void vf_store(float *p, vf v) { vst1q_f32(p, v); }
/* ARM has a hint for pairs of stores only, and its CPUs see by themselves when whole lines are written. */
static inline void vf_stream(float *p, vf v) { vst1q_f32(p, v); }
static inline void vf_fence(void) {}

/* The first n of VF lanes, 0 <= n <= VF; the others load as 0 and are not stored. */
static inline vmask vf_first(size_t n)
{
    static const uint32_t lane[VF] = { 0, 1, 2, 3 };
    return vcltq_u32(vld1q_u32(lane), vdupq_n_u32((uint32_t)n));
}
static inline size_t vf_lanes_in(vmask m) { return vaddvq_u32(vshrq_n_u32(m, 31)); }
static inline vf vf_load_first(const float *p, vmask m)
{
    const vf none = vf_zero();
    switch (vf_lanes_in(m)) {
    case 0: return none;
    case 1: return vld1q_lane_f32(p, none, 0);
    case 2: return vcombine_f32(vld1_f32(p), vdup_n_f32(0));
    case 3: return vld1q_lane_f32(p + 2, vcombine_f32(vld1_f32(p), vdup_n_f32(0)), 2);
    default: return vf_load(p);
    }
}
static inline void vf_store_first(float *p, vmask m, vf v)
{
    switch (vf_lanes_in(m)) {
    case 0: return;
    case 1: vst1q_lane_f32(p, v, 0); return;
    case 2: vst1_f32(p, vget_low_f32(v)); return;
    case 3:
        vst1_f32(p, vget_low_f32(v));
        vst1q_lane_f32(p + 2, v, 2);
        return;
    default: vf_store(p, v);
    }
}

static inline vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
static inline vf vf_sub(vf a, vf b) { return vsubq_f32(a, b); }
static inline vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
static inline vf vf_div(vf a, vf b) { return vdivq_f32(a, b); }
static inline vf vf_sqrt(vf a) { return vsqrtq_f32(a); }
static inline vf vf_max(vf a, vf b) { return vbslq_f32(vcgtq_f32(a, b), a, b); } /* b if either is NaN */
static inline vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }         /* a b + c */
static inline vf vf_fnma(vf a, vf b, vf c) { return vfmsq_f32(c, a, b); }        /* c - a b */
static inline vmask vf_gt0(vf v) { return vcgtzq_f32(v); }
static inline int vf_any(vmask m) { return vmaxvq_u32(m) != 0; }
static inline vf vf_select(vmask m, vf yes, vf no) { return vbslq_f32(m, yes, no); }
static inline vf vf_keep(vmask m, vf v) /* 0 elsewhere */
{
    return vreinterpretq_f32_u32(vandq_u32(m, vreinterpretq_u32_f32(v)));
}

/* Sum of all lanes, pairwise. */
static inline float vf_sum(vf v) { return vaddvq_f32(v); }

/* The sums of all lanes of four vectors, to four floats. */
static inline void vf_store_sums(float *to, vf a, vf b, vf c, vf d)
{
    vst1q_f32(to, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
}

/* r[i] lane j becomes r[j] lane i. */
static inline __attribute__((always_inline)) void vf_transpose(vf r[VF])
{
    const vf p = vtrn1q_f32(r[0], r[1]), q = vtrn2q_f32(r[0], r[1]);
    const vf s = vtrn1q_f32(r[2], r[3]), t = vtrn2q_f32(r[2], r[3]);
    r[0] = vcombine_f32(vget_low_f32(p), vget_low_f32(s)), r[1] = vcombine_f32(vget_low_f32(q), vget_low_f32(t));
    r[2] = vcombine_f32(vget_high_f32(p), vget_high_f32(s)), r[3] = vcombine_f32(vget_high_f32(q), vget_high_f32(t));
}

#endif
