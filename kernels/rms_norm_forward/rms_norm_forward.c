/* SPDX-License-Identifier: MIT */
/*
 * rms_norm_forward - RMS normalisation: y, and rstd of each row, which backward needs (norm.h).
 *
 * Operands: x in, y out (may be x), gamma in, rstd out.
 * Error: common/norm_oracle.h.
 */
#include "norm_op.h"

NORM_OP(rms_norm_forward, NORM_RMS, false, "y = gamma x rstd, rstd = 1 / sqrt(sum x^2 / C + eps) of each row, saved");
