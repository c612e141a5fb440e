/* SPDX-License-Identifier: MIT */
/* activation.h - sigmoid in f32, and the gradients of sigmoid and tanh by their results (training.h has the maths). */
#ifndef BATCHMARK_ACTIVATION_H
#define BATCHMARK_ACTIVATION_H

#include <math.h>

/* From e^-|x|, so that nothing overflows. */
static inline float bm_sigmoid(float x)
{
    const float e = expf(-fabsf(x)), y = 1 / (1 + e);
    return x > 0 ? y : e * y;
}
static inline float bm_sigmoid_grad(float dy, float y) { return dy * (y * (1 - y)); }
static inline float bm_tanh_grad(float dy, float y) { return dy * ((1 - y) * (1 + y)); } /* 1 - y^2 would cancel */

#endif
