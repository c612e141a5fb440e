/* SPDX-License-Identifier: MIT */
/* conv_forward - convolution with a bias (conv.h). Operands: x in, w in, bias in, y out. Error: conv_op.h. */
#include "conv_op.h"

CONV_OP(conv_forward, CONV_FORWARD, "y = bias + R x R convolution of x by w, one pixel apart, padded with zeros");
