/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_forward_bf16 - bn_relu_forward with x and y in bf16: act(gamma (x - mean) rstd + beta) is rounded once
 * (bn_bf16.h).
 *
 * Operands:those of bn_relu_forward.
 * Error:   bn_forward_bf16/bn_forward_bf16.c; surely negative elements are exactly 0 with ReLU.
 */
#include "bn_bf16_op.h"

BN_BF16_OP(bn_relu_forward_bf16, BN_FORWARD, ACT_AFTER,
           "bn_relu_forward with x and y in bf16: y = act(gamma (x - mean) rstd + beta), statistics in f32");
