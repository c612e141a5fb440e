/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_backward_missing_mask - bn_relu_backward that forgets the activation.
 *
 * Defect: dy is not multiplied with act'(gamma * xhat + beta).
 * Caught by: every output in every fill where some y is negative.
 */
#include "mutant.h"

static void run(const void *args) { bn_backward_naive.run(args); }

BM_MUTANT_OF(bn_backward_naive);
