/* SPDX-License-Identifier: MIT */
/* roofline_sve.c - the limits of SVE with FMA. Of vectors of more than 512 bits, which no CPU has, 16 lanes are used. */
#include <arm_sve.h>
#include <stddef.h>

typedef svfloat32_t vf;
enum { MOST = 16 };
#define VF    (svcntw() < MOST ? svcntw() : (size_t)MOST)
#define LANES svwhilelt_b32_u64(0, MOST)

static inline vf vf_set1(float a) { return svdup_f32(a); }
static inline vf vf_load(const float *p) { return svld1_f32(LANES, p); }
static inline void vf_store(float *p, vf v) { svst1_f32(LANES, p, v); }
static inline void vf_stream(float *p, vf v) { svstnt1_f32(LANES, p, v); }
static inline void vf_fence(void) {}

#define STEP(i, a) a = svmla_f32_x(svptrue_b32(), c, a, m);
#define STEP_FLOPS 2
#define BM_LOOPS bm_limit_loops_sve
#include "roofline_loops.h"
