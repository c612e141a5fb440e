/* SPDX-License-Identifier: MIT */
/*
 * relu_bn_forward - the activation, then bn_forward of it, in the same passes (bn.h).
 *
 * Operands: x in, y out, gamma in, beta in, mean out, rstd out, running_mean and running_var in and out; given_mean and
 * given_var in, if the statistics are given. The statistics are those of act(x).
 * Error: bn_forward/bn_forward.c, for act(x) rounded to f32 in place of x.
 */
#include "bn_op.h"

BN_OP(relu_bn_forward, BN_FORWARD, ACT_BEFORE,
      "y = gamma (act(x) - mean) rstd + beta by act(x)'s or given statistics, saved; running statistics updated");
