/* SPDX-License-Identifier: MIT */
/* relu_bn_backward_autovec for aarch64, and the same code: NEON is its baseline, and no FMA may skip a rounding. */
#include "relu_bn_backward_autovec.c"
