/* SPDX-License-Identifier: MIT */
/*
 * rms_norm_backward - the gradients of rms_norm_forward (norm.h).
 *
 * Operands: x in, dy in, dx out (may be dy), gamma in, dgamma out, rstd in.
 * Error: common/norm_oracle.h.
 */
#include "norm_op.h"

NORM_OP(rms_norm_backward, NORM_RMS, true,
        "dx = rstd (g - xhat sum g xhat / C), g = gamma dy, xhat = x rstd, dgamma = sum dy xhat");
