/* SPDX-License-Identifier: MIT */
/* roofline_neonbf16.c - the limits of NEON with bf16 products of matrices: each lane of BFMMLA adds four products. */
#include "simd.h"

#define STEP(i, a) a = vbfmmlaq_f32(a, vreinterpretq_bf16_f32(m), vreinterpretq_bf16_f32(c));
#define STEP_FLOPS 8
#define BM_LOOPS bm_limit_loops_neonbf16
#include "roofline_loops.h"
