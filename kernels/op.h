/* op.h - shared by the <op>.c files: counter-based random numbers and the fills' building blocks. Never timed. */
#ifndef BATCHMARK_OP_H
#define BATCHMARK_OP_H

#include <math.h>

#include "kernel.h"

#define BM_U         5.9604644775390625e-8  /* unit roundoff of f32, 2^-24 */
#define BM_TINY_STEP 1.4012984643248171e-45 /* least subnormal f32: what one rounding near zero can lose */

/* Random number i of a stream: the same whatever the order of the calls, so fills are equal on every machine and
 * thread count (splitmix64; Steele, Lea & Flood, OOPSLA 2014). */
static inline uint64_t bm_hash(uint64_t seed, uint64_t i)
{
    uint64_t z = seed * 0xd1342543de82ef95u + (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
/* Uniform in [-1, 1), 24 bits. */
static inline float bm_uniform(uint64_t seed, uint64_t i)
{
    return (float)((int64_t)(bm_hash(seed, i) >> 40) - (1 << 23)) * 0x1p-23f;
}
/* Integer in [lo, hi]. */
static inline int bm_integer(uint64_t seed, uint64_t i, int lo, int hi)
{
    return lo + (int)((bm_hash(seed, i) >> 32) % (uint64_t)(hi - lo + 1));
}

/* The scale of a fill whose values are bm_uniform times it. */
static inline float bm_fill_scale(enum bm_fill fill)
{
    return fill == BM_TINY ? 0x1p-70f : fill == BM_HUGE ? 0x1p50f : 1;
}

/* act and act' in double, as bn.h and training.h define them. */
static inline double bm_act(double v, double slope) { return v > 0 ? v : isnan(v) ? v : slope == 0 ? 0 : slope * v; }
static inline double bm_act_grad(double d, double v, double slope) { return v > 0 ? d : slope == 0 ? 0 : slope * d; }

#endif
