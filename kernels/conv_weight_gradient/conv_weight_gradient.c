/* SPDX-License-Identifier: MIT */
/* conv_weight_gradient - the gradients of a convolution by its filters and bias (conv.h). Operands: x in, dy in, dw out,
 * db out. Error: conv_op.h. */
#include "conv_op.h"

CONV_OP(conv_weight_gradient, CONV_WEIGHT_GRADIENT, "dw = sum over images and pixels of x and dy a tap apart, db = sum of dy");
