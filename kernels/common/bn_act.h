/* SPDX-License-Identifier: MIT */
/* bn_act.h - where a fused bn op has its activation, and the scalar activation in f32 (bn.h has the maths). */
#ifndef BATCHMARK_BN_ACT_H
#define BATCHMARK_BN_ACT_H

enum bn_place { ACT_NONE, ACT_AFTER, ACT_BEFORE }; /* none; bn_relu_*: act(bn(x)); relu_bn_*: bn(act(x)) */

/* Asking v <= 0 rather than v > 0 keeps a NaN; ReLU is apart because 0 * -Inf is NaN. Both outcomes are computed
 * before one is chosen: gcc makes a branch of a product that only one side needs, and signs cannot be predicted. */
static inline float bn_act(float v, float slope)
{
    float low = slope * v;
    low = slope == 0 ? 0 : low;
    return v <= 0 ? low : v;
}
/* act'(v) applied to a gradient d. */
static inline float bn_act_grad(float d, float v, float slope)
{
    float low = slope * d;
    low = slope == 0 ? 0 : low;
    return v > 0 ? d : low;
}

#endif
