/* SPDX-License-Identifier: MIT */
/* conv_weight_gradient_autovec for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "conv_weight_gradient_autovec.c"
