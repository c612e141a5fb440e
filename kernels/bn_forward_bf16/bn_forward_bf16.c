/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_bf16 - bn_forward with x and y in bf16: statistics, arithmetic and what belongs to a channel are f32
 * (bn_bf16.h).
 *
 * Operands:those of bn_forward.
 *
 * Error bounds of the bf16 ops. The oracle sees the inputs after they were rounded to bf16, and a bf16 is an f32: what is
 * f32 in the end has the bounds of bn_forward/bn_forward.c. So has y before it is rounded: |v - want| <= E. Rounding is
 * monotone, so that y lies between what it makes of want - E and of want + E:
 *
 * E_bf16 = max(|R(want + E) - want|, |R(want - E) - want|)
 *
 * With E = 0 that is the distance to the nearest bf16, at most half an ulp or 2^-8 |want|, and at most E more with any. A
 * step of the last place, which truncation would take, is out of it wherever want is away from the middle by more than E.
 * Where v may be subnormal in f32, |want| - E < 2^-126, y may be zero besides. Where E is 0 because y must be exactly 0,
 * as after ReLU, or is not finite, y must be that.
 *
 * In the exact fill v is exact in f32, and y must be R(want).
 */
#include "bn_bf16_op.h"

BN_BF16_OP(bn_forward_bf16, BN_FORWARD, ACT_NONE,
           "bn_forward with x and y in bf16: y = gamma (x - mean) rstd + beta, statistics in f32, saved and running");
