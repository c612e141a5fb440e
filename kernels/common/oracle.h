/* SPDX-License-Identifier: MIT */
/* oracle.h - shared by the <op>.c files: what their oracles, error bounds and fills are made of. Never timed. */
#ifndef BATCHMARK_ORACLE_H
#define BATCHMARK_ORACLE_H

#include <float.h>
#include <math.h>

#include "bf16.h"
#include "op.h"
#include "random.h"

#define BM_U         5.9604644775390625e-8  /* unit roundoff of f32, 2^-24 */
#define BM_TINY_STEP 1.4012984643248171e-45 /* least subnormal f32: what one rounding near zero can lose */

/* The scale of a fill whose values are bm_uniform times it. */
static inline float bm_fill_scale(enum bm_fill fill)
{
    return fill == BM_TINY ? 0x1p-70f : fill == BM_HUGE ? 0x1p50f : 1;
}

/* Element i of the extreme fill: of order 2^(top - 1), of order 1, subnormal, or the least subnormal. */
static inline float bm_extreme(uint64_t seed, uint64_t i, int top)
{
    const float u = bm_uniform(seed, i);
    switch (bm_integer(~seed, i, 0, 3)) {
    case 0: return ldexpf(u, top);
    case 1: return ldexpf(u, -126);
    case 2: return u < 0 ? -0x1p-149f : 0x1p-149f;
    default: return u;
    }
}

/* An element of an array of any type but i32, whose numbers not all are floats. */
static inline float bm_element(enum bm_type type, const void *array, size_t at)
{
    switch (type) {
    case BM_BF16: return bm_bf16_value(((const uint16_t *)array)[at]);
    case BM_U8: return ((const uint8_t *)array)[at];
    case BM_S8: return ((const int8_t *)array)[at];
    default: return ((const float *)array)[at];
    }
}

/* act and act' in double, as bn.h and training.h define them. */
static inline double bm_act(double v, double slope) { return v > 0 ? v : isnan(v) ? v : slope == 0 ? 0 : slope * v; }
static inline double bm_act_grad(double d, double v, double slope) { return v > 0 ? d : slope == 0 ? 0 : slope * d; }

/* A value that is NaN or infinite has no error; one that f32 cannot hold is not asked for. */
static inline double bm_bound_of(double want, double bound)
{
    return !isfinite(want) ? 0 : fabs(want) > FLT_MAX ? INFINITY : bound;
}

/* The nearest bf16, as a double; beyond the largest infinity. Exact but for the f32 between, which is monotone, too. */
static inline double bm_bf16_nearest(double v) { return bm_bf16_value(bm_bf16_round((float)v)); }

/* The bound of what rounding makes of a number that is at most `error` off `want`. */
static inline double bm_bf16_bound(double want, double error)
{
    if (!isfinite(want) || (want == 0 && error == 0))
        return error;
    double bound = fmax(fabs(bm_bf16_nearest(want + error) - want), fabs(want - bm_bf16_nearest(want - error)));
    return fabs(want) - error < FLT_MIN ? fmax(bound, fabs(want)) : bound; /* zero instead of a subnormal */
}

/* Relative error of 1 / sqrt(var + eps), whichever is worse: too small a variance, though not below 0, or too large. */
static inline double bm_rstd_error(double var, double eps, double var_error)
{
    double change = var_error / (var + eps), most = sqrt((var + eps) / eps);
    double up = (change < 1 ? fmin(1 / sqrt(1 - change), most) : most) - 1, down = 1 - 1 / sqrt(1 + change);
    return fmax(up, down) + 4 * BM_U;
}

#endif
