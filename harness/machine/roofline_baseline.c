/* SPDX-License-Identifier: MIT */
/* roofline_baseline.c - the limits of what every CPU of the platform has and the compiler's default target uses: SSE2 on
 * x86-64, NEON on aarch64, scalars elsewhere. Kernels of the baseline never fuse a multiplication and an addition. */
#if defined(__x86_64__)
#include <emmintrin.h>

typedef __m128 vf;
enum { VF = 4 };

static inline vf vf_set1(float a) { return _mm_set1_ps(a); }
static inline vf vf_load(const float *p) { return _mm_load_ps(p); }
static inline void vf_store(float *p, vf v) { _mm_store_ps(p, v); }
static inline void vf_stream(float *p, vf v) { _mm_stream_ps(p, v); }
static inline void vf_fence(void) { _mm_sfence(); }
static inline vf vf_add(vf a, vf b) { return _mm_add_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm_mul_ps(a, b); }
#elif defined(__aarch64__)
#include "simd.h"
#else
typedef float vf;
enum { VF = 1 };

static inline vf vf_set1(float a) { return a; }
static inline vf vf_load(const float *p) { return *p; }
static inline void vf_store(float *p, vf v) { *p = v; }
static inline void vf_stream(float *p, vf v) { *p = v; }
static inline void vf_fence(void) {}
static inline vf vf_add(vf a, vf b) { return a + b; }
static inline vf vf_mul(vf a, vf b) { return a * b; }
#endif

/* Multiplications and additions in equal number, in chains of their own: a chain of both in turn is so long (6 to 8
 * cycles) that 16 registers cannot hold enough of them. */
#define STEP(i, a) a = (i) % 2 ? vf_add(a, c) : vf_mul(a, m);
#define STEP_FLOPS 1

#define BM_LOOPS bm_limit_loops_baseline
#include "roofline_loops.h"
