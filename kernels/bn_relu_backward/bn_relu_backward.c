/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_backward - the gradients of bn_relu_forward, the mask computed again from x (bn.h).
 *
 * Operands: x in, dy in, dx out (may be dy), gamma in, beta in, dgamma out, dbeta out, mean in, rstd in.
 * Error: bn_forward/bn_forward.c, which also says what holds where the mask is up to rounding.
 */
#include "bn_op.h"

BN_OP(bn_relu_backward, BN_BACKWARD, ACT_AFTER,
      "bn_backward of dy act'(gamma xhat + beta): dx, dgamma, dbeta");
