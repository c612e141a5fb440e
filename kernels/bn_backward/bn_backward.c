/* SPDX-License-Identifier: MIT */
/*
 * bn_backward - the gradients of bn_forward (bn.h).
 *
 * Operands: x in, dy in, dx out (may be dy), gamma in, dgamma out, dbeta out, mean in, rstd in.
 * Error: bn_forward/bn_forward.c.
 */
#include "bn_op.h"

BN_OP(bn_backward, BN_BACKWARD, ACT_NONE,
      "dx = gamma rstd (dy - dbeta / L - xhat dgamma / L), dgamma = sum dy xhat, dbeta = sum dy");
