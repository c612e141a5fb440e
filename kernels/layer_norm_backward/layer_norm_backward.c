/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_backward - the gradients of layer_norm_forward (norm.h).
 *
 * Operands: x in, dy in, dx out (may be dy), gamma in, dgamma out, dbeta out, mean in, rstd in.
 * Error: common/norm_oracle.h.
 */
#include "norm_op.h"

NORM_OP(layer_norm_backward, NORM_LAYER, true,
        "dx = rstd (g - sum g / C - xhat sum g xhat / C), g = gamma dy, dgamma = sum dy xhat, dbeta = sum dy");
