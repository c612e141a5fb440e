/* SPDX-License-Identifier: MIT */
/*
 * group_norm_backward - the gradients of group_norm_forward (norm.h).
 *
 * Operands: x in, dy in, dx out (may be dy), gamma in, dgamma out, dbeta out, mean in, rstd in.
 * Error: common/norm_oracle.h.
 */
#include "norm_op.h"

NORM_OP(group_norm_backward, NORM_GROUP, true,
        "dx = rstd (g - sum g / M - xhat sum g xhat / M), g = gamma dy, dgamma = sum dy xhat, dbeta = sum dy");
