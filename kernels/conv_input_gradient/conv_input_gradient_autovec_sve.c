/* SPDX-License-Identifier: MIT */
/* conv_input_gradient_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "conv_input_gradient_autovec.c"
