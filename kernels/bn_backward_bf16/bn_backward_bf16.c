/* SPDX-License-Identifier: MIT */
/*
 * bn_backward_bf16 - the gradients of bn_forward_bf16: x, dy and dx are bf16, arithmetic, dgamma and dbeta f32
 * (bn_bf16.h).
 *
 * Operands:those of bn_backward; dx may be dy.
 * Error:   bn_forward_bf16/bn_forward_bf16.c.
 */
#include "bn_bf16_op.h"

BN_BF16_OP(bn_backward_bf16, BN_BACKWARD, ACT_NONE,
           "bn_backward with x, dy and dx in bf16: dx = gamma rstd (dy - dbeta / L - xhat dgamma / L), sums in f32");
