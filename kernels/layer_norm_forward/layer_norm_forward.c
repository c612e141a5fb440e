/* SPDX-License-Identifier: MIT */
/*
 * layer_norm_forward - layer normalisation: y, and mean and rstd of each row, which backward needs (norm.h).
 *
 * Operands: x in, y out (may be x), gamma in, beta in, mean out, rstd out.
 * Error: common/norm_oracle.h.
 */
#include "norm_op.h"

NORM_OP(layer_norm_forward, NORM_LAYER, false, "y = gamma (x - mean) rstd + beta by each row's mean and variance, saved");
