/* SPDX-License-Identifier: MIT */
/*
 * group_norm_forward - group normalisation: y, and mean and rstd of each group, which backward needs (norm.h).
 *
 * Operands: x in, y out (may be x), gamma in, beta in, mean out, rstd out.
 * Error: common/norm_oracle.h.
 */
#include "norm_op.h"

NORM_OP(group_norm_forward, NORM_GROUP, false, "y = gamma (x - mean) rstd + beta by each group's mean and variance, saved");
