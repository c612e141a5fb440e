/* SPDX-License-Identifier: MIT */
/*
 * relu_bn_backward - the gradients of relu_bn_forward (bn.h).
 *
 * Operands: x in, dy in, dx out (may be dy), gamma in, dgamma out, dbeta out, mean in, rstd in (of act(x)).
 * Error: bn_forward/bn_forward.c, for act(x) rounded to f32 in place of x.
 */
#include "bn_op.h"

BN_OP(relu_bn_backward, BN_BACKWARD, ACT_BEFORE,
      "bn_backward over act(x) and dy, dx times act'(x): dx, dgamma, dbeta");
