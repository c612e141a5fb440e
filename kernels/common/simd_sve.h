/* SPDX-License-Identifier: MIT */
/* simd_sve.h - as many floats a vector as the CPU has, 4 to 64, with FMA; tails by predicates, which also suppress faults
 * beyond an array. Vectors have no size for the compiler: they cannot be members or elements, and VF is no constant. */
#ifndef BATCHMARK_SIMD_SVE_H
#define BATCHMARK_SIMD_SVE_H

#include <arm_sve.h>
#include <stddef.h>

typedef svfloat32_t vf;
typedef svbool_t vmask;
#define VF svcntw()
#define VF_ALL svptrue_b32()

static inline vf vf_zero(void) { return svdup_f32(0); }
static inline vf vf_set1(float a) { return svdup_f32(a); }
static inline vf vf_load(const float *p) { return svld1_f32(VF_ALL, p); }
static inline void vf_store(float *p, vf v) { svst1_f32(VF_ALL, p, v); }
static inline void vf_stream(float *p, vf v) { svst1_f32(VF_ALL, p, v); } /* as in simd_neon.h */
static inline void vf_fence(void) {}
/* The first n of VF lanes, 0 <= n <= VF; the others load as 0 and are not stored. */
static inline vmask vf_first(size_t n) { return svwhilelt_b32_u64(0, n); }
static inline vf vf_load_first(const float *p, vmask m) { return svld1_f32(m, p); }
static inline void vf_store_first(float *p, vmask m, vf v) { svst1_f32(m, p, v); }

static inline vf vf_add(vf a, vf b) { return svadd_f32_x(VF_ALL, a, b); }
static inline vf vf_sub(vf a, vf b) { return svsub_f32_x(VF_ALL, a, b); }
static inline vf vf_mul(vf a, vf b) { return svmul_f32_x(VF_ALL, a, b); }
static inline vf vf_div(vf a, vf b) { return svdiv_f32_x(VF_ALL, a, b); }
static inline vf vf_sqrt(vf a) { return svsqrt_f32_x(VF_ALL, a); }
static inline vf vf_max(vf a, vf b) { return svsel_f32(svcmpgt_f32(VF_ALL, a, b), a, b); } /* b if either is NaN */
static inline vf vf_fma(vf a, vf b, vf c) { return svmla_f32_x(VF_ALL, c, a, b); }         /* a b + c */
static inline vf vf_fnma(vf a, vf b, vf c) { return svmls_f32_x(VF_ALL, c, a, b); }        /* c - a b */
static inline vmask vf_gt0(vf v) { return svcmpgt_n_f32(VF_ALL, v, 0); }
static inline vf vf_select(vmask m, vf yes, vf no) { return svsel_f32(m, yes, no); }
static inline vf vf_keep(vmask m, vf v) { return svsel_f32(m, v, svdup_f32(0)); } /* 0 elsewhere */

/* Sum of all lanes, pairwise. */
static inline float vf_sum(vf v) { return svaddv_f32(VF_ALL, v); }

#endif
