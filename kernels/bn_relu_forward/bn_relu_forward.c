/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_forward - bn_forward, then the activation, in the same passes (bn.h).
 *
 * Operands: x in, y out, gamma in, beta in, mean out, rstd out, running_mean and running_var in and out; given_mean and
 * given_var in, if the statistics are given.
 * Error: bn_forward/bn_forward.c; surely negative elements are exactly 0 with ReLU.
 */
#include "bn_op.h"

BN_OP(bn_relu_forward, BN_FORWARD, ACT_AFTER,
      "y = act(gamma (x - mean) rstd + beta) by the batch's or given statistics, saved; running statistics updated");
