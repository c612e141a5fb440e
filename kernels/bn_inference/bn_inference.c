/* SPDX-License-Identifier: MIT */
/*
 * bn_inference - batch normalisation by the running statistics (bn.h).
 *
 * Operands: x in, y out (may be x), gamma in, beta in, running_mean in, running_var in.
 * Error: bn_forward/bn_forward.c. (x - running_mean) must be formed first: a scale and a shift folded beforehand lose
 * u |running_mean| / deviation.
 */
#include "bn_op.h"

BN_OP(bn_inference, BN_INFERENCE, ACT_NONE, "y = gamma (x - running_mean) / sqrt(running_var + eps) + beta");
