/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_backward_bf16 - the gradients of bn_relu_forward_bf16, the mask computed again from x in f32 (bn_bf16.h).
 *
 * Operands:those of bn_relu_backward; dx may be dy.
 * Error:   bn_forward_bf16/bn_forward_bf16.c.
 */
#include "bn_bf16_op.h"

BN_BF16_OP(bn_relu_backward_bf16, BN_BACKWARD, ACT_AFTER,
           "bn_relu_backward with x, dy and dx in bf16: bn_backward_bf16 of dy act'(gamma xhat + beta), sums in f32");
