/* SPDX-License-Identifier: MIT */
/* conv_input_gradient - the gradient of a convolution by its input (conv.h). Operands: dy in, w in, dx out. Error: conv_op.h. */
#include "conv_op.h"

CONV_OP(conv_input_gradient, CONV_INPUT_GRADIENT, "dx = convolution of dy by the filters of w turned round, from K channels to C");
